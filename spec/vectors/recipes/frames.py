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
    "huffman_literals",
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


_CODES = {0: (0b1, 1), 1: (0b01, 2), 2: (0b000, 3), 3: (0b001, 3)}
_TREE = bytes((127 + 3, 0x32, 0x10))
"""Weights 3, 2, 1 of the bytes 0, 1, 2, four bits each; that of 3 follows. The codes above are what comes of them."""


def huffman_literals(content: bytes, *, streams: int = 1, with_tree: bool = True) -> bytes:
    """The literals section of a compressed block, in Huffman codes whose weights are given directly.

    Args:
        content: up to 1,023 bytes of 0 to 3.
        streams: 1 or 4.
        with_tree: whether the tree is there, or that of the block before is used.
    """
    quarter = -(-len(content) // streams)
    parts = [_backwards(content[i * quarter : (i + 1) * quarter]) for i in range(streams)]
    jumps = b"".join(len(part).to_bytes(2, "little") for part in parts[:-1])
    coded = (_TREE if with_tree else b"") + jumps + b"".join(parts)
    kind = 0b10 if with_tree else 0b11
    head = kind | (streams == 4) << 2 | len(content) << 4 | len(coded) << 14
    return head.to_bytes(3, "little") + coded


def _backwards(content: bytes) -> bytes:
    """A bit stream that is read from its end, where a bit marks where it begins."""
    stream, size = 0, 0
    for byte in reversed(content):
        code, bits = _CODES[byte]
        stream |= code << size
        size += bits
    return (stream | 1 << size).to_bytes(size // 8 + 1, "little")


def one_sequence(*, literals: int, match: int, offset_code: int, offset_bits: int, repeat: bool = False) -> bytes:
    """The sequences section of a compressed block with one sequence.

    All three kinds of codes are in RLE mode, so that the bit stream holds nothing but the bits of the offset.

    Args:
        literals: how many precede the match; up to 15, so that the code for them has no bits.
        match: length of the match; 3 to 34, so that the code for it has no bits.
        offset_code: number of bits of the offset.
        offset_bits: these bits. 2^offset_code + offset_bits is the offset plus 3, or a repeat offset if up to 3.
        repeat: whether the three codes are those of the block before, and not given.
    """
    stream = (1 << offset_code) | offset_bits
    codes = b"\x01\xfc" if repeat else bytes((1, 0x54, literals, offset_code, match - 3))
    return codes + stream.to_bytes(offset_code // 8 + 1, "little")


def frame(size: int, blocks: Iterable[bytes], *, field_bytes: int | None = None) -> bytes:
    """Header and finished blocks."""
    return header(size, field_bytes=field_bytes) + b"".join(blocks)


def raw_frame(content: bytes) -> bytes:
    """The content as it is, in as few blocks as possible; nothing for no content."""
    if not content:
        return b""
    pieces = [content[i : i + BLOCK_LIMIT] for i in range(0, len(content), BLOCK_LIMIT)]
    return frame(len(content), (block(piece, last=piece is pieces[-1]) for piece in pieces))
