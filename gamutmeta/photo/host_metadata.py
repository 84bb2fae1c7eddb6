"""EXIF and XMP of the 8-bit files that carry payloads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeVar

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import MAX_PACKET, checked_exif, exif_of_tiff, lost_of_tiff
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import XMP_TAG, read_ifd0, read_tag
from gamutmeta.formats.xmp import checked_xmp
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS, heeding_xmp
from gamutmeta.photo.pillow_in import has_further_pictures, open_pillow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Metadata", "read_metadata"]

Found = TypeVar("Found")


def read_metadata(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Metadata:
    """EXIF and XMP of a JPEG, PNG or TIFF file; damaged ones count as none.

    Args:
        data: the file.
        max_pixels: limit on width x height; nothing is decoded.

    Raises:
        UnsupportedFileError: another kind of file.
        PhotoError: it cannot be opened.
    """
    if host_format(data) == "tiff":
        lost = _unless_damaged(lost_of_tiff, data) or ()
        return _metadata(_unless_damaged(exif_of_tiff, data), _unless_damaged(_xmp_of_tiff, data), lost)
    with (
        decoding("the picture cannot be opened"),
        open_pillow(io.BytesIO(data), ("JPEG", "PNG"), max_pixels) as image,
    ):
        notes = (FURTHER_PICTURES,) if has_further_pictures(image) else ()
        return _metadata(checked_exif(image.info.get("exif")), image.info.get("xmp"), notes)


def _metadata(exif: bytes | None, packet: bytes | str | None, notes: tuple[str, ...] = ()) -> Metadata:
    xmp, said = checked_xmp(packet)
    return Metadata(heeding_xmp(exif, xmp), xmp, (*notes, *said))


def _xmp_of_tiff(data: bytes) -> bytes | None:
    return read_tag(data, read_ifd0(data), XMP_TAG, max_bytes=MAX_PACKET)


def _unless_damaged(read: Callable[[bytes], Found], data: bytes) -> Found | None:
    try:
        return read(data)
    except CarrierError:
        return None
