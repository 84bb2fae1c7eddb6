"""PNG files taken apart into chunks; checksums are made right again, for otherwise nothing deep is reached."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

from tests.fuzz.mutations import container, raw

if TYPE_CHECKING:
    import random

__all__ = ["chunk", "chunks", "joined", "mutated"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KINDS = (b"iTXt", b"tEXt", b"zTXt", b"eXIf", b"iCCP", b"PLTE", b"tRNS", b"prVt", b"IDAT", b"IEND", b"caBX", b"acTL")
_CONTENTS = (b"", b"gamutmeta\0", b"gamutmeta\0\0\0\0\0", b"gamutmeta\0\1\0\0\0", b"Gamutmeta\0x", b"\0" * 13,
             b"Title\0x", b"II*\0\x08\0\0\0\0\0")  # fmt: skip
_OURS = b"gamutmeta\0"
_TEXT = (b"iTXt", b"zTXt", b"tEXt")


def chunks(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Type and content of each whole chunk, and the bytes behind them."""
    found = []
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            break
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found, data[at:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def joined(parts: list[tuple[bytes, bytes]], tail: bytes = b"") -> bytes:
    """A file of chunks with right lengths and checksums."""
    return SIGNATURE + b"".join(chunk(*part) for part in parts) + tail


def mutated(data: bytes, rng: random.Random, other: bytes | None = None) -> bytes:
    """Another file; `other` is one whose chunks may be taken over."""
    parts, tail = chunks(data)
    kind = rng.randrange(9)
    if kind == 0 or len(parts) < 2:
        return raw.altered(data, rng, (SIGNATURE, b"IEND", b"IDAT"))
    at = rng.randrange(len(parts))
    ours = [i for i, (name, content) in enumerate(parts) if name in _TEXT and content.startswith(_OURS)]
    if kind in {1, 2, 3} and ours:
        at = rng.choice(ours)
        parts[at] = _text_mutated(*parts[at], rng)
    elif kind == 4:
        order = raw.moved([bytes((i,)) for i in range(min(len(parts), 256))], rng)
        parts = [parts[i[0]] for i in order]
    elif kind == 5:
        parts.insert(at, (rng.choice(_KINDS), rng.choice(_CONTENTS) + rng.randbytes(rng.randrange(6))))
    elif kind == 6:
        parts[at] = (rng.choice(_KINDS), parts[at][1])
    elif kind == 7 and other is not None and chunks(other)[0]:
        parts.insert(at, rng.choice(chunks(other)[0]))
    elif parts[at][0] == b"IDAT" and rng.randrange(2):
        parts[at] = (b"IDAT", _inflated_and_mutated(parts[at][1], rng))
    else:
        parts[at] = (parts[at][0], raw.altered(parts[at][1], rng))
    result = joined(parts, tail)
    return raw.altered(result, rng) if rng.randrange(10) == 0 else result


def _text_mutated(name: bytes, content: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    """Our text chunk with another container, with its other fields otherwise, or as another kind of text chunk."""
    fields, text = content[: len(_OURS) + 4], content[len(_OURS) + 4 :]
    kind = rng.randrange(7)
    if name != b"iTXt" or kind == 0:
        return rng.choice((name, *_TEXT)), raw.altered(content, rng, (b"\0", b"=", b"\n"))
    deflated = zlib.compress(text + b" " * rng.choice((0, 1, 200_000)))[: rng.choice((-1, -4, 5000, 5000))]
    others = {
        1: (name, _OURS + rng.choice((b"\1\0", b"\1\1", b"\2\0", b"\0\7")) + b"\0\0" + deflated),
        2: (name, _OURS + b"\0\0" + rng.choice((b"en\0", b"\xff\0", b"\0")) + rng.choice((b"\0", b"x\0", b"")) + text),
        3: (b"zTXt", _OURS + rng.choice((b"\0", b"\0", b"\1")) + deflated),
        4: (b"tEXt", _OURS + text),
    }
    if kind in others:
        return others[kind]
    try:
        inner = base64.b64decode(text)
    except ValueError:
        return name, content
    return name, fields + base64.b64encode(container.mutated(inner, rng))


def _inflated_and_mutated(content: bytes, rng: random.Random) -> bytes:
    try:
        rows = zlib.decompressobj().decompress(content, 1 << 16)
    except zlib.error:
        return raw.altered(content, rng)
    return zlib.compress(raw.altered(rows, rng))
