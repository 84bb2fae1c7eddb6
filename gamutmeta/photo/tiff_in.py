"""TIFF files: 9 to 16 bits per sample through tifffile, up to 8 through Pillow.

Pillow has no mode for 16-bit RGB and would silently halve it; but it reads the compressions of 8-bit files without
further libraries.

References:
    TIFF 6.0; Adobe Photoshop TIFF Technical Notes (2002); tag numbers as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import MAX_PACKET, exif_of_tiff, lost_of_tiff
from gamutmeta.formats.photoshop import kept_resources
from gamutmeta.formats.tiff_ifd import IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG, read_tag
from gamutmeta.formats.tiff_pages import as_first, pages_of
from gamutmeta.photo.described import take_tiff_colour
from gamutmeta.photo.picture import MAX_CHANNELS, PREMULTIPLIED, STRAIGHT, Picture, channels_of, check_size
from gamutmeta.photo.pillow_in import pillow_samples
from gamutmeta.runtime.extras import imagecodecs_for
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tifffile import TiffPage

    from gamutmeta.formats.tiff_pages import Pages
    from gamutmeta.photo.picture import Channels

__all__ = ["has_sensor_data", "notes_on_pages", "read_tiff"]

_MAKE, _ICC_TAG, _DNG_VERSION = 271, 34675, 50706

_RESOURCES = (PHOTOSHOP_TAG, IPTC_TAG)

_READ_AHEAD = 16 << 20
"""Bytes of compressed strips held at a time; tifffile's default holds most of a photograph's."""

_MAX_THREADS = 8

_MAX_TILE = 1 << 22
"""Pixels of a tile that may be larger than the picture."""

_GREY_OR_RGB = {1, 2}
"""PhotometricInterpretation BlackIsZero and RGB."""
_UNSUPPORTED = {0: "WhiteIsZero grey", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "CIE Lab", 9: "ICC Lab"}
_UNSUPPORTED |= {10: "ITU Lab", 32803: "colour filter array", 34892: "linear raw"}
_UNSUPPORTED_8_BIT = _UNSUPPORTED.keys() - {0, 6}
"""Pillow turns the other two into grey and RGB."""
_SENSOR_DATA = {32803, 34892}
_UNSIGNED = 1
"""SampleFormat."""

_BUILT_IN_COMPRESSIONS = {1, 8, 32946, 34925}
"""None, Deflate (two numbers), LZMA: what tifffile decodes with the standard library alone."""


def read_tiff(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the picture: the first page, or the full one where that is a thumbnail.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: of a kind that is not a photograph here (CMYK, Lab, palette, float, ...), or too large.
        MissingExtraError: its compression needs imagecodecs.
        CarrierError: the directory is damaged.
    """
    pages = pages_of(file)
    first, main = pages.first.ifd, pages.main.ifd
    notes: list[str] = []
    page = file if main is first else as_first(file, main)
    (rgb, alpha, is_gray), bits = _decode(page, max_pixels, notes)

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


def _decode(file: BinaryIO, max_pixels: int, notes: list[str]) -> tuple[Channels, int]:
    """Colour and transparency, and their significant bits."""
    import tifffile  # noqa: PLC0415  # takes a tenth of a second

    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        check_size(page.imagewidth, page.imagelength, max_pixels)
        _check_blocks(page, tiff.filehandle.size)
        bits = _checked_bits(page)
        extra = tuple(int(meaning) for meaning in page.extrasamples)
        # Pillow does not know most combinations of several, nor, up to 12, premultiplied grey.
        unknown = len(extra) > 1 or (extra == (PREMULTIPLIED,) and page.samplesperpixel == 2)
        if bits > 8 or (bits == 8 and unknown):
            _check_codec(page)
            samples: NDArray[np.unsignedinteger[Any]] = page.asarray(
                maxworkers=_decoding_threads(page), buffersize=_READ_AHEAD
            )
            if page.axes == "SYX":
                samples = np.moveaxis(samples, 0, -1)
            return channels_of(samples, bits, notes, extra or None), bits
    file.seek(0)
    channels = channels_of(pillow_samples(file, ("TIFF",), max_pixels), 8, notes)
    if extra and extra[0] not in {PREMULTIPLIED, STRAIGHT}:
        notes.append("further channels were left out")
    return channels, 8


def _decoding_threads(page: TiffPage) -> int:
    """One per core; left to itself tifffile takes half of them. Its 0 says that the strips are too small for that."""
    return thread_count(_MAX_THREADS) if page.maxworkers else 1


def _check_blocks(page: TiffPage, file_size: int) -> None:
    """Check what else decides how much is allocated."""
    if max(page.databytecounts, default=0) > file_size:
        # Python's files allocate all that is asked for before they read.
        raise PhotoError(f"TIFF with a strip of {max(page.databytecounts):,} bytes is damaged; the file is smaller")
    if page.samplesperpixel > MAX_CHANNELS:
        raise PhotoError(f"TIFF with {page.samplesperpixel} samples per pixel is not a photograph")
    pixels = page.imagewidth * page.imagelength
    if page.is_tiled and page.tilewidth * page.tilelength > max(pixels, _MAX_TILE):
        raise PhotoError(f"TIFF with tiles of {page.tilewidth} x {page.tilelength} pixels is damaged")


def _checked_bits(page: TiffPage) -> int:
    """Bits per sample, of a page that holds a photograph."""
    bits: object = page.bitspersample  # A tuple where the channels differ.
    photometric = int(page.photometric)
    depth_limited = isinstance(bits, int) and bits <= 8
    if photometric in (_UNSUPPORTED_8_BIT if depth_limited else _UNSUPPORTED):
        raise PhotoError(f"{_UNSUPPORTED[photometric]} TIFF is not supported; save it as RGB")
    if photometric not in {*_GREY_OR_RGB, *_UNSUPPORTED}:
        raise PhotoError(f"TIFF with PhotometricInterpretation {photometric} is not supported")
    if photometric not in _GREY_OR_RGB and len(page.extrasamples) > 1:
        raise PhotoError(f"{_UNSUPPORTED[photometric]} TIFF with several further channels is not supported")
    if page.sampleformat != _UNSIGNED:
        raise PhotoError("TIFF with signed or floating-point samples is not supported; save it with 16 bits")
    if not isinstance(bits, int) or not 1 <= bits <= 16:
        raise PhotoError(f"TIFF with {bits} bits per sample is not supported; save it with 16 bits")
    if page.axes not in {"YX", "YXS", "SYX"}:
        raise PhotoError(f"TIFF with axes {page.axes} is not a photograph")
    return bits


def _check_codec(page: TiffPage) -> None:
    plain = int(page.compression) in _BUILT_IN_COMPRESSIONS and page.predictor == 1 and page.bitspersample in {8, 16}
    if not plain:
        name = getattr(page.compression, "name", page.compression)
        predictor = " with a predictor" if page.predictor != 1 else ""
        imagecodecs_for(f"reading {name} TIFF{predictor}")
