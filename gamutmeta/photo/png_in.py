"""PNG files: 16 bits per sample through imagecodecs, fewer through Pillow; large plain ones through either.

Pillow opens 16-bit RGB silently as 8-bit. Colour chunks are read here, in the order of precedence that the standard
gives them; Pillow does not know cICP.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 11.3.2 (colour space information) and
    11.3.3 (text).
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE, cicp_space
from gamutmeta.color.spaces import SRGB
from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.exif import MAX_PACKET
from gamutmeta.formats.png import SIGNATURE, iter_chunks, read_chunk
from gamutmeta.formats.png_metadata import read_png_metadata
from gamutmeta.photo.described import take_png_colour
from gamutmeta.photo.picture import FURTHER_PICTURES, Picture, channels_of, check_size
from gamutmeta.photo.pillow_in import pillow_samples
from gamutmeta.photo.png_plain import plain_samples
from gamutmeta.runtime.extras import imagecodecs_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gamutmeta.formats.png import Chunk

__all__ = ["read_png"]

_WANTED = (b"IHDR", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"acTL")
_RGB_AS_IT_IS = 0
"""MatrixCoefficients of H.273; a PNG has no other (section 11.3.2.6)."""
_NARROW_BLACK, _NARROW_WHITE = 16, 235
_DEPTHS = (1, 2, 4, 8, 16)
"""Bits per sample (clause 11.2.1). Tables of colours have as many entries as there are codes."""


def read_png(file: BinaryIO, max_pixels: int) -> Picture:
    """Read a PNG file.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large.
        MissingExtraError: it has 16 bits per sample, and imagecodecs is not installed.
        CarrierError: its chunks are damaged.
    """
    headers = list(iter_chunks(file))
    chunks = _chunks_of(file, headers)
    metadata = read_png_metadata(file, headers)
    width, height, depth = _header(chunks[b"IHDR"])
    check_size(width, height, max_pixels)
    notes = [FURTHER_PICTURES] if b"acTL" in chunks else []
    icc, problem = _profile_of(chunks)
    # Decoders stumble over a damaged profile, or complain to the console.
    source = file if problem is None else _without_profile(file)
    source.seek(0)
    if depth == 16:
        samples = imagecodecs_for("reading 16-bit PNG").png_decode(source.read())
    else:
        plain = plain_samples(source) if depth == 8 else None
        samples = pillow_samples(source, ("PNG",), max_pixels) if plain is None else plain
    bits = max(depth, 8)
    rgb, alpha, is_gray = channels_of(samples, bits, notes)
    picture = Picture(rgb, bits, is_gray, alpha, notes=notes)
    picture.icc, picture.icc_problem = icc, problem
    _take_colour(picture, chunks)
    if metadata.icc and picture.icc is None and picture.space is None and picture.cicp is None:
        picture.icc = metadata.icc
    picture.take_png(metadata)
    return picture


def _chunks_of(file: BinaryIO, headers: Iterable[Chunk]) -> dict[bytes, bytes]:
    """Data of the wanted chunks."""
    found: dict[bytes, bytes] = {}
    for chunk in headers:
        if chunk.type not in _WANTED or chunk.type in found:
            continue
        if chunk.data_end - chunk.data_start > MAX_PACKET:
            raise PhotoError(f"PNG chunk {chunk.type.decode()} is larger than {MAX_PACKET} bytes")
        found[chunk.type] = read_chunk(file, chunk)
    return found


def _header(data: bytes) -> tuple[int, int, int]:
    """Width, height and bits per sample."""
    if len(data) != 13:
        raise CarrierError("PNG: IHDR is not 13 bytes long")
    width, height, depth = struct.unpack_from(">IIB", data)
    if depth not in _DEPTHS:
        raise CarrierError(f"PNG: {depth} bits per sample")
    return width, height, depth


def _take_colour(picture: Picture, chunks: Mapping[bytes, bytes]) -> None:
    """Keep the statement on colour that counts: cICP, else iCCP, else sRGB, else gAMA and cHRM."""
    if b"cICP" in chunks:
        told = chunks[b"cICP"]
        is_known = len(told) == 4 and told[2] == _RGB_AS_IT_IS and told[3] in {0, 1}
        if is_known and (cicp_space(told[0], told[1]) or told[1] in HIGH_DYNAMIC_RANGE):
            picture.cicp = (told[0], told[1])
            picture.icc = picture.icc_problem = None
            if not told[3]:
                _widen(picture)
            return
        picture.notes.append(f"chunk cICP with code points {tuple(told[:4])} was ignored")
    if b"iCCP" in chunks:
        return
    if b"sRGB" in chunks:
        picture.space = SRGB
    else:
        take_png_colour(picture, chunks)


def _widen(picture: Picture) -> None:
    """Samples of narrow range, as in video, with full range and 16 bits (ITU-T H.273, section 8.3, equation 20)."""
    codes = np.arange(1 << picture.bits) / (1 << (picture.bits - 8))
    full = (codes - _NARROW_BLACK) / (_NARROW_WHITE - _NARROW_BLACK)
    table = np.rint(np.clip(full, 0, 1) * 65535).astype(np.uint16)
    beyond = np.isin(picture.samples, np.flatnonzero((full < 0) | (full > 1))).any(axis=-1)
    picture.samples, picture.bits = table[picture.samples], 16
    if beyond.any():
        count = np.count_nonzero(beyond)
        pixels, were = ("1 pixel lies", "was") if count == 1 else (f"{count:,} pixels lie", "were")
        picture.notes.append(f"{pixels} outside the narrow range that chunk cICP tells, and {were} clipped")


def _profile_of(chunks: Mapping[bytes, bytes]) -> tuple[bytes | None, str | None]:
    """The profile in the file, or what is wrong with it: the caller may know the space."""
    if b"iCCP" not in chunks:
        return None, None
    try:
        return _profile(chunks[b"iCCP"]), None
    except PhotoError as error:
        return None, str(error)


def _without_profile(file: BinaryIO) -> BinaryIO:
    """A copy of the file without its chunks iCCP."""
    spans = [(chunk.offset, chunk.end) for chunk in iter_chunks(file) if chunk.type != b"iCCP"]
    file.seek(0)
    data = file.read()
    return io.BytesIO(SIGNATURE + b"".join(data[start:end] for start, end in spans))


def _profile(data: bytes) -> bytes:
    """The profile in an iCCP chunk: name, NUL, compression method 0, zlib stream."""
    name, _, rest = data.partition(b"\0")
    if len(name) > 79 or rest[:1] != b"\0":
        raise PhotoError("PNG chunk iCCP is damaged")
    return _inflated(rest[1:], "iCCP")


def _inflated(data: bytes, chunk: str) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        result = decompressor.decompress(data, MAX_PACKET)
    except zlib.error as error:
        raise PhotoError(f"PNG chunk {chunk} is damaged: {error}") from error
    if not decompressor.eof:
        raise PhotoError(f"PNG chunk {chunk} is cut short, or larger than {MAX_PACKET} bytes")
    return result
