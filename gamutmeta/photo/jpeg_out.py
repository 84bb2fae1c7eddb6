"""Writing JPEG files, through Pillow."""

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, get_args

import numpy as np

from gamutmeta.errors import GamutMetaWarning, PhotoError
from gamutmeta.formats.exif import shortened_exif
from gamutmeta.formats.exif_resolution import resolution_of
from gamutmeta.formats.jpeg import MAX_CONTENT
from gamutmeta.formats.jpeg_metadata import comment_segments, photoshop_segments
from gamutmeta.formats.xmp_extended import split_xmp, xmp_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.formats.comments import Comment
    from gamutmeta.formats.xmp_extended import XmpParts

__all__ = ["NO_TRANSPARENCY", "SUBSAMPLINGS", "XMP_TOO_LONG", "Subsampling", "sycc_image", "write_jpeg"]

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
"""Of a JPEG's chroma channels."""

SUBSAMPLINGS: tuple[Subsampling, ...] = get_args(Subsampling)

NO_TRANSPARENCY = "a JPEG cannot store transparency; it was left out"
"""What to tell those who had some."""


XMP_TOO_LONG = "the XMP packet is too long for a JPEG, and cannot be divided; it was left out"
"""A note."""

_MAX_DENSITY = 65535
_MAX_SIDE = 65535
_MAX_BYTES_PER_PIXEL = 6
"""Noise at quality 100 takes 4.3."""
_BUFFER_LOCK = Lock()


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
    if max(samples.shape) > _MAX_SIDE:
        raise PhotoError(f"{samples.shape[1]} x {samples.shape[0]} pixels do not fit a JPEG (at most {_MAX_SIDE})")
    options: dict[str, Any] = {}
    if exif:
        short, lost = shortened_exif(exif, MAX_CONTENT)
        if lost:
            note = f"the EXIF block is too long for a JPEG; left out: {', '.join(lost)}"
            warnings.warn(note, GamutMetaWarning, stacklevel=2)
        if short:
            options["exif"] = short
    if density := resolution_of(exif):
        options["dpi"] = tuple(min(round(number), _MAX_DENSITY) for number in density)
    parts = split_xmp(xmp) if xmp else None
    if xmp and parts is None:
        warnings.warn(XMP_TOO_LONG, GamutMetaWarning, stacklevel=2)
    options |= _segments(parts, photoshop or b"", [comment.text for comment in comments if comment.text])
    if icc:
        options["icc_profile"] = icc
    image = sycc_image(samples) if is_ycc else Image.fromarray(samples)
    with _room_for_scans(image.width * image.height) if progressive else nullcontext():
        image.save(file, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive, **options)


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


@contextmanager
def _room_for_scans(pixels: int) -> Iterator[None]:
    """Let Pillow's output buffer hold a whole progressive JPEG.

    libjpeg cannot pause between its scans, and Pillow's guess of two bytes per pixel is too small for noise: saving
    would fail. The size can only be set for the whole module; whoever saves at the same time gets a larger buffer too.
    """
    from PIL import ImageFile  # noqa: PLC0415  # only where it is needed

    with _BUFFER_LOCK:
        before = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(before, _MAX_BYTES_PER_PIXEL * pixels)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = before
