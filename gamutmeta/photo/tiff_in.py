"""TIFF files: which picture of the file is read, and what the file says about it.

References:
    TIFF 6.0; Adobe Photoshop TIFF Technical Notes (2002); tag numbers as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.formats.exif import MAX_PACKET, exif_of_tiff, lost_of_tiff
from gamutmeta.formats.photoshop import kept_resources
from gamutmeta.formats.tiff_ifd import IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG, read_tag
from gamutmeta.formats.tiff_pages import as_first, pages_of
from gamutmeta.photo.described import take_tiff_colour
from gamutmeta.photo.picture import Picture
from gamutmeta.photo.tiff_samples import decode_tiff

if TYPE_CHECKING:
    from gamutmeta.formats.tiff_pages import Pages

__all__ = ["has_sensor_data", "notes_on_pages", "read_tiff"]

_MAKE, _ICC_TAG, _DNG_VERSION = 271, 34675, 50706

_RESOURCES = (PHOTOSHOP_TAG, IPTC_TAG)
_SENSOR_DATA = {32803, 34892}
"""PhotometricInterpretation of what a sensor measured, as mosaic and with its three colours."""


def read_tiff(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the picture: the first page, or the full one where that is a thumbnail.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: of a kind that is not a photograph here (CMYK, Lab, palette, signed samples, ...), or too large.
        MissingExtraError: its compression needs imagecodecs.
        CarrierError: the directory is damaged.
    """
    pages = pages_of(file)
    first, main = pages.first.ifd, pages.main.ifd
    notes: list[str] = []
    page = file if main is first else as_first(file, main)
    (rgb, alpha, is_gray), bits = decode_tiff(page, max_pixels, notes)

    def packet(tag: int) -> bytes | None:
        # Some writers describe a picture where it is, some in the first directory.
        own = read_tag(file, main, tag, max_bytes=MAX_PACKET)
        return own or read_tag(file, first, tag, max_bytes=MAX_PACKET)

    picture = Picture(rgb, bits, is_gray, alpha, icc=packet(_ICC_TAG), notes=notes)
    if picture.icc is None:
        take_tiff_colour(picture, file, main)
    picture.exif = exif_of_tiff(file, page=None if main is first else page)
    notes += lost_of_tiff(file)
    picture.take_xmp(packet(XMP_TAG))
    picture.photoshop = kept_resources(*map(packet, _RESOURCES))
    notes += notes_on_pages(pages)
    return picture


def has_sensor_data(file: BinaryIO) -> bool:
    """Whether the picture is what a sensor measured, and of which camera: a raw photograph, such as a DNG.

    Raises:
        CarrierError: the first directory is damaged.
    """
    pages = pages_of(file)
    # Of a mosaic without a camera, a raw converter would guess the colours.
    has_camera = any(entry.tag in {_MAKE, _DNG_VERSION} for entry in pages.first.ifd.entries)
    return pages.main.photometric in _SENSOR_DATA and has_camera


def notes_on_pages(pages: Pages) -> list[str]:
    """What of a file is left out when its picture alone is read, for people. Smaller copies of it are no loss."""
    notes = []
    if pages.pictures > pages.main.is_picture:
        which = "only the first one" if pages.main is pages.first else "only the main picture"
        larger = f", though one has {pages.largest} pixels" if pages.largest else ""
        notes.append(f"the file contains further pages; {which} was read{larger}")
    if pages.masks:
        notes.append("a transparency mask in a page of its own was left out")
    return notes
