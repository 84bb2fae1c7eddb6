"""Reading TIFF image file directories (TIFF 6.0, section 2; BigTIFF as defined by libtiff)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gamutmeta.errors import CarrierError
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.formats.source import SourceLike

__all__ = [
    "BYTE",
    "IPTC_TAG",
    "MAX_ENTRIES",
    "PHOTOSHOP_TAG",
    "TYPE_SIZES",
    "UNDEFINED",
    "XMP_TAG",
    "Entry",
    "Ifd",
    "Layout",
    "iter_ifds",
    "read_ifd0",
    "read_ifd_at",
    "read_layout",
    "read_tag",
    "read_value",
]

BYTE, UNDEFINED = 1, 7

XMP_TAG = 700
"""Tag of the XMP packet (Adobe XMP part 3)."""

IPTC_TAG, PHOTOSHOP_TAG = 33723, 34377
"""Tags of IPTC-IIM and of Photoshop's image resources (Adobe Photoshop TIFF Technical Notes)."""

TYPE_SIZES: Final = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
"""Field type -> bytes of one value: TIFF 6.0 (1-12), Adobe PageMaker 6.0 notes (13, IFD), BigTIFF (16-18)."""

MAX_ENTRIES = 262_144
"""Directory entries read from one file at most, all pages together."""


