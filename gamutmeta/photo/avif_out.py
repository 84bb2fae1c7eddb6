"""Writing AVIF files with 8, 10 or 12 bits, through pyvips (libvips, libheif, aom).

Pillow writes 8 bits only, and imagecodecs neither profiles nor metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.cicp import UNSPECIFIED, code_points
from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif_resolution import resolution_of
from gamutmeta.formats.heif_colour import with_code_points
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.kinds import LOSSLESS
from gamutmeta.runtime.extras import optional

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["write_avif"]

_MILLIMETRES_PER_INCH = 25.4
_DEFAULT_RESOLUTION = (72.0, 72.0)
"""What EXIF asks for where none is known."""
_EFFORT = 3
"""Of aom, as speed 6; one step further takes seven times as long."""


def write_avif(
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
    """Write an AVIF file, its chroma not subsampled.

    Args:
        file: where to.
        samples: shape (height, width, 3), upright; uint8, or uint16 with codes below 2^bits.
        bits: 8, 10 or 12.
        quality: 1 to 100; 100 is lossless.
        space: name of the known space; its code points stand in the coded picture, or unspecified ones.
        icc: ICC profile, which counts before them.
        exif: EXIF block, with orientation 1. libvips adds what it knows to it: size and resolution.
        xmp: XMP packet.
        alpha: transparency, shape (height, width) and as `samples`, which are not multiplied by it.

    Raises:
        MissingExtraError: pyvips, or the libvips that comes with it, is not installed.
        PhotoError: the library cannot write the picture.
    """
    pyvips: Any = optional("pyvips", "pyvips", "avif", "writing AVIF")
    array = with_alpha(samples, alpha)
    if bits > 8:
        # libvips takes the upper bits of 16.
        array = np.left_shift(array, 16 - bits, dtype=np.uint16)
    height, width, channels = array.shape
    kind, meaning = ("ushort", "rgb16") if bits > 8 else ("uchar", "srgb")
    try:
        image = pyvips.Image.new_from_memory(np.ascontiguousarray(array).data, width, height, channels, kind)
        # libvips writes its own resolution, in pixels per millimetre, over that of the EXIF block.
        density = [number / _MILLIMETRES_PER_INCH for number in resolution_of(exif) or _DEFAULT_RESOLUTION]
        image = image.copy(interpretation=meaning, xres=density[0], yres=density[1])
        for name, blob in (("icc-profile-data", icc), ("exif-data", exif), ("xmp-data", xmp)):
            if blob:
                image.set_type(pyvips.GValue.blob_type, name, blob)
        coded = image.heifsave_buffer(
            compression="av1",
            bitdepth=bits,
            Q=quality,
            lossless=quality == LOSSLESS,
            subsample_mode="off",
            effort=_EFFORT,
        )
    except pyvips.Error as error:
        raise PhotoError(f"the AVIF file cannot be written: {error}") from error
    file.write(with_code_points(coded, *(code_points(space, bits) or UNSPECIFIED)))
