"""Writing PNG files with 8 and 16 bits per sample.

Pillow has no 16-bit RGB, and compresses on one thread. The writer here filters and compresses strips of rows on all
cores: a Deflate stream may be flushed to a byte boundary anywhere, so the strips' streams are simply put behind one
another.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 9 (filtering) and 10 (compression);
    RFC 1950 for the zlib wrapper.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from gamutmeta.formats.exif import EXIF_PREFIX
from gamutmeta.formats.exif_resolution import resolution_of
from gamutmeta.formats.png import SIGNATURE, XMP_KEYWORD, make_chunk
from gamutmeta.formats.png_metadata import density_chunk, raw_profile_chunk, text_chunk
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.deflate import isal
from gamutmeta.photo.png_filters import filtered_rows
from gamutmeta.runtime.strips import row_strips
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gamutmeta.formats.comments import Comment
    from gamutmeta.photo.streamed import Rows

__all__ = ["write_png"]

_LEVEL = 5
"""Where there are matches, files of zlib-ng are as large then as those by Pillow, and those of zlib two percent larger.
With level 6, zlib takes half as long again."""
_RGB, _RGBA = 2, 6
"""Colour types."""
_SUB = 1
"""Filter type: the difference to the pixel on the left. On photographs with 16 bits no other one wins for sure."""
_ZLIB_HEADER = b"\x78\x9c"
_STRIP_PIXELS = 1 << 18
"""Larger strips make no smaller files."""
_WINDOW = 1 << 15
"""How far back Deflate finds matches."""
_NOISE = 0.75
"""A piece that takes a larger share without matches has none: real photographs with 16 bits come to more."""
_PROBE_BYTES = 48 << 10
"""Of the strip's middle, which is looked at for matches: half as much again as the window."""
_WORTH = 0.985
"""To what share matches must bring them, to be searched for in the strip, which takes several times as long."""
_ADLER_MODULUS = 65521
_MAX_THREADS = 8


def write_png(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16] | Rows,
    *,
    icc: bytes | None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    photoshop: bytes | None = None,
    comments: Sequence[Comment] = (),
    alpha: NDArray[np.uint8 | np.uint16] | None = None,
) -> None:
    """Write an RGB or RGBA PNG.

    Args:
        file: where to.
        samples: uint8 or uint16, shape (height, width, 3); or what gives the rows of such an array.
        icc: ICC profile.
        exif: EXIF block, written as it is.
        xmp: XMP packet.
        photoshop: Photoshop image resources, written as ImageMagick and Exiv2 do.
        comments: text chunks.
        alpha: transparency, shape (height, width) and the type of `samples`, which are not multiplied by it.
    """
    texts = [make_chunk(b"iTXt", XMP_KEYWORD + bytes(5) + xmp)] if xmp else []
    texts += [raw_profile_chunk("iptc", photoshop)] if photoshop else []
    texts += [text_chunk(comment) for comment in comments]
    height, width = samples.shape[:2]
    colour_type = _RGB if alpha is None else _RGBA
    file.write(SIGNATURE)
    file.write(make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, colour_type, 0, 0, 0)))
    if icc:
        file.write(make_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 9)))
    if density := resolution_of(exif):
        file.write(density_chunk(*density))
    if exif:
        file.write(make_chunk(b"eXIf", exif.removeprefix(EXIF_PREFIX)))
    file.writelines(texts)
    _write_pixels(file, samples, alpha)
    file.write(make_chunk(b"IEND", b""))


class _Strip(NamedTuple):
    """One strip's Deflate stream, and checksum and number of its bytes before compression."""

    deflated: bytes
    adler: int
    size: int


