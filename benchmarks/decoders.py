"""What other JPEG decoders make of a file: real ones, and codes perturbed at random.

Decoders differ in their inverse DCT, in rounding, and in how they enlarge subsampled chroma. Fit and expansion see
libjpeg-turbo's pixels, through Pillow.
"""

import io

import numpy as np
from PIL import Image

from benchmarks.arrays import Codes

_CHROMA_TO_RGB = np.array([[0, -0.344136, 1.772], [1.402, -0.714136, 0]], np.float32)
"""Cb and Cr, less 128, to what is added to Y (ITU-T T.871, section 7)."""


def perturbed(codes: Codes, most: int, seed: int = 0) -> Codes:
    """Every code changed by -most..most, each alike likely and independent of the others.

    That is worse than a decoder's rounding, which leaves half of the codes as they are.
    """
    change = np.random.default_rng(seed).integers(-most, most, codes.shape, np.int16, endpoint=True)
    changed: Codes = np.clip(codes + change, 0, 255).astype(np.uint8)
    return changed


def by_libjxl(data: bytes) -> Codes:
    """Decode a JPEG to uint8 (H, W, 3) with libjxl: its own inverse DCT in floating point, upsampling and rounding.

    The file's coefficients are taken over into JPEG XL as they are.
    """
    import imagecodecs  # an extra

    codes: Codes = imagecodecs.jpegxl_decode(imagecodecs.jpegxl_encode_jpeg(data))
    return codes


def by_plain_upsampling(data: bytes) -> Codes:
    """Decode a 4:2:0 JPEG to uint8 (H, W, 3), its chroma samples repeated instead of interpolated.

    That is libjpeg without "fancy upsampling". At half the size, libjpeg delivers 4:2:0 chroma sample for sample.
    """
    full, half = _ycbcr(data, 1), _ycbcr(data, 2)
    repeated = half.repeat(2, axis=0).repeat(2, axis=1)[: full.shape[0], : full.shape[1]]
    # Pillow's own conversion rounds down, libjpeg's does not.
    rgb = full[..., :1] + (repeated[..., 1:] - np.float32(128)) @ _CHROMA_TO_RGB
    result: Codes = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return result


def _ycbcr(data: bytes, smaller: int) -> Codes:
    """The picture before its conversion to RGB, at 1 / `smaller` of its size, rounded up."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", (image.width // smaller, image.height // smaller))
        return np.array(image)
