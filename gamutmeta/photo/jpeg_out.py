"""Writing JPEG files, through Pillow."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, get_args

import numpy as np

from gamutmeta.choices import Subsampling
from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import shortened_exif
from gamutmeta.formats.exif_resolution import resolution_of
from gamutmeta.formats.jpeg import MAX_CONTENT
from gamutmeta.formats.jpeg_metadata import comment_segments, photoshop_segments
from gamutmeta.formats.xmp_extended import split_xmp, xmp_segments
from gamutmeta.photo.kinds import KINDS
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.formats.comments import Comment
    from gamutmeta.formats.xmp_extended import XmpParts

__all__ = [
    "NO_TRANSPARENCY",
    "SUBSAMPLINGS",
    "XMP_TOO_LONG",
    "Subsampling",
    "check_jpeg_size",
    "sycc_image",
    "write_jpeg",
]

SUBSAMPLINGS: tuple[Subsampling, ...] = get_args(Subsampling)

NO_TRANSPARENCY = "a JPEG cannot store transparency; it was left out"
"""What to tell those who had some."""


XMP_TOO_LONG = "the XMP packet is too long for a JPEG, and cannot be divided; it was left out"
"""A note."""

_MAX_DENSITY = 65535
_MAX_BYTES_PER_PIXEL = 6
"""Noise at quality 100 takes 4.3."""


def write_jpeg(
    file: BinaryIO,
    samples: NDArray[np.uint8],
    *,
    icc: bytes | None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    photoshop: bytes | None = None,
    comments: Sequence[Comment] = (),
    quality: int = 95,
    subsampling: str = "4:4:4",
    progressive: bool = False,
    is_ycc: bool = False,
) -> None:
    """Write a JPEG.

    Args:
        file: where to.
        samples: uint8, shape (height, width, 3).
        icc: ICC profile.
        exif: EXIF block; if longer than a segment, written without as much of it as has to go.
        xmp: XMP packet; what is longer than a segment is divided.
        photoshop: Photoshop image resources.
        comments: of them the texts are written.
        quality: libjpeg's, 1 to 100.
        subsampling: of the chroma channels: ``"4:4:4"``, ``"4:2:2"`` or ``"4:2:0"``.
        progressive: several scans instead of one.
        is_ycc: whether the samples are YCbCr, to be stored as they are, and not sRGB.

    Raises:
        PhotoError: an option has no such value, or the picture is too large for a JPEG.
        CarrierError: the EXIF block is too long and damaged.

    Warns:
        GamutMetaWarning: metadata were shortened.
    """
    from PIL import Image  # noqa: PLC0415  # only where it is needed

    if not 1 <= quality <= 100:
        raise PhotoError(f"JPEG quality must be 1 to 100, not {quality}")
    if subsampling not in SUBSAMPLINGS:
        raise PhotoError(f"chroma subsampling must be one of {', '.join(SUBSAMPLINGS)}, not {subsampling}")
    check_jpeg_size(samples.shape[1], samples.shape[0])
    options: dict[str, Any] = {}
    if exif:
        short, lost = shortened_exif(exif, MAX_CONTENT)
        if lost:
            warn(f"the EXIF block is too long for a JPEG; left out: {', '.join(lost)}", stacklevel=2)
        if short:
            options["exif"] = short
    if density := resolution_of(exif):
        options["dpi"] = tuple(min(round(number), _MAX_DENSITY) for number in density)
    parts = split_xmp(xmp) if xmp else None
    if xmp and parts is None:
        warn(XMP_TOO_LONG, stacklevel=2)
    options |= _segments(parts, photoshop or b"", [comment.text for comment in comments if comment.text])
    if icc:
        options["icc_profile"] = icc
    image = sycc_image(samples) if is_ycc else Image.fromarray(samples)
    options |= {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    save = _save_scans if progressive else _save
    save(image, file, options)


def check_jpeg_size(width: int, height: int) -> None:
    """Check that a picture of this size can be a JPEG. Call it before long work.

    Raises:
        PhotoError: it is too large.
    """
    # libjpeg's JPEG_MAX_DIMENSION, though the format has room for 65,535.
    most = KINDS["jpeg"].max_side or 0
    if max(width, height) > most:
        raise PhotoError(f"{width} x {height} pixels do not fit JPEG (at most {most:,} on a side); use TIFF or PNG")


def _segments(parts: XmpParts | None, photoshop: bytes, comments: list[bytes]) -> dict[str, Any]:
    """XMP, Photoshop's resources and comments as Pillow takes them: one comment, and anything else as it is."""
    options: dict[str, Any] = {}
    if comments and len(comments[-1]) <= MAX_CONTENT:
        *comments, options["comment"] = comments
    packets = b"" if parts is None else xmp_segments(parts)
    return options | {"extra": packets + photoshop_segments(photoshop) + comment_segments(comments)}


def sycc_image(samples: NDArray[np.uint8]) -> Image.Image:
    """A Pillow image of mode YCbCr with these samples, uint8 (height, width, 3)."""
    from PIL import Image  # noqa: PLC0415  # only where it is needed

    height, width, _ = samples.shape
    # Pillow 11.3 to 12 warn about a mode for fromarray().
    return Image.frombuffer("YCbCr", (width, height), np.ascontiguousarray(samples), "raw", "YCbCr", 0, 1)


def _save(image: Image.Image, file: BinaryIO, options: dict[str, Any]) -> None:
    image.save(file, "JPEG", **options)


def _save_scans(image: Image.Image, file: BinaryIO, options: dict[str, Any]) -> None:
    """Save a progressive JPEG, with a buffer that holds all of it.

    libjpeg cannot pause between its scans, and Pillow's guess of two bytes per pixel is too small for noise: saving
    would fail. Pillow takes another size from a variable of its module only, which belongs to the whole process. So
    its plug-in prepares the encoder here, and the last step is done as plug-ins do it.
    """
    from PIL import ImageFile  # noqa: PLC0415  # only where it is needed

    with suppress(_EncoderReadyError):
        image.save(_NoFile(), "JPEG", **options)
    tile = ImageFile._Tile("jpeg", (0, 0, *image.size), 0, image.mode)  # noqa: SLF001 - as in every plug-in of Pillow's
    ImageFile._save(image, file, [tile], _MAX_BYTES_PER_PIXEL * image.width * image.height)  # noqa: SLF001


class _EncoderReadyError(Exception):
    """Pillow has prepared its encoder, and asks for the file."""


class _NoFile(io.BytesIO):
    """Stops Pillow's plug-in before it encodes."""

    def fileno(self) -> NoReturn:
        raise _EncoderReadyError
