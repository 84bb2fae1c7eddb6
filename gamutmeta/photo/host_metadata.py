"""EXIF, XMP, IPTC-IIM and comments of the 8-bit files that carry payloads."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import MAX_PACKET, exif_of_tiff, lost_of_tiff
from gamutmeta.formats.photoshop import kept_resources
from gamutmeta.formats.png import iter_chunks
from gamutmeta.formats.png_metadata import read_png_metadata
from gamutmeta.formats.png_slim import slim_png
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG, read_ifd0, read_tag
from gamutmeta.formats.tiff_pages import pages_of
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS, Picture
from gamutmeta.photo.pillow_in import has_further_pictures, open_pillow, take_jpeg_metadata
from gamutmeta.photo.tiff_in import notes_on_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.formats.png import Chunk

__all__ = ["Metadata", "read_metadata"]

_NAMED = 5
"""Texts in a note."""
Found = TypeVar("Found")


def read_metadata(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Metadata:
    """What a JPEG, PNG or TIFF file says about the photograph; what is damaged counts as not there.

    Args:
        data: the file.
        max_pixels: limit on width x height; nothing is decoded.

    Raises:
        UnsupportedFileError: another kind of file.
        PhotoError: it cannot be opened.
    """
    kind = host_format(data)
    # Nothing here is turned upright, so that the pixels play no part.
    picture = Picture(np.zeros((1, 1, 3), np.uint8), 8)
    if kind == "tiff":
        _take_tiff(picture, data)
        return picture.metadata
    with decoding("the picture cannot be opened"), open_pillow(data, ("JPEG", "PNG"), max_pixels) as image:
        if kind == "jpeg":
            take_jpeg_metadata(picture, io.BytesIO(data), image)
        else:
            chunks, cut = _chunks_before_damage(data)
            picture.take_png(read_png_metadata(data, chunks))
            picture.notes += cut
            picture.notes += _large_texts(data)
            if has_further_pictures(image):
                picture.notes.append(FURTHER_PICTURES)
    if kind == "jpeg" and FURTHER_PICTURES in picture.notes and find_colour_map(data) is not None:
        # A gain map that shows what the payload restores is nothing that is missed.
        picture.notes.remove(FURTHER_PICTURES)
    return picture.metadata


def _chunks_before_damage(data: bytes) -> tuple[list[Chunk], tuple[str, ...]]:
    """The chunks, and a note if they end early: readers of payloads do not look behind the first IDAT."""
    chunks: list[Chunk] = []
    try:
        chunks.extend(iter_chunks(data))
    except CarrierError as error:
        # What was appended before the error stays in the list.
        return chunks, (f"{error}; what is said of the photograph behind that was not read",)
    return chunks, ()


def _large_texts(data: bytes) -> tuple[str, ...]:
    """Notes on texts of a PNG that are too large to be looked at."""
    try:
        slim = slim_png(data)
    except CarrierError:
        return ()
    names = () if slim is None else slim.left_out
    if not names:
        return ()
    told = ", ".join(map(repr, names[:_NAMED])) + (f" and {len(names) - _NAMED:,} more" if names[_NAMED:] else "")
    return (f"compressed texts or profiles of the PNG that are too large were left out: {told}",)


def _take_tiff(picture: Picture, data: bytes) -> None:
    picture.exif = _unless_damaged(exif_of_tiff, data)
    picture.notes += _unless_damaged(lost_of_tiff, data) or ()
    xmp, block, iptc = (_tag(data, tag) for tag in (XMP_TAG, PHOTOSHOP_TAG, IPTC_TAG))
    picture.take_xmp(xmp)
    picture.photoshop = kept_resources(block, iptc)
    picture.notes += _unless_damaged(_notes_of_tiff, data) or ()


def _tag(data: bytes, tag: int) -> bytes | None:
    return _unless_damaged(lambda tiff: read_tag(tiff, read_ifd0(tiff), tag, max_bytes=MAX_PACKET), data)


def _notes_of_tiff(data: bytes) -> tuple[str, ...]:
    """What is left out; the payload belongs to the first page, whatever that is."""
    pages = pages_of(io.BytesIO(data))
    return tuple(notes_on_pages(replace(pages, main=pages.first, largest=None)))


def _unless_damaged(read: Callable[[bytes], Found], data: bytes) -> Found | None:
    try:
        return read(data)
    except CarrierError:
        return None
