"""Zstandard frames by hand (RFC 8878), of raw and RLE blocks; what compresses properly comes from `bases`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BLOCK_LIMIT", "MAGIC", "block", "compressed_block", "frame", "header", "raw_frame", "rle_block"]

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


def frame(size: int, blocks: Iterable[bytes], *, field_bytes: int | None = None) -> bytes:
    """Header and finished blocks."""
    return header(size, field_bytes=field_bytes) + b"".join(blocks)


def raw_frame(content: bytes) -> bytes:
    """The content as it is, in as few blocks as possible; nothing for no content."""
    if not content:
        return b""
    pieces = [content[i : i + BLOCK_LIMIT] for i in range(0, len(content), BLOCK_LIMIT)]
    return frame(len(content), (block(piece, last=piece is pieces[-1]) for piece in pieces))
