"""TIFF files whose directories are changed entry by entry."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from tests.fuzz.mutations import container, raw

if TYPE_CHECKING:
    import random

__all__ = ["Directory", "directories", "mutated"]

TAG = 65_357
_TAGS = (TAG, TAG, 254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 320, 322, 324, 338, 339, 700,
         34_665, 34_853, 34_675, 40_965)  # fmt: skip
_MOST = 16
"""Directories that are looked at."""


class Directory(NamedTuple):
    """Where a directory stands, and its entries as they stand."""

    order: str
    big: bool
    offset: int
    entries: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes of one entry."""
        return 20 if self.big else 12

    @property
    def start(self) -> int:
        """Of the first entry."""
        return self.offset + (8 if self.big else 2)

    @property
    def end(self) -> int:
        """Of the last one, where the next directory's offset stands."""
        return self.start + self.size * len(self.entries)


def directories(data: bytes) -> list[Directory]:
    """The directories that the header leads to, as far as they are whole."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return []
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    pointer, count_format, size = (order + "Q", order + "Q", 20) if big else (order + "I", order + "H", 12)
    offset = struct.unpack_from(pointer, data, 8 if big else 4)[0]
    found: list[Directory] = []
    while len(found) < _MOST and 0 < offset <= len(data) - 8:
        count = struct.unpack_from(count_format, data, offset)[0]
        start = offset + struct.calcsize(count_format)
        end = start + count * size
        if end + struct.calcsize(pointer) > len(data):
            break
        entries = tuple(data[i : i + size] for i in range(start, end, size))
        found.append(Directory(order, big, offset, entries))
        offset = struct.unpack_from(pointer, data, end)[0]
    return found


def mutated(data: bytes, rng: random.Random, other: bytes | None = None) -> bytes:
    """Another file; `other` is one whose entries may be taken over."""
    found = directories(data)
    kind = rng.randrange(9)
    if kind == 0 or not found:
        return raw.altered(data, rng, (container.MAGIC,))
    ifd = rng.choice(found)
    changed = data
    if kind == 1:
        changed = _container_mutated(data, rng)
    elif kind == 2:
        changed = _pointer_mutated(data, ifd, found, rng)
    elif kind == 3:
        changed = _appended(data, ifd, [*ifd.entries, _entry(ifd, rng, data)])
    elif kind == 4:
        changed = _appended(data, ifd, raw.moved(list(ifd.entries), rng))
    elif kind == 5 and other is not None:
        foreign = [entry for one in directories(other) if one[:2] == ifd[:2] for entry in one.entries]
        changed = _appended(data, ifd, [*ifd.entries, *(rng.choice(foreign) for _ in range(min(2, len(foreign))))])
    elif ifd.entries:
        at = rng.randrange(len(ifd.entries))
        offset = ifd.start + at * ifd.size
        changed = data[:offset] + _entry_mutated(ifd, ifd.entries[at], rng, data) + data[offset + ifd.size :]
    return changed


def _formats(ifd: Directory) -> tuple[str, str]:
    """Of an entry, and of an offset."""
    return (ifd.order + "HHQQ", ifd.order + "Q") if ifd.big else (ifd.order + "HHII", ifd.order + "I")


def _entry_mutated(ifd: Directory, entry: bytes, rng: random.Random, data: bytes) -> bytes:
    form, _ = _formats(ifd)
    values = list(struct.unpack(form, entry))
    field = rng.randrange(4)
    size = (2, 2, 8, 8)[field] if ifd.big else (2, 2, 4, 4)[field]
    if field == 0:
        values[0] = rng.choice(_TAGS)
    elif field == 1:
        values[1] = rng.randrange(20)
    elif field == 3 and rng.randrange(2):
        values[3] = rng.randrange(len(data) + 20)
    else:
        values[field] = raw.integer(rng, size, near=values[field])
    return struct.pack(form, *values)


def _entry(ifd: Directory, rng: random.Random, data: bytes) -> bytes:
    form, _ = _formats(ifd)
    magic = data.find(container.MAGIC)
    offset = rng.choice((max(magic, 0), rng.randrange(len(data) + 40), len(data)))
    count = rng.choice((8, 100, max(0, len(data) - offset), 61_440, 61_441, raw.integer(rng, 4)))
    return struct.pack(form, rng.choice(_TAGS), rng.choice((1, 1, 1, 7, 3, 4, 0, 99)), count, offset)


def _appended(data: bytes, ifd: Directory, entries: list[bytes]) -> bytes:
    """The file with one of its directories at the end, and whatever pointed at it pointing there."""
    _, pointer = _formats(ifd)
    data += bytes(-len(data) % 8)
    count = struct.pack(ifd.order + ("Q" if ifd.big else "H"), len(entries))
    width = struct.calcsize(pointer)
    place = len(data)
    tail = count + b"".join(entries) + data[ifd.end : ifd.end + width]
    where = 8 if ifd.big else 4
    for before in directories(data):
        if before.offset == ifd.offset:
            break
        where = before.end
    return data[:where] + struct.pack(pointer, place) + data[where + width :] + tail


def _pointer_mutated(data: bytes, ifd: Directory, found: list[Directory], rng: random.Random) -> bytes:
    """The next directory's offset: another directory (a loop), the end of the file, or any."""
    _, pointer = _formats(ifd)
    width = struct.calcsize(pointer)
    target = rng.choice((rng.choice(found).offset, len(data), 0, rng.randrange(len(data)), raw.integer(rng, width)))
    return data[: ifd.end] + struct.pack(pointer, target) + data[ifd.end + width :]


def _container_mutated(data: bytes, rng: random.Random) -> bytes:
    """The payload where it stands, so far as its length stays."""
    at = data.find(container.MAGIC)
    if at < 0:
        return raw.altered(data, rng)
    length = int.from_bytes(data[at + 12 : at + 16], "big")
    changed = container.mutated(data[at : at + length], rng)
    return data[:at] + changed[:length].ljust(min(length, len(data) - at), b"\0") + data[at + length :]