def _write_pixels(
    file: BinaryIO, samples: NDArray[np.uint8 | np.uint16] | Rows, alpha: NDArray[np.uint8 | np.uint16] | None
) -> None:
    width = samples.shape[1]
    strips = list(row_strips(samples.shape[0], width, _STRIP_PIXELS))

    def lines(rows: slice) -> NDArray[np.uint8]:
        strip = with_alpha(samples[rows], None if alpha is None else alpha[rows])
        return np.ascontiguousarray(strip, strip.dtype.newbyteorder(">")).view(np.uint8).reshape(len(strip), -1)

    def deflated(rows: slice) -> _Strip:
        # What lies in the window, filtered again: matches reach back into the strip before.
        line_bytes = width * samples.itemsize * (3 if alpha is None else 4)
        top = max(0, rows.start - -(-_WINDOW // (1 + line_bytes)))
        every = lines(slice(max(0, top - 1), rows.stop))
        step = line_bytes // width
        if samples.itemsize == 1:
            filtered = filtered_rows(every[top > 0 :], every[0] if top else None, step)
        else:
            filtered = _differences(every[top > 0 :], step)
        return _deflate(filtered, rows.start - top, 8 * samples.itemsize, is_last=rows is strips[-1])

    checksum = 1
    prefix = _ZLIB_HEADER
    with ThreadPoolExecutor(thread_count(_MAX_THREADS), thread_name_prefix="gamutmeta-png") as pool:
        for strip in pool.map(deflated, strips):
            file.write(make_chunk(b"IDAT", prefix + strip.deflated))
            checksum = _joined(checksum, strip.adler, strip.size)
            prefix = b""
    file.write(make_chunk(b"IDAT", struct.pack(">I", checksum)))


def _differences(lines: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Rows of a PNG by the filter Sub, (rows, 1 + bytes)."""
    filtered = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + step] = lines[:, :step]
    np.subtract(lines[:, step:], lines[:, :-step], out=filtered[:, 1 + step :])
    return filtered


def _deflate(filtered: NDArray[np.uint8], start: int, bits: int, *, is_last: bool) -> _Strip:
    """Compress filtered rows from number `start` on; those before it lie in the window.

    Args:
        filtered: uint8 (rows, bytes).
        start: of the first row to compress.
        bits: per sample.
        is_last: nothing follows.
    """
    data, flush = filtered[start:].reshape(-1), zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH
    # Noise leaves no matches to search for: in most photographs coding without them is several times as fast, and no
    # larger. Pictures that once had fewer bits have matches, and so have drawings.
    if _has_matches(filtered.reshape(-1)):
        window = filtered[:start].reshape(-1)[-_WINDOW:]
        deflated = _compressed(data, zlib.Z_FILTERED, flush, window)
    elif bits == 16 and (fast := isal()) is not None:
        compressor = fast.compressobj(fast.ISAL_DEFAULT_COMPRESSION, fast.DEFLATED, -15)
        deflated = compressor.compress(data.data) + compressor.flush(flush)
    else:
        deflated = _compressed(data, zlib.Z_RLE, flush)
    return _Strip(deflated, zlib.adler32(data.data), data.size)


def _has_matches(data: NDArray[np.uint8]) -> bool:
    """Whether matches make a piece of the data smaller."""
    start = max(0, data.size - _PROBE_BYTES) // 2
    piece = data[start : start + _PROBE_BYTES]
    without = len(_compressed(piece, zlib.Z_RLE, zlib.Z_FINISH))
    if without > _NOISE * piece.size:
        return False
    return len(_compressed(piece, zlib.Z_FILTERED, zlib.Z_FINISH)) < _WORTH * without


def _compressed(data: NDArray[np.uint8], strategy: int, flush: int, window: NDArray[np.uint8] | None = None) -> bytes:
    # Memory level 8 is zlib's own; a window of no bytes is none.
    before = b"" if window is None else window.tobytes()
    compressor = _library().compressobj(_LEVEL, zlib.DEFLATED, -15, 8, strategy, before)
    return bytes(compressor.compress(data.data)) + bytes(compressor.flush(flush))


@cache
def _library() -> Any:
    """zlib-ng, which takes half of the time or less, if the extra ``fast`` is installed; else Python's own zlib."""
    try:
        return importlib.import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib


def _joined(first: int, second: int, size: int) -> int:
    """Adler-32 of two blocks of bytes, from the checksum of each and the size of the second (RFC 1950, section 9)."""
    a1, b1 = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    a = (a1 + a2 - 1) % _ADLER_MODULUS
    b = (b1 + b2 + size * (a1 - 1)) % _ADLER_MODULUS
    return b << 16 | a
