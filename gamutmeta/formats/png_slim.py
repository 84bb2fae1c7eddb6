"""A PNG without the chunks that keep a decoder from it: texts that inflate too far, and more chunks than it needs.

Pillow refuses a whole picture for one compressed text of more than 1 MiB, and looks at each chunk several times.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.formats.png import SIGNATURE, XMP_KEYWORD, iter_chunks
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from gamutmeta.formats.png import Chunk
    from gamutmeta.formats.source import SourceLike

__all__ = ["MAX_TEXT", "SlimPng", "slim_png"]

MAX_TEXT = 1 << 20
"""Bytes that one compressed text or profile may have: Pillow's limit."""

_MAX_TEXTS = 16 << 20
"""Bytes that all of them together are inflated to, to know their sizes."""

_MANY = 1_000
"""Chunks beside the picture from which on only those are kept that a decoder looks at."""

_COMPRESSED = {b"zTXt", b"iTXt", b"iCCP"}
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"eXIf", b"pHYs"}
_KEPT_OFTEN = {b"IDAT"}
_KEPT_TEXTS = (XMP_KEYWORD, b"Raw profile type ")
_LONGEST_KEYWORD = 79


@dataclass(frozen=True, slots=True)
class SlimPng:
    """What is left of a file.

    Attributes:
        data: the file without some chunks.
        left_out: names of the texts and profiles that are too large, for people.
    """

    data: bytes
    left_out: tuple[str, ...]


def slim_png(data: SourceLike) -> SlimPng | None:
    """A PNG file without what is too large or too much; None if it can be used as it is.

    Args:
        data: the file, as bytes or as a binary file.

    Raises:
        CarrierError: its chunks are damaged.
    """
    source = Source.of(data)
    if "slim PNG" not in source.known:
        source.known["slim PNG"] = _slimmed(source)
    slim: SlimPng | None = source.known["slim PNG"]
    return slim


def _slimmed(source: Source) -> SlimPng | None:
    chunks = list(iter_chunks(source))
    many = sum(chunk.type != b"IDAT" for chunk in chunks) > _MANY
    texts, seen = _Texts(source), set[bytes]()
    kept, left_out = [], []
    for chunk in chunks:
        name = texts.too_large(chunk) if chunk.type in _COMPRESSED else None
        if name is not None:
            left_out.append(name)
        elif not many or _is_needed(source, chunk, seen):
            kept.append(chunk)
    if len(kept) == len(chunks):
        return None
    parts = [SIGNATURE]
    for start, end in _spans(kept):
        parts.append(source.read(start, end - start, "PNG"))
    return SlimPng(b"".join(parts), tuple(left_out))


class _Texts:
    """Sizes of compressed texts, as far as they may be inflated together."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = _MAX_TEXTS

    def too_large(self, chunk: Chunk) -> str | None:
        """The name of a text or profile that is too large; None for one that is not, or cannot be inflated."""
        start = self._source.peek(chunk.data_start, min(chunk.data_end - chunk.data_start, 512))
        keyword, _, rest = start.partition(b"\0")
        if chunk.type == b"iTXt":
            if not rest or not rest[0]:
                return None
            *_, rest = rest[2:].split(b"\0", 2)
        else:
            rest = rest[1:]
        at = chunk.data_start + len(start) - len(rest)
        stream, size = zlib.decompressobj(), 0
        most = min(MAX_TEXT, self._left)
        body = self._source.read(at, chunk.data_end - at, "PNG text")
        try:
            size = len(stream.decompress(body, most)) if most else 0
        except zlib.error:
            return None
        self._left -= size
        if most and not stream.unconsumed_tail:
            return None
        return keyword[:_LONGEST_KEYWORD].decode("latin-1")


def _is_needed(source: Source, chunk: Chunk, seen: set[bytes]) -> bool:
    """Whether a decoder looks at the chunk; of those that may be there once, the first one counts."""
    key = chunk.type
    if chunk.type in _TEXTS:
        keyword = source.peek(chunk.data_start, min(chunk.data_end - chunk.data_start, _LONGEST_KEYWORD))
        key += keyword.partition(b"\0")[0]
        if not keyword.startswith(_KEPT_TEXTS):
            return False
    elif chunk.type not in _KEPT:
        return False
    is_first = key not in seen
    seen.add(key)
    return is_first or chunk.type in _KEPT_OFTEN


def _spans(chunks: list[Chunk]) -> list[tuple[int, int]]:
    """First byte and end of chunks that follow each other in the file."""
    spans: list[tuple[int, int]] = []
    for chunk in chunks:
        if spans and spans[-1][1] == chunk.offset:
            spans[-1] = (spans[-1][0], chunk.end)
        else:
            spans.append((chunk.offset, chunk.end))
    return spans
