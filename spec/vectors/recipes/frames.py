"""Zstandard frames by hand (RFC 8878), of raw and RLE blocks; what compresses properly comes from `bases`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BLOCK_LIMIT",
    "MAGIC",
    "block",
    "compressed_block",
    "frame",
    "header",
    "literals",
    "one_sequence",
    "raw_frame",
    "repeated_literals",
    "rle_block",
]

MAGIC = b"\x28\xb5\x2f\xfd"

BLOCK_LIMIT = 1 << 17
"""Largest block, in bytes of what it holds."""


def header(size: int, *, field_bytes: int | None = None) -> bytes:
    """Magic number and frame header of a single segment that states its content size.

    Args:
        size: of the content, bytes.
        field_bytes: how many the content size takes: 1, 2, 4 or 8. By default as few as possible.
    """
    if field_bytes is None:
        field_bytes = 1 if size < 256 else 2 if size < 65_792 else 4
    flag = {1: 0, 2: 1, 4: 2, 8: 3}[field_bytes]
    # A field of two bytes counts from 256.
    field = (size - 256 if field_bytes == 2 else size).to_bytes(field_bytes, "little")
    return MAGIC + bytes((flag << 6 | 0x20,)) + field


def _block(kind: int, size: int, content: bytes, *, last: bool) -> bytes:
    return (size << 3 | kind << 1 | last).to_bytes(3, "little") + content


def block(content: bytes, *, last: bool = True) -> bytes:
    """A raw block."""
    return _block(0, len(content), content, last=last)


def rle_block(byte: int, count: int, *, last: bool = True) -> bytes:
    """A block of `count` times one byte."""
    return _block(1, count, bytes((byte,)), last=last)


def compressed_block(content: bytes, *, last: bool = True) -> bytes:
    """A block that is marked as compressed."""
    return _block(2, len(content), content, last=last)


def literals(content: bytes) -> bytes:
    """The literals section of a compressed block, raw, of up to 4,095 bytes (12 bits of size)."""
    return (len(content) << 4 | 0b0100).to_bytes(2, "little") + content


def repeated_literals(byte: int, count: int) -> bytes:
    """The literals section of a compressed block: up to 4,095 times one byte."""
    return (count << 4 | 0b0101).to_bytes(2, "little") + bytes((byte,))


def one_sequence(*, literals: int, match: int, offset_code: int, offset_bits: int) -> bytes:
    """The sequences section of a compressed block with one sequence.

    All three kinds of codes are in RLE mode, so that the bit stream holds nothing but the bits of the offset.

    Args:
        literals: how many precede the match; up to 15, so that the code for them has no bits.
        match: length of the match; 3 to 34, so that the code for it has no bits.
        offset_code: number of bits of the offset.
        offset_bits: these bits. 2^offset_code + offset_bits is the offset plus 3, or a repeat offset if up to 3.
    """
    stream = (1 << offset_code) | offset_bits
    return bytes((1, 0x54, literals, offset_code, match - 3)) + stream.to_bytes(offset_code // 8 + 1, "little")


def frame(size: int, blocks: Iterable[bytes], *, field_bytes: int | None = None) -> bytes:
    """Header and finished blocks."""
    return header(size, field_bytes=field_bytes) + b"".join(blocks)


def raw_frame(content: bytes) -> bytes:
    """The content as it is, in as few blocks as possible; nothing for no content."""
    if not content:
        return b""
    pieces = [content[i : i + BLOCK_LIMIT] for i in range(0, len(content), BLOCK_LIMIT)]
    return frame(len(content), (block(piece, last=piece is pieces[-1]) for piece in pieces))
