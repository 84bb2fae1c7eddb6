"""EXIF and XMP of the 8-bit files that carry payloads."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import MAX_PACKET, checked_exif, exif_of_tiff
from gamutmeta.formats.png import SIGNATURE as PNG_SIGNATURE
from gamutmeta.formats.png_slim import slim_png
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import XMP_TAG, read_ifd0, read_tag
from gamutmeta.formats.tiff_pages import pages_of
from gamutmeta.formats.xmp import checked_xmp
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS
from gamutmeta.photo.pillow_in import has_further_pictures, open_pillow
from gamutmeta.photo.tiff_in import notes_on_pages

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Metadata", "read_metadata"]

_NAMED = 5
"""Texts in a note."""
Found = TypeVar("Found")


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
        notes = _unless_damaged(_notes_of_tiff, data) or ()
        return Metadata(_unless_damaged(exif_of_tiff, data), _unless_damaged(_xmp_of_tiff, data), notes)
    with (
        decoding("the picture cannot be opened"),
        open_pillow(data, ("JPEG", "PNG"), max_pixels) as image,
    ):
        # A gain map that shows what the payload restores is nothing that is missed.
        others = has_further_pictures(image) and find_colour_map(data) is None
        notes = ((FURTHER_PICTURES,) if others else ()) + _large_texts(data)
        return Metadata(checked_exif(image.info.get("exif")), checked_xmp(image.info.get("xmp"))[0], notes)


def _large_texts(data: bytes) -> tuple[str, ...]:
    """Notes on texts of a PNG that are too large to be looked at."""
    try:
        slim = slim_png(data) if data.startswith(PNG_SIGNATURE) else None
    except CarrierError:
        return ()
    names = () if slim is None else slim.left_out
    if not names:
        return ()
    told = ", ".join(map(repr, names[:_NAMED])) + (f" and {len(names) - _NAMED:,} more" if names[_NAMED:] else "")
    return (f"compressed texts or profiles of the PNG that are too large were left out: {told}",)


def _xmp_of_tiff(data: bytes) -> bytes | None:
    return checked_xmp(read_tag(data, read_ifd0(data), XMP_TAG, max_bytes=MAX_PACKET))[0]


def _notes_of_tiff(data: bytes) -> tuple[str, ...]:
    """What is left out; the payload belongs to the first page, whatever that is."""
    pages = pages_of(io.BytesIO(data))
    return tuple(notes_on_pages(replace(pages, main=pages.first, largest=None)))


def _unless_damaged(read: Callable[[bytes], Found], data: bytes) -> Found | None:
    try:
        return read(data)
    except CarrierError:
        return None
