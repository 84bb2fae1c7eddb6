"""EXIF and XMP of the 8-bit files that carry payloads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import MAX_PACKET, checked_exif, exif_of_tiff
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import XMP_TAG, read_ifd0, read_tag
from gamutmeta.formats.xmp import checked_xmp
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS
from gamutmeta.photo.pillow_in import has_further_pictures, open_pillow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Metadata", "read_metadata"]


class Metadata(NamedTuple):
    """EXIF (with its ``Exif`` prefix), XMP packet, and notes, as in :class:`~gamutmeta.photo.wide.WideImage`."""

    exif: bytes | None = None
    xmp: bytes | None = None
    notes: tuple[str, ...] = ()


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
        return Metadata(_unless_damaged(exif_of_tiff, data), _unless_damaged(_xmp_of_tiff, data))
    with (
        decoding("the picture cannot be opened"),
        open_pillow(io.BytesIO(data), ("JPEG", "PNG"), max_pixels) as image,
    ):
        # A gain map that shows what the payload restores is nothing that is missed.
        others = has_further_pictures(image) and (host_format(data) != "jpeg" or find_colour_map(data) is None)
        notes = (FURTHER_PICTURES,) if others else ()
        return Metadata(checked_exif(image.info.get("exif")), checked_xmp(image.info.get("xmp"))[0], notes)


def _xmp_of_tiff(data: bytes) -> bytes | None:
    return checked_xmp(read_tag(data, read_ifd0(data), XMP_TAG, max_bytes=MAX_PACKET))[0]


def _unless_damaged(read: Callable[[bytes], bytes | None], data: bytes) -> bytes | None:
    try:
        return read(data)
    except CarrierError:
        return None
