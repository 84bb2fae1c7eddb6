"""Rewriting the first directory of a TIFF file.

New values and the new directory go behind the end of the file, and the header is pointed at them. No other offset
changes, so strips, further pages and private structures stay valid. Reading is in `tiff_ifd`, whose names are offered
here as well.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from gamutmeta.errors import CarrierError
from gamutmeta.formats.tiff_ifd import (
    BYTE,
    TYPE_SIZES,
    UNDEFINED,
    Entry,
    Ifd,
    Layout,
    iter_ifds,
    read_ifd0,
    read_ifd_at,
    read_layout,
    read_value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.formats.source import BytesLike

__all__ = [
    "BYTE",
    "CLASSIC_LIMIT",
    "TYPE_SIZES",
    "UNDEFINED",
    "Entry",
    "Ifd",
    "Layout",
    "NewEntry",
    "iter_ifds",
    "pack_ifd",
    "read_ifd0",
    "read_ifd_at",
    "read_layout",
    "read_value",
    "rewrite_ifd0",
]

CLASSIC_LIMIT = 2**32
"""Bytes; a classic TIFF addresses no more."""

NewEntry: TypeAlias = tuple[int, int, int, bytes]
"""Tag, field type, count, and the values as bytes in the byte order of the file."""


def rewrite_ifd0(data: BytesLike, add: Sequence[NewEntry], *, trailer: bytes = b"") -> bytes:
    """Give the first page another directory, appended to the file together with the new values.

    Args:
        data: a TIFF file.
        add: new entries; they take the place of entries with the same tag.
        trailer: bytes to put behind the new directory, which nothing refers to.

    Returns:
        The file with a directory sorted by tag; the entries that were kept are unchanged.

    Raises:
        CarrierError: the file is damaged, a new entry is inconsistent, or a classic TIFF would exceed 4 GiB.
    """
    data = bytes(data)
    ifd = read_ifd0(data)
    layout = ifd.layout
    replaced = {tag for tag, *_ in add}
    entries = [(entry.tag, entry.raw) for entry in ifd.entries if entry.tag not in replaced]
    tail = bytearray()
    for tag, kind, count, value in add:
        if not 0 <= tag <= 0xFFFF or TYPE_SIZES.get(kind, 0) * count != len(value) or count < 1:
            raise CarrierError(f"TIFF: tag {tag}: {len(value)} bytes are not {count} values of type {kind}")
        if len(value) <= layout.offset_size:
            field = value.ljust(layout.offset_size, b"\0")
        else:
            tail += bytes(-(len(data) + len(tail)) % layout.alignment)
            field = _pack_offset(layout, len(data) + len(tail))
            tail += value
        entries.append((tag, struct.pack(layout.entry_format, tag, kind, count, field)))
    if len(replaced) < len(add):
        raise CarrierError("TIFF: two new entries with one tag")
    entries.sort(key=lambda entry: entry[0])
    tail += bytes(-(len(data) + len(tail)) % layout.alignment)
    offset = _pack_offset(layout, len(data) + len(tail))
    tail += pack_ifd(layout, [raw for _, raw in entries], ifd.next_offset) + trailer
    if not layout.big and len(data) + len(tail) > CLASSIC_LIMIT:
        raise CarrierError("TIFF: the file would exceed the 4 GiB of a classic TIFF; store it as BigTIFF")
    return b"".join((data[: layout.pointer], offset, memoryview(data)[layout.pointer + len(offset) :], tail))


def pack_ifd(layout: Layout, entries: Sequence[bytes], next_offset: int) -> bytes:
    """Write a directory from finished entries.

    Raises:
        CarrierError: more entries than a directory takes.
    """
    if not layout.big and len(entries) > 0xFFFF:
        raise CarrierError(f"TIFF: {len(entries)} entries do not fit a directory")
    count = struct.pack(layout.count_format, len(entries))
    return b"".join((count, *entries, struct.pack(layout.offset_format, next_offset)))


def _pack_offset(layout: Layout, offset: int) -> bytes:
    if not layout.big and offset >= CLASSIC_LIMIT:
        raise CarrierError("TIFF: the file would exceed the 4 GiB of a classic TIFF; store it as BigTIFF")
    return struct.pack(layout.offset_format, offset)
