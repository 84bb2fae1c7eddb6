"""Boxes of ISO base media files (ISO/IEC 14496-12, section 4.2), as JPEG XL files consist of them.

Only the outermost level is looked at.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Box", "iter_boxes", "make_box"]

MAX_BOXES = 65_536


class Box(NamedTuple):
    """One box.

    Attributes:
        type: four bytes.
        offset: of the box in the file.
        start: of its content.
        end: first byte behind it.
    """

    type: bytes
    offset: int
    start: int
    end: int


def iter_boxes(data: bytes) -> Iterator[Box]:
    """Walk the boxes of a file.

    Raises:
        PhotoError: a box is longer than the file, or there are too many.
    """
    offset = 0
    for _ in range(MAX_BOXES):
        if offset == len(data):
            return
        start = offset + 8
        if start > len(data):
            raise PhotoError(f"the file ends inside a box at byte {offset}")
        size, kind = struct.unpack_from(">I4s", data, offset)
        if size == 1 and start + 8 <= len(data):
            size, start = struct.unpack_from(">Q", data, start)[0], start + 8
        end = offset + size if size else len(data)
        if not start <= end <= len(data):
            raise PhotoError(f"box {kind!r} at byte {offset} is damaged: {size} bytes")
        yield Box(kind, offset, start, end)
        offset = end
    raise PhotoError(f"more than {MAX_BOXES} boxes")


def make_box(kind: bytes, content: bytes) -> bytes:
    """Write a box of less than 4 GiB."""
    return struct.pack(">I4s", 8 + len(content), kind) + content
