"""Zstandard frames (RFC 8878) put together and taken apart by hand, so that each field can be wrong on its own."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.fuzz.mutations import raw

if TYPE_CHECKING:
    import random

__all__ = ["RAW", "RLE", "Block", "Frame", "filled", "mutated"]

MAGIC = b"\x28\xb5\x2f\xfd"
RAW, RLE, COMPRESSED = 0, 1, 2

_BLOCK_MOST = 1 << 17
_SINGLE_SEGMENT = 0x20


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its content as stored, and for RLE how often its one byte comes."""

    kind: int
    content: bytes
    times: int = 0

    @property
    def size(self) -> int:
        """What the block's header declares."""
        return self.times if self.kind == RLE else len(self.content)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        size: that it states, or None.
        blocks: the last of them is marked as such.
        flags: of the frame header's descriptor, beyond those for the size.
        tail: bytes behind the last block.
    """

    size: int | None
    blocks: tuple[Block, ...]
    flags: int = _SINGLE_SEGMENT
    tail: bytes = b""
    window: int = field(default=0)

    def to_bytes(self) -> bytes:
        """The frame, with as many bytes for the size as it needs."""
        code, size = _size_field(self.size, single=bool(self.flags & _SINGLE_SEGMENT))
        head = bytes((self.flags | code << 6,))
        if not self.flags & _SINGLE_SEGMENT:
            head += bytes((self.window,))
        body = bytearray()
        for i, block in enumerate(self.blocks):
            is_last = i == len(self.blocks) - 1
            body += (is_last | block.kind << 1 | block.size << 3).to_bytes(4, "little")[:3] + block.content
        return MAGIC + head + bytes((0, 1, 2, 4)[self.flags & 3]) + size + bytes(body) + self.tail

    @classmethod
    def parse(cls, data: bytes) -> Frame | None:
        """The inverse; None for what is no frame of whole blocks."""
        if data[:4] != MAGIC or len(data) < 6:
            return None
        flags = data[4]
        single = bool(flags & _SINGLE_SEGMENT)
        width = (1 if single else 0, 2, 4, 8)[flags >> 6]
        at = 5 + (not single)
        window = 0 if single else data[5]
        at += (0, 1, 2, 4)[flags & 3]
        size = int.from_bytes(data[at : at + width], "little") + (256 if width == 2 else 0) if width else None
        at += width
        blocks = []
        while at + 3 <= len(data):
            head = int.from_bytes(data[at : at + 3], "little")
            kind, amount = head >> 1 & 3, head >> 3
            stored = 1 if kind == RLE else amount
            content = data[at + 3 : at + 3 + stored]
            if len(content) < stored:
                return None
            blocks.append(Block(kind, content, amount if kind == RLE else 0))
            at += 3 + stored
            if head & 1:
                return cls(size, tuple(blocks), flags & 0x3F, data[at:], window)
        return None


def filled(length: int, rng: random.Random, *, content: bytes | None = None) -> bytes:
    """A sound frame of `length` bytes, which costs nothing to make: RLE and raw blocks."""
    if length == 0:
        return b""
    if content is None and length > 4096:
        rest = length
        blocks = []
        while rest:
            part = min(rest, _BLOCK_MOST)
            blocks.append(Block(RLE, rng.randbytes(1), part))
            rest -= part
        return Frame(length, tuple(blocks)).to_bytes()
    content = rng.randbytes(length) if content is None else content
    parts = tuple(Block(RAW, content[i : i + _BLOCK_MOST]) for i in range(0, length, _BLOCK_MOST))
    return Frame(length, parts).to_bytes()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another frame: the size, the flags, one block or the bytes behind are otherwise."""
    frame = Frame.parse(data)
    if frame is None or rng.randrange(4) == 0:
        return raw.altered(data, rng, (MAGIC,))
    kind = rng.randrange(6)
    if kind == 0:
        return replace(frame, size=raw.integer(rng, 8, near=frame.size or 0)).to_bytes()
    if kind == 1:
        return replace(frame, flags=rng.randrange(64), window=rng.randrange(256)).to_bytes()
    if kind == 2:
        return replace(frame, tail=rng.choice((b"\0", data, MAGIC, b"\x50\x2a\x4d\x18\0\0\0\0"))).to_bytes()
    blocks = list(frame.blocks)
    at = rng.randrange(len(blocks)) if blocks else 0
    if kind == 3 and blocks:
        blocks[at] = replace(blocks[at], content=raw.altered(blocks[at].content, rng)[: _BLOCK_MOST + 1])
    elif kind == 4 and blocks:
        blocks.insert(at, rng.choice(blocks))
    else:
        times = rng.choice((0, 1, 300, _BLOCK_MOST, _BLOCK_MOST + 1, (1 << 21) - 1))
        blocks.insert(at, Block(rng.choice((RLE, RLE, RLE, 3)), rng.randbytes(1), times))
    return replace(frame, blocks=tuple(blocks)).to_bytes()


def _size_field(size: int | None, *, single: bool) -> tuple[int, bytes]:
    """The code of its width, and the field."""
    if size is None:
        return 0, b"\0" if single else b""
    if size < 256 and single:
        return 0, bytes((size,))
    if 256 <= size < 65_536 + 256:
        return 1, struct.pack("<H", size - 256)
    if size < 1 << 32:
        return 2, struct.pack("<I", size)
    return 3, struct.pack("<Q", size & (1 << 64) - 1)
