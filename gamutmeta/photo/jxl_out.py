"""Writing JPEG XL files, through OpenImageIO (libjxl).

EXIF and XMP are put into boxes here: OpenImageIO knows them as single fields only, and would write them anew.

References:
    ISO/IEC 18181-2 (file format), sections 9.3 (Exif box) and 9.4 (XML box).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import iter_boxes, make_box
from gamutmeta.formats.exif import EXIF_PREFIX
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.kinds import LOSSLESS
from gamutmeta.runtime.extras import openimageio_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["write_jxl"]

_EFFORT = 5
"""Of lossy files; the library's own 7 takes twice as long."""
_LOSSLESS_EFFORT = {8: 3, 16: 1}
"""By bits per sample: noise in the lower bits of 16 leaves little to search for. There effort 3 saves 2 % of a
photograph in 13 times the time."""


def write_jxl(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16],
    *,
    quality: int,
    icc: bytes,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    alpha: NDArray[np.uint8 | np.uint16] | None = None,
) -> None:
    """Write a JPEG XL file.

    Args:
        file: where to.
        samples: uint8 or uint16, shape (height, width, 3), upright.
        quality: 1 to 100; 100 is lossless. A lossy file keeps code points or numbers instead of the profile, so the
            profile must be one that has such.
        icc: ICC profile.
        exif: EXIF block, with orientation 1.
        xmp: XMP packet.
        alpha: transparency, shape (height, width) and the type of `samples`, which are not multiplied by it.

    Raises:
        MissingExtraError: OpenImageIO is not installed.
        PhotoError: it cannot write the picture.
    """
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        path = Path(folder) / "picture.jxl"
        _write_picture(path, with_alpha(samples, alpha), quality, icc)
        data = path.read_bytes()
    # What the library says about itself in EXIF and XMP boxes makes way for the photograph's own.
    file.writelines(
        data[box.offset : box.end] for box in iter_boxes(data) if box.type not in {b"Exif", b"xml ", b"brob"}
    )
    if exif:
        # Four bytes say how far behind them the TIFF header is.
        file.write(make_box(b"Exif", bytes(4) + exif.removeprefix(EXIF_PREFIX)))
    if xmp:
        file.write(make_box(b"xml ", xmp))


def _write_picture(path: Path, samples: NDArray[np.uint8 | np.uint16], quality: int, icc: bytes) -> None:
    oiio: Any = openimageio_for("writing JPEG XL")
    height, width, channels = samples.shape
    spec = oiio.ImageSpec(width, height, channels, samples.dtype.name)
    profile = np.frombuffer(icc, np.uint8)
    spec.attribute("ICCProfile", oiio.TypeDesc(f"uint8[{profile.size}]"), profile)
    spec.attribute("compression", f"jpegxl:{quality}")
    effort = _LOSSLESS_EFFORT[8 * samples.itemsize] if quality == LOSSLESS else _EFFORT
    spec.attribute("jpegxl:effort", effort)
    spec.attribute("oiio:UnassociatedAlpha", 1)
    output = oiio.ImageOutput.create("jpegxl")
    if output is None:
        raise PhotoError(f"OpenImageIO cannot write JPEG XL here: {oiio.geterror()}")
    done = output.open(str(path), spec) and output.write_image(samples)
    problem = output.geterror()
    if not (output.close() and done):
        raise PhotoError(f"OpenImageIO cannot write the JPEG XL file: {problem or output.geterror()}")