class Layout(NamedTuple):
    """What the header says.

    Attributes:
        order: byte order, in the notation of `struct`.
        big: BigTIFF, with 64-bit offsets.
    """

    order: Literal["<", ">"]
    big: bool

    @property
    def offset_format(self) -> str:
        """`struct` format of an offset, and of a value's count."""
        return self.order + ("Q" if self.big else "I")

    @property
    def offset_size(self) -> int:
        """Bytes of an offset; values no larger than this stand in the entry itself."""
        return 8 if self.big else 4

    @property
    def count_format(self) -> str:
        """`struct` format of a directory's number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def entry_format(self) -> str:
        """`struct` format of an entry: tag, type, count, value or offset."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")

    @property
    def pointer(self) -> int:
        """Where the header points at IFD0; the header ends behind this offset."""
        return 8 if self.big else 4

    @property
    def alignment(self) -> int:
        """Directories and values begin at multiples of this: words, or the 8 bytes of BigTIFF's offsets."""
        return 8 if self.big else 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry.

    Attributes:
        tag: number of the field.
        type: field type, a key of `TYPE_SIZES` unless unknown.
        count: number of values.
        raw: the entry's bytes, value or offset last.
        inline: the value stands in the entry itself.
        nbytes: size of the value; None if the type is unknown.
        value_offset: where in the file the value begins.
    """

    tag: int
    type: int
    count: int
    raw: bytes
    inline: bool
    nbytes: int | None
    value_offset: int


@dataclass(frozen=True, slots=True)
class Ifd:
    """One image file directory.

    Attributes:
        layout: of the file.
        offset: of the directory.
        entries: in file order.
        next_offset: of the next directory, 0 if there is none.
        end: first byte behind the directory.
    """

    layout: Layout
    offset: int
    entries: tuple[Entry, ...]
    next_offset: int
    end: int


def read_layout(data: SourceLike) -> Layout:
    """Read byte order and version from the header.

    Raises:
        CarrierError: not the header of a TIFF file.
    """
    source = Source.of(data)
    head = source.read(0, 8, "TIFF header")
    order: Literal["<", ">"] | None = {b"II": "<", b"MM": ">"}.get(head[:2])  # type: ignore[assignment]
    if order is None:
        raise CarrierError(f"TIFF: unknown byte order {head[:2]!r}")
    version, offset_size, zero = struct.unpack(order + "HHH", head[2:])
    if version == 42:
        return Layout(order, big=False)
    if version == 43 and offset_size == 8 and zero == 0:
        return Layout(order, big=True)
    raise CarrierError(f"TIFF: unknown version {version}")


def read_ifd0(data: SourceLike) -> Ifd:
    """Read the directory of the first page.

    Raises:
        CarrierError: the file is damaged.
    """
    return next(iter_ifds(data))


def iter_ifds(data: SourceLike, *, max_entries: int = MAX_ENTRIES) -> Iterator[Ifd]:
    """Walk the directories of all pages, the first one first.

    Args:
        data: a TIFF file; of a binary file only the directories are read.
        max_entries: how many entries are read at most, all pages together.

    Raises:
        CarrierError: a directory lies outside the file or comes twice (a loop), or there are too many entries.
    """
    source = Source.of(data)
    layout = read_layout(source)
    offset = _unpack(layout.offset_format, source.read(layout.pointer, layout.offset_size, "TIFF header"))
    seen: set[int] = set()
    left = max_entries
    while offset or not seen:
        if offset in seen:
            raise CarrierError(f"TIFF: the directories run in a loop through byte {offset}")
        seen.add(offset)
        ifd = _read_ifd(source, layout, offset, left)
        left -= len(ifd.entries) + 1
        yield ifd
        offset = ifd.next_offset


def read_ifd_at(data: SourceLike, offset: int) -> Ifd:
    """Read the directory at an offset, whether or not the header leads to it.

    Raises:
        CarrierError: it lies outside the file.
    """
    source = Source.of(data)
    return _read_ifd(source, read_layout(source), offset, MAX_ENTRIES)


def read_value(data: SourceLike, entry: Entry, *, max_bytes: int | None = None) -> bytes:
    """Read an entry's values as bytes, in the byte order of the file.

    Args:
        data: the file the entry is from.
        entry: as read from it.
        max_bytes: how much is read at most.

    Raises:
        CarrierError: unknown field type, larger than `max_bytes`, or outside the file.
    """
    if entry.nbytes is None:
        raise CarrierError(f"TIFF: tag {entry.tag} has unknown field type {entry.type}")
    if max_bytes is not None and entry.nbytes > max_bytes:
        raise CarrierError(f"TIFF: tag {entry.tag} holds {entry.nbytes} bytes; at most {max_bytes} are read")
    return Source.of(data).read(entry.value_offset, entry.nbytes, f"TIFF tag {entry.tag}")


def read_tag(data: SourceLike, ifd: Ifd, tag: int, *, max_bytes: int) -> bytes | None:
    """Read the values of the first entry with a tag that holds any; None if there is none.

    Raises:
        CarrierError: as for :func:`read_value`.
    """
    entry = next((entry for entry in ifd.entries if entry.tag == tag and entry.nbytes), None)
    return None if entry is None else read_value(data, entry, max_bytes=max_bytes)


def _unpack(layout_format: str, data: bytes) -> int:
    value: int = struct.unpack(layout_format, data)[0]
    return value


def _read_ifd(source: Source, layout: Layout, offset: int, max_entries: int) -> Ifd:
    if offset < layout.pointer + layout.offset_size:
        raise CarrierError(f"TIFF: byte {offset} lies in the header and cannot be a directory")
    what = "TIFF directory"
    start = offset + struct.calcsize(layout.count_format)
    count = _unpack(layout.count_format, source.read(offset, start - offset, what))
    if count > max_entries:
        raise CarrierError(f"TIFF: the directory at byte {offset} declares {count} entries; too many")
    entry_size = struct.calcsize(layout.entry_format)
    end = start + count * entry_size
    table = source.read(start, end - start + layout.offset_size, what)
    entries = tuple(
        _entry(layout, table[i : i + entry_size], start + i) for i in range(0, count * entry_size, entry_size)
    )
    next_offset = _unpack(layout.offset_format, table[count * entry_size :])
    return Ifd(layout, offset, entries, next_offset, end + layout.offset_size)


def _entry(layout: Layout, raw: bytes, offset: int) -> Entry:
    tag, kind, count, field = struct.unpack(layout.entry_format, raw)
    size = TYPE_SIZES.get(kind)
    nbytes = None if size is None else size * count
    inline = nbytes is not None and nbytes <= layout.offset_size
    value_offset = offset + len(raw) - len(field) if inline else _unpack(layout.offset_format, field)
    return Entry(tag, kind, count, raw, inline, nbytes, value_offset)
