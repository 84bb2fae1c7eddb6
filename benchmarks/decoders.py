"""What other JPEG decoders make of a file: real ones, and codes perturbed at random.

Decoders differ in their inverse DCT, in rounding, and in how they enlarge subsampled chroma. Fit and expansion see
libjpeg-turbo's pixels, through Pillow.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_CHROMA_TO_RGB = np.array([[0, -0.344136, 1.772], [1.402, -0.714136, 0]], np.float32)
"""Cb and Cr, less 128, to what is added to Y (ITU-T T.871, section 7)."""

__all__ = ["DECODERS", "by_libjxl", "by_plain_upsampling", "perturbed"]


def perturbed(codes: NDArray[np.uint8], most: int, seed: int = 0) -> NDArray[np.uint8]:
    """Every code changed by -most..most, each alike likely and independent of the others.

    That is worse than a decoder's rounding, which leaves half of the codes as they are.

    Args:
        codes: uint8 of any shape.
        most: the largest change, in codes.
        seed: of the changes.
    """
    change = np.random.default_rng(seed).integers(-most, most, codes.shape, np.int16, endpoint=True)
    return np.clip(codes + change, 0, 255).astype(np.uint8)


def by_libjxl(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG with libjxl: its own inverse DCT in floating point, its own upsampling and rounding.

    The file's coefficients are taken over into JPEG XL as they are.

    Args:
        data: the JPEG file.

    Returns:
        uint8 (H, W, 3).
    """
    import imagecodecs  # noqa: PLC0415 - an extra

    codes: NDArray[np.uint8] = imagecodecs.jpegxl_decode(imagecodecs.jpegxl_encode_jpeg(data))
    return codes


def by_plain_upsampling(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG with 4:2:0 chroma samples repeated instead of interpolated (libjpeg without "fancy upsampling").

    At half the size, libjpeg delivers 4:2:0 chroma sample for sample.

    Args:
        data: the JPEG file, 4:2:0.

    Returns:
        uint8 (H, W, 3).
    """
    full, half = _ycbcr(data, 1), _ycbcr(data, 2)
    repeated = half.repeat(2, axis=0).repeat(2, axis=1)[: full.shape[0], : full.shape[1]]
    # Pillow's own conversion rounds down, libjpeg's does not.
    rgb = full[..., :1] + (repeated[..., 1:] - np.float32(128)) @ _CHROMA_TO_RGB
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


def _ycbcr(data: bytes, smaller: int) -> NDArray[np.uint8]:
    """The picture before its conversion to RGB, at 1 / `smaller` of its size, rounded up."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", (image.width // smaller, image.height // smaller))
        return np.array(image)


DECODERS: Mapping[str, Callable[[bytes], NDArray[np.uint8]]] = {
    "libjxl": by_libjxl,
    "plain upsampling": by_plain_upsampling,
}
"""The other decoders by name; the last one is for 4:2:0 alone."""
