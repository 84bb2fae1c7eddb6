"""Writing PNG files: 8 bits per sample through Pillow, 16 bits here.

Pillow has no 16-bit RGB. The writer here filters and compresses strips of rows on several threads: a Deflate stream
may be flushed to a byte boundary anywhere, so the strips' streams are simply put behind one another.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 9 (filtering) and 10 (compression);
    RFC 1950 for the zlib wrapper.
"""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from gamutmeta.formats.exif import EXIF_PREFIX
from gamutmeta.formats.exif_resolution import resolution_of
from gamutmeta.formats.png import SIGNATURE, XMP_KEYWORD, make_chunk
from gamutmeta.formats.png_metadata import density_chunk, raw_profile_chunk, text_chunk
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.runtime.strips import row_strips
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gamutmeta.formats.comments import Comment

__all__ = ["write_png"]

_LEVEL = 6
_RGB, _RGBA = 2, 6
"""Colour types."""
_SUB = 1
"""Filter type: the difference to the pixel on the left. On photographs with 16 bits no other one wins for sure."""
_ZLIB_HEADER = b"\x78\x9c"
_MATCHES_BELOW = 0.6
"""Compressed to less than this share without matches, a strip is tried with them; photographs come to 0.75 and more."""
_ADLER_MODULUS = 65521
_MAX_THREADS = 4


def write_png(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16],
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
        samples: uint8 or uint16, shape (height, width, 3).
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
    if samples.dtype == np.uint8:
        _write_with_pillow(file, with_alpha(samples, alpha), icc, exif, texts)
        return
    height, width, _ = samples.shape
    colour_type = _RGB if alpha is None else _RGBA
    file.write(SIGNATURE)
    file.write(make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)))
    if icc:
        file.write(make_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 9)))
    if density := resolution_of(exif):
        file.write(density_chunk(*density))
    if exif:
        file.write(make_chunk(b"eXIf", exif.removeprefix(EXIF_PREFIX)))
    file.writelines(texts)
    _write_pixels(file, samples, alpha)
    file.write(make_chunk(b"IEND", b""))


def _write_with_pillow(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16],
    icc: bytes | None,
    exif: bytes | None,
    texts: Sequence[bytes],
) -> None:
    from PIL import Image, PngImagePlugin  # noqa: PLC0415  # only where it is needed

    info = PngImagePlugin.PngInfo()
    # It takes no other chunks than texts here.
    for chunk in texts:
        info.add(chunk[4:8], chunk[8:-4])
    known = {"exif": exif, "dpi": resolution_of(exif)}
    options: dict[str, Any] = {key: value for key, value in known.items() if value}
    Image.fromarray(samples).save(file, "PNG", compress_level=_LEVEL, icc_profile=icc, pnginfo=info, **options)


class _Strip(NamedTuple):
    """One strip's Deflate stream, and checksum and number of its bytes before compression."""

    deflated: bytes
    adler: int
    size: int


def _write_pixels(
    file: BinaryIO, samples: NDArray[np.uint8 | np.uint16], alpha: NDArray[np.uint8 | np.uint16] | None
) -> None:
    def deflated(rows: slice) -> _Strip:
        strip = with_alpha(samples[rows], None if alpha is None else alpha[rows])
        return _deflate(strip, is_last=rows is strips[-1])

    strips = list(row_strips(*samples.shape[:2]))
    checksum = 1
    prefix = _ZLIB_HEADER
    with ThreadPoolExecutor(thread_count(_MAX_THREADS), thread_name_prefix="gamutmeta-png") as pool:
        for strip in pool.map(deflated, strips):
            file.write(make_chunk(b"IDAT", prefix + strip.deflated))
            checksum = _joined(checksum, strip.adler, strip.size)
            prefix = b""
    file.write(make_chunk(b"IDAT", struct.pack(">I", checksum)))


def _deflate(rows: NDArray[np.uint8 | np.uint16], *, is_last: bool) -> _Strip:
    count, _, channels = rows.shape
    step = 2 * channels
    data = np.ascontiguousarray(rows, ">u2").view(np.uint8).reshape(count, -1)
    filtered = np.empty((count, 1 + data.shape[1]), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + step] = data[:, :step]
    np.subtract(data[:, step:], data[:, :-step], out=filtered[:, 1 + step :])
    flush = zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH
    # Noise in the lower bits of true 16-bit photographs leaves no matches to search for: coding without them is four
    # times as fast and no larger. Pictures that once had 8 bits have matches.
    deflated = _compressed(filtered, zlib.Z_RLE, flush)
    if len(deflated) < _MATCHES_BELOW * filtered.size:
        deflated = min(deflated, _compressed(filtered, zlib.Z_FILTERED, flush), key=len)
    return _Strip(deflated, zlib.adler32(filtered.data), filtered.size)


def _compressed(data: NDArray[np.uint8], strategy: int, flush: int) -> bytes:
    compressor = zlib.compressobj(_LEVEL, wbits=-15, strategy=strategy)
    return compressor.compress(data.data) + compressor.flush(flush)


def _joined(first: int, second: int, size: int) -> int:
    """Adler-32 of two blocks of bytes, from the checksum of each and the size of the second (RFC 1950, section 9)."""
    a1, b1 = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    a = (a1 + a2 - 1) % _ADLER_MODULUS
    b = (b1 + b2 + size * (a1 - 1)) % _ADLER_MODULUS
    return b << 16 | a
