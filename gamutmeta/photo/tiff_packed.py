"""TIFF pictures of 8 bits or fewer that carry payloads and that Pillow does not read.

Those are grey and palettes of 3, 5, 6 and 7 bits, RGB of fewer than 8, pictures of fewer than 8 bits with further
channels, palettes and grey of 8 bits whose lowest bits come first, and all of big-endian BigTIFF.

References:
    TIFF 6.0, section 8 (BitsPerSample, FillOrder, PlanarConfiguration); section C.3 of ``spec/gamutmeta-1.md``, which
    says what 8-bit codes they are.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.tiff_ifd import read_ifd0, read_value
from gamutmeta.photo.picture import MAX_PIXELS, Channels, channels_of, check_size
from gamutmeta.photo.tiff_samples import check_blocks, size_of
from gamutmeta.runtime.extras import imagecodecs_for
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tifffile import TiffPage

    from gamutmeta.formats.tiff_ifd import Ifd

__all__ = ["has_few_bits", "is_packed", "packed_codes", "packed_size", "unpacked"]

_WHITE_IS_ZERO, _PALETTE = 0, 3
_KINDS = {_WHITE_IS_ZERO, 1, 2, _PALETTE}
"""PhotometricInterpretation: grey in both directions, RGB, palette."""
_INTEGERS = {1: "B", 3: "H", 4: "I"}
"""Field types."""
_LOW_BITS_FIRST = 2
"""FillOrder."""
_NO_COMPRESSION, _DEFLATE = 1, {8, 32946}
_WITH_IMAGECODECS = {5: "lzw_decode", 32773: "packbits_decode"}
_DIFFERENCES = 2
"""Predictor."""


def is_packed(data: bytes) -> bool:
    """Whether a file is a TIFF that Pillow does not read and :func:`packed_codes` may read; nothing is decoded."""
    if data.startswith(b"MM\0+") or has_few_bits(data):
        return True
    page = _Fields.of(data)
    is_reversed = page.fill_order == _LOW_BITS_FIRST and page.compression == _NO_COMPRESSION
    return is_reversed and (page.photometric == _PALETTE or page.bits == (8,))


def has_few_bits(data: bytes) -> bool:
    """Whether a file is a TIFF of 3, 5, 6 or 7 bits per sample, or with several samples of fewer than 8."""
    page = _Fields.of(data)
    return bool(page.bits) and max(page.bits) < 8 and (page.samples > 1 or page.bits[0] not in {1, 2, 4})


class _Fields(NamedTuple):
    """What tells who reads the first page of a TIFF; the defaults of what is no TIFF, or damaged."""

    bits: tuple[int, ...] = ()
    samples: int = 1
    photometric: int = 0
    compression: int = _NO_COMPRESSION
    fill_order: int = 1

    @classmethod
    def of(cls, data: bytes) -> _Fields:
        if not data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
            return cls()
        try:
            ifd = read_ifd0(data)
            found = [_numbers(data, ifd, tag) for tag in (258, 277, 262, 259, 266)]
        except CarrierError:
            return cls()
        bits, *single = found
        return cls(
            bits,
            *(
                values[0] if values else cls._field_defaults[n]
                for values, n in zip(single, cls._fields[1:], strict=True)
            ),
        )


def _numbers(data: bytes, ifd: Ifd, tag: int) -> tuple[int, ...]:
    entry = next(
        (entry for entry in ifd.entries if entry.tag == tag and entry.type in _INTEGERS and entry.nbytes), None
    )
    if entry is None:
        return ()
    return struct.unpack(
        f"{ifd.layout.order}{entry.count}{_INTEGERS[entry.type]}", read_value(data, entry, max_bytes=64)
    )


def packed_size(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of the first page of such a file, checked.

    Raises:
        PhotoError: it is too large.
        Exception: whatever tifffile raises for a damaged file.
    """
    import tifffile  # noqa: PLC0415  # takes a tenth of a second

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        return _checked_size(tiff.pages.first, len(data), max_pixels)


def packed_codes(data: bytes, max_pixels: int = MAX_PIXELS) -> Channels:
    """Decode the first page of such a file.

    Args:
        data: the file.
        max_pixels: limit on width x height.

    Returns:
        8-bit codes, uint8, and transparency. Samples of n bits are scaled by 255 / (2^n - 1) and rounded, entries of a
        palette divided by 256 and rounded down.

    Raises:
        PhotoError: it is damaged, too large, or of another kind.
        MissingExtraError: its compression needs imagecodecs.
        Exception: whatever tifffile raises for a damaged file.
    """
    import tifffile  # noqa: PLC0415  # as above

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages.first
        _checked_size(page, len(data), max_pixels)
        bits, kind = _checked(page, len(data))
        samples = _samples(page, data, bits)
        extra = tuple(int(meaning) for meaning in page.extrasamples)
        colormap = page.colormap if kind == _PALETTE else None
    top = (1 << bits) - 1
    scale = np.rint(np.arange(top + 1) * (255 / top)).astype(np.uint8)  # no tie occurs
    if kind == _PALETTE:
        if colormap is None or colormap.shape != (3, top + 1):
            raise PhotoError("the TIFF has no palette of its size")
        return Channels((colormap >> 8).astype(np.uint8).T[samples[..., 0]], None, is_gray=False)
    channels = channels_of(scale[samples], 8, [], extra or None)
    return channels._replace(rgb=255 - channels.rgb) if kind == _WHITE_IS_ZERO else channels


