"""Carrier "itxt": the container as base64 in a PNG text chunk (W3C PNG Third Edition, clause 11.3.3).

It is written as iTXt and read from iTXt, zTXt and tEXt: libvips, and with it sharp, rewrite all text as zTXt.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from gamutmeta.carriers.container_bytes import MAX_TEXT, Extracted, checked, from_text, to_text
from gamutmeta.envelope import TEXT_KEYWORD
from gamutmeta.errors import CarrierError, DuplicatePayloadError, NoPayloadError, PayloadTooLargeError
from gamutmeta.formats.png import Chunk, insert_before_idat, iter_chunks, make_chunk, read_chunk
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KEYWORD", "deviations", "embed", "extract", "find", "strip"]

KEYWORD = TEXT_KEYWORD

_CARRIER = "itxt"
_TYPES = frozenset((b"iTXt", b"zTXt", b"tEXt"))
_HEAD = KEYWORD + b"\0"
_FIELD_ROOM = 1_024  # language tag, translated keyword and their separators


def extract(source: Source) -> Extracted:
    """Take the container out of the chunks before the first IDAT, reading no further.

    Raises:
        NoPayloadError: there is none.
        DuplicatePayloadError: two of them.
        CarrierError: the file or what claims to be ours in it is damaged.
    """
    ours = list(_payloads(source, _before_idat(source)))
    if not ours:
        raise NoPayloadError("PNG: no text chunk with the keyword 'gamutmeta' before the picture")
    if len(ours) > 1:
        raise DuplicatePayloadError(f"PNG: {len(ours)} text chunks with the keyword 'gamutmeta'")
    return Extracted(from_text(_text(source, ours[0]), _CARRIER), _CARRIER)


def find(data: bytes) -> list[str]:
    """Name the carrier of every payload in the file, also behind the picture, where `extract` does not look."""
    return [_CARRIER for _ in _payloads(Source.of(data), iter_chunks(data))]


def deviations(data: bytes) -> list[str]:
    """Say where the payload is wrapped or placed otherwise than writers do it, though readers take it.

    Args:
        data: a file that `extract` takes.
    """
    source = Source.of(data)
    chunks = list(_before_idat(source))
    taken = next(_payloads(source, chunks))
    said = []
    if taken is not chunks[-1]:
        said.append("the payload does not stand directly before the picture")
    content = read_chunk(source, taken)
    if taken.type != b"iTXt":
        said.append(f"the text is in a {taken.type.decode()} chunk instead of an iTXt chunk")
    elif content[len(_HEAD)] != 0:
        said.append("the text is compressed")
    elif content != _chunk_data(from_text(_text(source, taken), _CARRIER)):
        said.append("the chunk is not as it is written: language tag, translated keyword, white space or unused bits")
    further: list[Chunk] = []
    with suppress(CarrierError):
        further.extend(_payloads(source, iter_chunks(source)))
    if len(further) > 1:
        said.append("there is a payload behind the picture as well, which is not read")
    return said


def embed(data: bytes, container: bytes, carrier: str) -> bytes:
    """Splice the container in before the first IDAT; the file must not carry one yet.

    Raises:
        PayloadTooLargeError: the container is larger than any carrier takes.
        CarrierError: the file is damaged, or the container has no magic number.
    """
    return insert_before_idat(data, make_chunk(b"iTXt", _chunk_data(checked(container, carrier))))


def strip(data: bytes) -> bytes:
    """Cut out every payload; a file without one comes back unchanged.

    Raises:
        CarrierError: the file is damaged.
    """
    kept, position = [], 0
    for chunk in _payloads(Source.of(data), iter_chunks(data)):
        kept.append(data[position : chunk.offset])
        position = chunk.end
    return b"".join((*kept, data[position:])) if kept else data


def _chunk_data(container: bytes) -> bytes:
    # Keyword, NUL, compression flag and method, empty language tag, NUL, empty translated keyword, NUL, text.
    return _HEAD + b"\0\0" + b"\0" + b"\0" + to_text(container)


def _payloads(source: Source, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        if chunk.type in _TYPES:
            length = min(len(_HEAD), chunk.data_end - chunk.data_start)
            if source.peek(chunk.data_start, length) == _HEAD:
                yield chunk


def _before_idat(source: Source) -> Iterator[Chunk]:
    for chunk in iter_chunks(source):
        if chunk.type == b"IDAT":
            return
        yield chunk


def _text(source: Source, chunk: Chunk) -> bytes:
    """Read the text of one of our chunks, inflating it if some editor compressed it."""
    length = chunk.data_end - chunk.data_start
    if length > MAX_TEXT + _FIELD_ROOM:
        raise PayloadTooLargeError(f"PNG: a text chunk 'gamutmeta' of {length} bytes; no container is that large")
    fields = read_chunk(source, chunk)[len(_HEAD) :]
    if chunk.type == b"tEXt":
        return fields
    if chunk.type == b"zTXt":
        return _inflate(fields[:1], fields[1:])
    language_end = fields.find(b"\0", 2)
    keyword_end = fields.find(b"\0", language_end + 1)
    if language_end < 0 or keyword_end < 0:
        raise CarrierError("PNG: the iTXt chunk 'gamutmeta' is cut off before its text")
    text = fields[keyword_end + 1 :]
    if fields[0] == 0:
        return text
    if fields[0] != 1:
        raise CarrierError(f"PNG: the iTXt chunk 'gamutmeta' has unknown compression flag {fields[0]}")
    return _inflate(fields[1:2], text)


def _inflate(method: bytes, text: bytes) -> bytes:
    """Undo zlib, PNG's only compression method (0), to at most what a container takes."""
    if method != b"\0":
        raise CarrierError(f"PNG: the text chunk 'gamutmeta' has unknown compression method {method.hex() or 'none'}")
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(text, MAX_TEXT + 1)
    except zlib.error as error:
        raise CarrierError(f"PNG: the text chunk 'gamutmeta' cannot be inflated ({error})") from error
    if len(inflated) > MAX_TEXT:
        raise PayloadTooLargeError(f"PNG: the text chunk 'gamutmeta' inflates to more than {MAX_TEXT} bytes")
    if not stream.eof:
        raise CarrierError("PNG: the compressed text of the chunk 'gamutmeta' is cut off")
    return inflated
