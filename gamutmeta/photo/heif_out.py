"""Writing HEIC files with 8, 10 or 12 bits, through pillow-heif (libheif, x265)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.cicp import UNSPECIFIED, code_points
from gamutmeta.errors import PhotoError
from gamutmeta.formats.heif_colour import with_code_points
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.kinds import LOSSLESS
from gamutmeta.runtime.extras import optional

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["write_heif"]

_IDENTITY, _BT601 = 0, 6
"""MatrixCoefficients of H.273: red, green and blue as they are, and BT.601."""
_PRESET = "veryfast"
"""Of x265. The library's own "slow" makes files of a photograph 1 % smaller in more than twice the time."""
_LOSSLESS_HERE = -1
"""What pillow-heif calls that quality."""


def write_heif(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16],
    *,
    bits: int,
    quality: int,
    space: str,
    icc: bytes,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    alpha: NDArray[np.uint8 | np.uint16] | None = None,
) -> None:
    """Write a HEIC file.

    Up to 10 bits, lossy files have chroma at half the resolution: what the decoders in phones take (HEVC's profiles
    Main and Main 10). All others are not subsampled.

    Args:
        file: where to.
        samples: shape (height, width, 3), upright; uint8, or uint16 with codes below 2^bits.
        bits: 8, 10 or 12.
        quality: 1 to 100; 100 is lossless.
        space: name of the known space; its code points stand in the coded picture, or unspecified ones.
        icc: ICC profile, which counts before them.
        exif: EXIF block, with orientation 1.
        xmp: XMP packet.
        alpha: transparency, shape (height, width) and as `samples`, which are not multiplied by it.

    Raises:
        MissingExtraError: pillow-heif is not installed.
        PhotoError: the library cannot write the picture, or not with that many bits.
    """
    pillow_heif: Any = optional("pillow_heif", "pillow-heif", "heif", "writing HEIC")
    array = with_alpha(samples, alpha)
    if bits > 8:
        # pillow-heif takes the upper bits of 16.
        array = np.left_shift(array, 16 - bits, dtype=np.uint16)
    mode = ("RGB" if alpha is None else "RGBA") + (";16" if bits > 8 else "")
    lossless = quality == LOSSLESS
    primaries, transfer = code_points(space, bits) or UNSPECIFIED
    coded = io.BytesIO()
    metadata = {name: blob for name, blob in (("exif", exif), ("xmp", xmp)) if blob}
    try:
        picture = pillow_heif.from_bytes(mode, (array.shape[1], array.shape[0]), np.ascontiguousarray(array).tobytes())
        picture.save(
            coded,
            quality=_LOSSLESS_HERE if lossless else quality,
            chroma=444 if lossless or bits > 10 else 420,
            enc_params={"preset": _PRESET},
            bit_depth=bits,
            color_primaries=primaries,
            transfer_characteristics=transfer,
            matrix_coefficients=_IDENTITY if lossless else _BT601,
            full_range_flag=1,
            icc_profile=icc,
            **metadata,
        )
        written = pillow_heif.open_heif(coded, convert_hdr_to_8bit=False).info["bit_depth"]
    except (ValueError, RuntimeError, OSError) as error:
        if "encoder could not be opened" in str(error):
            # So it is for 8,192 x 16 pixels, and not for 4,096 x 16 or 8,192 x 32.
            size = f"{array.shape[1]} x {array.shape[0]}"
            raise PhotoError(f"x265 takes no picture of {size} pixels for HEIC; use TIFF or PNG") from error
        raise PhotoError(f"the HEIC file cannot be written: {error}") from error
    if written != bits:
        # Versions before 1.8 have no such option, some builds of x265 no such depth.
        raise PhotoError(f"this pillow-heif wrote {written} bits instead of {bits}; try a newer version")
    # libheif takes unspecified code points for a wish to have those of sRGB.
    is_told = (primaries, transfer) != UNSPECIFIED
    file.write(coded.getvalue() if is_told else with_code_points(coded.getvalue(), primaries, transfer))