def _checked_size(page: TiffPage, file_bytes: int, max_pixels: int) -> tuple[int, int]:
    size = size_of(page)
    check_size(*size, max_pixels, file_bytes=file_bytes)
    return size


def _checked(page: TiffPage, file_bytes: int) -> tuple[int, int]:
    """Bits per sample and PhotometricInterpretation of a page that can be read.

    Raises:
        PhotoError: it cannot.
    """
    check_blocks(page, file_bytes)
    bits: object = page.bitspersample
    kind, form = int(page.photometric), f"{page.bitspersample} bits per sample"
    if kind not in _KINDS or page.sampleformat not in {1, 4} or not isinstance(bits, int) or bits > 8:
        raise PhotoError(f"TIFF of kind {kind} with {form} is not supported; save it as RGB with 8 bits")
    if page.samplesperpixel - len(page.extrasamples) != (3 if kind == 2 else 1):
        raise PhotoError(f"TIFF with {page.samplesperpixel} samples per pixel is damaged")
    if page.predictor not in {1, _DIFFERENCES} or (page.predictor == _DIFFERENCES and bits < 8):
        raise PhotoError(f"TIFF with {form} and a predictor is not supported; save it as RGB with 8 bits")
    return bits, kind


def _samples(page: TiffPage, data: bytes, bits: int) -> NDArray[np.uint8]:
    """All samples of a page as they are stored, uint8 (height, width, samples of a pixel)."""
    width, height, samples = page.imagewidth, page.imagelength, page.samplesperpixel
    across, down = (page.tilewidth, page.tilelength) if page.is_tiled else (width, min(page.rowsperstrip, height))
    if not (across > 0 and down > 0):
        raise PhotoError("the TIFF has empty strips or tiles")
    planes = samples if page.planarconfig == 2 else 1  # else the samples of a pixel stand side by side
    columns, lines = -(-width // across), -(-height // down)
    if not len(page.dataoffsets) == len(page.databytecounts) == planes * columns * lines:
        raise PhotoError("the TIFF has too few strips or tiles")
    whole = np.zeros((height, width, samples), np.uint8)
    for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        plane, place = divmod(number, columns * lines)
        top, left = place // columns * down, place % columns * across
        rows = down if page.is_tiled else min(down, height - top)
        each = samples // planes
        size = rows * -(-across * each * bits // 8)
        stored = data[offset : offset + count]
        if int(page.fillorder) == _LOW_BITS_FIRST:
            stored = np.packbits(np.unpackbits(np.frombuffer(stored, np.uint8), bitorder="little")).tobytes()
        packed = _decompressed(int(page.compression), stored, size)
        part = unpacked(packed, bits, rows, across * each).reshape(rows, across, each)
        if page.predictor == _DIFFERENCES:
            part = np.add.accumulate(part, axis=1, dtype=np.uint8)
        to = whole[top : top + rows, left : left + across, plane : plane + each]
        to[:] = part[: to.shape[0], : to.shape[1]]
    return whole


def _decompressed(compression: int, data: bytes, size: int) -> bytes:
    """A strip or tile, of which no more is made than `size` bytes."""
    if compression == _NO_COMPRESSION:
        found = data
    elif compression in _DEFLATE:
        found = zlib.decompressobj().decompress(data, size)
    elif compression in _WITH_IMAGECODECS:
        codecs = imagecodecs_for("reading compressed TIFF of fewer than 8 bits")
        found = getattr(codecs, _WITH_IMAGECODECS[compression])(data, out=size)
    else:
        raise PhotoError(f"TIFF with compression {compression} is not supported here; save it uncompressed or as PNG")
    if len(found) < size:
        raise PhotoError(f"a strip or tile of the TIFF has {len(found):,} bytes of {size:,}")
    return found[:size]


def unpacked(packed: bytes, bits: int, rows: int, per_row: int) -> NDArray[np.uint8]:
    """Samples that are stored in `bits` bits each, the most significant first; each row begins with a byte.

    Args:
        packed: as many bytes as that takes.
        bits: 1 to 8.
        rows: how many there are.
        per_row: samples of a row.

    Returns:
        uint8, shape (rows, per_row).
    """
    stored = np.frombuffer(packed, np.uint8).reshape(rows, -1)
    samples = np.zeros((rows, per_row), np.uint8)
    for strip in row_strips(rows, per_row * bits):
        single = np.unpackbits(stored[strip], axis=1, count=per_row * bits).reshape(-1, per_row, bits)
        for bit in range(bits):
            samples[strip] = samples[strip] << 1 | single[..., bit]
    return samples
