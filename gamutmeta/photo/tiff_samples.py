"""The samples of a TIFF page: through Pillow where it reads them, else through tifffile.

Pillow has no mode for 16-bit RGB and would silently halve it; but it reads the common compressions of 8-bit files
without further libraries.

References:
    TIFF 6.0; Adobe Photoshop TIFF Technical Notes (2002) and Technical Note 3 (2005, floating-point samples).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.errors import PhotoError
from gamutmeta.photo.floats import float_channels
from gamutmeta.photo.picture import MAX_CHANNELS, PREMULTIPLIED, STRAIGHT, Channels, channels_of, check_size
from gamutmeta.photo.pillow_in import pillow_samples
from gamutmeta.runtime.extras import imagecodecs_for
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tifffile import TiffPage

__all__ = ["check_blocks", "decode_tiff", "size_of"]

_READ_AHEAD = 16 << 20
"""Bytes of compressed strips held at a time; tifffile's default holds most of a photograph's."""

_MAX_THREADS = 8

_MAX_TILE = 1 << 22
"""Pixels of a tile that may be larger than the picture."""

_WHITE_IS_ZERO, _YCBCR = 0, 6
_GREY_OR_RGB = {_WHITE_IS_ZERO, 1, 2}
"""PhotometricInterpretation WhiteIsZero, BlackIsZero and RGB."""
_UNSUPPORTED = {3: "palette", 4: "mask", 5: "CMYK", _YCBCR: "YCbCr", 8: "CIE Lab", 9: "ICC Lab"}
_UNSUPPORTED |= {10: "ITU Lab", 32803: "colour filter array", 34892: "linear raw"}
_UNSIGNED, _FLOATING, _UNDEFINED = 1, 3, 4
"""SampleFormat. Undefined is to be read as if the field were not there (TIFF 6.0, section 19)."""
_LONG = 32
"""Bits of integers that are rounded to 16."""

_JPEG, _LZMA = 7, 34925
_BUILT_IN_COMPRESSIONS = {1, 8, 32946, 34925}
"""None, Deflate (two numbers), LZMA: what tifffile decodes with the standard library alone."""
_DIFFERENCES = 2
"""Predictor."""
_NUMBERS = ("ImageWidth", "ImageLength", "SamplesPerPixel", "RowsPerStrip", "TileWidth", "TileLength")
_PILLOWS_COMPRESSIONS = {1, 2, 3, 4, 5, 6, _JPEG, 8, 32773, 32946, 34925, 50000}
"""None, CCITT, LZW, JPEG, Deflate, PackBits, LZMA, Zstandard."""


def decode_tiff(file: BinaryIO, max_pixels: int, notes: list[str]) -> tuple[Channels, int]:
    """Decode the first page.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.
        notes: gets a note if channels are left out.

    Returns:
        Colour and transparency, and their significant bits; of floating-point samples, float32 and 32.

    Raises:
        PhotoError: of a kind that is not a photograph here, too large, or damaged.
        MissingExtraError: its compression needs imagecodecs.
    """
    import tifffile  # noqa: PLC0415  # takes a tenth of a second

    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        check_size(*size_of(page), max_pixels)
        check_blocks(page, tiff.filehandle.size)
        bits = _checked_bits(page)
        extra = tuple(int(meaning) for meaning in page.extrasamples)
        if bits > 8 or not _is_pillows(page, extra, is_big=tiff.is_bigtiff and tiff.byteorder == ">"):
            return _by_tifffile(page, bits, extra, notes)
    file.seek(0)
    channels = channels_of(pillow_samples(file, ("TIFF",), max_pixels), 8, notes)
    if extra and extra[0] not in {PREMULTIPLIED, STRAIGHT}:
        notes.append("further channels were left out")
    return channels, 8


def require_codec(file: BinaryIO) -> None:
    """Find out without decoding whether imagecodecs is needed for the first page, and is there.

    Raises:
        MissingExtraError: it is needed, and not installed.
        PhotoError: the page is of a kind that is not a photograph here.
        Exception: whatever tifffile raises for a damaged file.
    """
    import tifffile  # noqa: PLC0415  # as in read_samples

    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        extra = tuple(int(meaning) for meaning in page.extrasamples)
        is_big = tiff.is_bigtiff and tiff.byteorder == ">"
        if _checked_bits(page) > 8 or not _is_pillows(page, extra, is_big=is_big):
            _check_codec(page)


def _is_pillows(page: TiffPage, extra: tuple[int, ...], *, is_big: bool) -> bool:
    """Whether Pillow reads an 8-bit page, or one with fewer bits, and reads it right."""
    colours = page.samplesperpixel - len(extra)
    return (
        not is_big
        and int(page.compression) in _PILLOWS_COMPRESSIONS
        and page.sampleformat == _UNSIGNED
        # Of damaged LZMA, libtiff prints that it is damaged, and hands out what there was.
        and not (int(page.compression) == _LZMA and page.predictor == 1)
        # It does not know most combinations of further channels, and rounds down where it divides by transparency.
        and len(extra) <= 1
        and PREMULTIPLIED not in extra
        and not (extra and (page.planarconfig != 1 or page.photometric == _WHITE_IS_ZERO))
        and (colours in {1, 3} or page.photometric == _YCBCR)
    )


def _by_tifffile(page: TiffPage, bits: int, extra: tuple[int, ...], notes: list[str]) -> tuple[Channels, int]:
    _check_codec(page)
    samples: NDArray[Any] = page.asarray(maxworkers=_decoding_threads(page), buffersize=_READ_AHEAD)
    if page.axes == "SYX":
        samples = np.moveaxis(samples, 0, -1)
    if samples.dtype.kind == "f":
        channels = float_channels(samples, extra, notes)
        if page.photometric == _WHITE_IS_ZERO:
            channels = channels._replace(rgb=1 - channels.rgb)
        return channels, 32
    if samples.dtype.kind == "b":
        samples = samples.astype(np.uint8)
    if bits == _LONG:
        samples, bits = np.rint(samples / 65537).astype(np.uint16), 16
    channels = channels_of(samples, bits, notes, extra or None)
    if page.photometric == _WHITE_IS_ZERO:
        top = channels.rgb.dtype.type((1 << bits) - 1)
        channels = channels._replace(rgb=top - channels.rgb)
    return channels, bits


def _decoding_threads(page: TiffPage) -> int:
    """One per core; left to itself tifffile takes half of them. Its 0 says that the strips are too small for that."""
    return thread_count(_MAX_THREADS) if page.maxworkers else 1


def size_of(page: TiffPage) -> tuple[int, int]:
    """Width and height as the page announces them.

    Raises:
        PhotoError: they, or another number that decides how much is allocated, are no single whole number. tifffile
            hands out tuples then, and a product with a tuple is a long one.
    """
    for name in _NUMBERS:
        if not isinstance(getattr(page, name.lower()), int):
            raise PhotoError(f"TIFF whose {name} is not one whole number is damaged")
    return page.imagewidth, page.imagelength


def check_blocks(page: TiffPage, file_size: int) -> None:
    """Check what else decides how much is allocated.

    Raises:
        PhotoError: a strip is larger than the file, or a tile than a photograph; or there are too many channels.
    """
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
    # Pillow turns YCbCr into RGB, and imagecodecs if it is in a JPEG.
    is_ycc = photometric == _YCBCR and bits == 8 and int(page.compression) in _PILLOWS_COMPRESSIONS
    if photometric in _UNSUPPORTED and not is_ycc:
        raise PhotoError(f"{_UNSUPPORTED[photometric]} TIFF is not supported; save it as RGB")
    if photometric not in {*_GREY_OR_RGB, _YCBCR}:
        raise PhotoError(f"TIFF with PhotometricInterpretation {photometric} is not supported")
    if is_ycc and page.extrasamples:
        raise PhotoError("YCbCr TIFF with further channels is not supported; save it as RGB")
    is_float = page.sampleformat == _FLOATING
    if page.sampleformat not in {_UNSIGNED, _UNDEFINED, _FLOATING}:
        raise PhotoError("TIFF with signed samples is not supported; save it with 16 bits")
    if not isinstance(bits, int) or not (bits in {16, 24, 32, 64} if is_float else 1 <= bits <= 16 or bits == _LONG):
        raise PhotoError(f"TIFF with {bits} bits per sample is not supported; save it with 16 bits")
    if page.axes not in {"YX", "YXS", "SYX"}:
        raise PhotoError(f"TIFF with axes {page.axes} is not a photograph")
    return bits


def _check_codec(page: TiffPage) -> None:
    if page.photometric == _YCBCR and int(page.compression) != _JPEG:
        raise PhotoError("YCbCr TIFF of this kind is not supported; save it as RGB")
    # tifffile undoes differences by itself, but not those of the bytes of floating-point numbers.
    is_plain = page.predictor == 1 or (page.predictor == _DIFFERENCES and page.sampleformat != _FLOATING)
    is_built_in = int(page.compression) in _BUILT_IN_COMPRESSIONS and is_plain
    if not (is_built_in and page.bitspersample in {8, 16, 32, 64}):
        name = getattr(page.compression, "name", page.compression)
        predictor = " with a predictor" if page.predictor != 1 else ""
        imagecodecs_for(f"reading {name} TIFF{predictor}")
