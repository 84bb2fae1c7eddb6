"""PNG as a sequence of chunks (ISO/IEC 15948, W3C PNG Third Edition, clause 5)."""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.errors import CarrierError
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.formats.source import BytesLike, SourceLike

__all__ = [
    "MAX_CHUNKS",
    "SIGNATURE",
    "XMP_KEYWORD",
    "Chunk",
    "insert_before_idat",
    "iter_chunks",
    "make_chunk",
    "read_chunk",
]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

XMP_KEYWORD = b"XML:com.adobe.xmp"
"""Of the iTXt chunk with the XMP packet (Adobe XMP part 3)."""

MAX_CHUNKS = 262_144
"""2 GiB of picture in the 8 KiB chunks that libpng writes."""

_MAX_LENGTH = 2**31 - 1  # clause 5.3


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where one chunk lies.

    Attributes:
        type: its four letters.
        offset: of its length field.
        data_start: of its data.
        data_end: first byte behind its data, where the CRC begins.
        end: first byte behind the chunk.
    """

    type: bytes
    offset: int
    data_start: int
    data_end: int
    end: int


def iter_chunks(data: SourceLike, *, max_chunks: int = MAX_CHUNKS) -> Iterator[Chunk]:
    """Walk the chunks up to and including IEND, by their lengths; their CRCs are not checked.

    Each header of one source is read once, however often its chunks are walked.

    Args:
        data: a PNG file, as bytes or as a binary file, of which only the chunk headers are read.
        max_chunks: how many chunks are walked at most.

    Raises:
        CarrierError: damaged, cut off, or too many chunks.
    """
    source = Source.of(data)
    if source.peek(0, len(SIGNATURE)) != SIGNATURE:
        raise CarrierError("PNG: the signature is missing")
    known: _Walk = source.known.setdefault("PNG chunks", _Walk())
    offset = len(SIGNATURE)
    for number in range(max_chunks):
        if number == len(known.types):
            known.add(_read_header(source, offset))
        kind, end = known.types[number], known.ends[number]
        if number == 0 and kind != b"IHDR":
            raise CarrierError(f"PNG: the first chunk is {kind!r}, not IHDR")
        yield Chunk(kind, offset, offset + 8, end - 4, end)
        if kind == b"IEND":
            return
        offset = end
    raise CarrierError(f"PNG: more than {max_chunks} chunks")


class _Walk:
    """The chunks that were seen, in 16 bytes for each."""

    def __init__(self) -> None:
        self.types: list[bytes] = []
        self.ends = array("Q")
        self._one_of_each: dict[bytes, bytes] = {}

    def add(self, chunk: Chunk) -> None:
        self.types.append(self._one_of_each.setdefault(chunk.type, chunk.type))
        self.ends.append(chunk.end)


def read_chunk(data: SourceLike, chunk: Chunk) -> bytes:
    """Read a chunk's data and check its CRC (clause 5.5).

    Raises:
        CarrierError: the CRC does not match.
    """
    body = Source.of(data).read(chunk.offset + 4, chunk.end - chunk.offset - 4, f"PNG chunk {chunk.type!r}")
    if zlib.crc32(body[:-4]) != int.from_bytes(body[-4:], "big"):
        raise CarrierError(f"PNG: the CRC of chunk {chunk.type!r} at byte {chunk.offset} does not match")
    return body[4:-4]


def make_chunk(type: bytes, data: BytesLike) -> bytes:  # noqa: A002 (the standard's word for it)
    """Write a chunk: length, type, data, CRC.

    Args:
        type: four ASCII letters.
        data: at most 2^31 - 1 bytes.

    Raises:
        CarrierError: not a chunk type, or too long.
    """
    _check_type(type)
    if len(data) > _MAX_LENGTH:
        raise CarrierError(f"PNG: {len(data)} bytes do not fit a chunk")
    body = type + bytes(data)
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def insert_before_idat(data: BytesLike, chunks: bytes) -> bytes:
    """Splice finished chunks in directly before the first IDAT, the place for text, eXIf and the like.

    Raises:
        CarrierError: damaged up to there, or without IDAT.
    """
    data = bytes(data)
    for chunk in iter_chunks(data):
        if chunk.type == b"IDAT":
            return b"".join((data[: chunk.offset], chunks, data[chunk.offset :]))
    raise CarrierError("PNG: the file holds no picture (no IDAT chunk)")


def _read_header(source: Source, offset: int) -> Chunk:
    head = source.peek(offset, 8)
    if len(head) < 8:
        raise CarrierError(f"PNG: the file ends at byte {source.size} without IEND")
    length, kind = int.from_bytes(head[:4], "big"), head[4:]
    _check_type(kind)
    start = offset + 8
    if length > _MAX_LENGTH or start + length + 4 > source.size:
        raise CarrierError(f"PNG: chunk {kind!r} at byte {offset} declares {length} bytes and runs past the end")
    return Chunk(kind, offset, start, start + length, start + length + 4)


def _check_type(kind: bytes) -> None:
    if len(kind) != 4 or not kind.isalpha():
        raise CarrierError(f"PNG: {kind!r} is not a chunk type")
