"""EXIF, XMP, IPTC-IIM and comments of the 8-bit files that carry payloads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import MAX_PACKET, exif_of_tiff, lost_of_tiff
from gamutmeta.formats.photoshop import kept_resources
from gamutmeta.formats.png import iter_chunks
from gamutmeta.formats.png_metadata import read_png_metadata
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG, read_ifd0, read_tag
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS, Picture
from gamutmeta.photo.pillow_in import has_further_pictures, open_pillow, take_jpeg_metadata

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Metadata", "read_metadata"]

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
    file = io.BytesIO(data)
    with decoding("the picture cannot be opened"), open_pillow(file, ("JPEG", "PNG"), max_pixels) as image:
        if kind == "jpeg":
            take_jpeg_metadata(picture, file, image)
        else:
            picture.take_png(read_png_metadata(data, iter_chunks(data)))
            if has_further_pictures(image):
                picture.notes.append(FURTHER_PICTURES)
    return picture.metadata


def _take_tiff(picture: Picture, data: bytes) -> None:
    picture.exif = _unless_damaged(exif_of_tiff, data)
    picture.notes += _unless_damaged(lost_of_tiff, data) or ()
    xmp, block, iptc = (_tag(data, tag) for tag in (XMP_TAG, PHOTOSHOP_TAG, IPTC_TAG))
    picture.take_xmp(xmp)
    picture.photoshop = kept_resources(block, iptc)


def _tag(data: bytes, tag: int) -> bytes | None:
    return _unless_damaged(lambda tiff: read_tag(tiff, read_ifd0(tiff), tag, max_bytes=MAX_PACKET), data)


def _unless_damaged(read: Callable[[bytes], Found], data: bytes) -> Found | None:
    try:
        return read(data)
    except CarrierError:
        return None
