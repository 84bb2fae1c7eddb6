"""TIFF files by hand: classic and BigTIFF, either byte order, uncompressed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.vectors.recipes.pictures import Picture

__all__ = ["ASCII", "BYTE", "LONG", "SHORT", "TAG", "UNDEFINED", "Field", "ours", "tiff"]

BYTE, ASCII, SHORT, LONG, UNDEFINED = 1, 2, 3, 4, 7
TAG = 65_357

_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, UNDEFINED: 1}


@dataclass(frozen=True, slots=True)
class Field:
    """A directory entry.

    Attributes:
        tag: number.
        kind: field type.
        value: bytes, in the byte order of the file.
        count: of values, instead of the right one.
        offset: of the value, instead of the right one; the value is not written then.
    """

    tag: int
    kind: int
    value: bytes
    count: int | None = None
    offset: int | None = None


def ours(container: bytes, kind: int = BYTE, *, count: int | None = None, offset: int | None = None) -> Field:
    """The field with a container."""
    return Field(TAG, kind, container, count, offset)


def tiff(
    picture: Picture,
    *pages: Sequence[Field],
    order: str = "<",
    big: bool = False,
    loop: bool = False,
    version: int | None = None,
    sort: bool = True,
) -> bytes:
    """An 8-bit RGB picture in one strip.

    Args:
        picture: its samples; every page shows it.
        pages: further fields of each page's directory; none for one page without.
        order: byte order, as for `struct`.
        big: BigTIFF.
        loop: whether the last directory points back at the first.
        version: instead of 42 or 43.
        sort: whether the fields stand in ascending order.
    """
    word = "Q" if big else "I"
    inline = 8 if big else 4
    start = 16 if big else 8
    marks = struct.pack(order + "H", version or (43 if big else 42)) + (struct.pack(order + "HH", 8, 0) if big else b"")
    body = bytearray(picture.samples)
    body += bytes(-(start + len(body)) % 8)
    directories: list[int] = []
    links: list[int] = []
    for further in pages or ((),):
        fields = [*_baseline(picture, order, start), *further]
        if sort:
            fields.sort(key=lambda field: field.tag)
        entries = b""
        for field in fields:
            count = len(field.value) // _SIZES[field.kind] if field.count is None else field.count
            head = struct.pack(order + "HH" + word, field.tag, field.kind, count)
            if field.offset is not None:
                entries += head + struct.pack(order + word, field.offset)
            elif len(field.value) <= inline:
                entries += head + field.value.ljust(inline, b"\0")
            else:
                entries += head + struct.pack(order + word, start + len(body))
                body += field.value + bytes(-len(field.value) % 8)
        directories.append(start + len(body))
        body += struct.pack(order + ("Q" if big else "H"), len(fields)) + entries
        links.append(len(body))
        body += bytes(inline) + bytes(-(start + len(body) + inline) % 8)
    for link, target in zip(links, (*directories[1:], directories[0] if loop else 0), strict=True):
        body[link : link + inline] = struct.pack(order + word, target)
    mark = b"II" if order == "<" else b"MM"
    return mark + marks + struct.pack(order + word, directories[0]) + bytes(body)


def _baseline(picture: Picture, order: str, strip: int) -> list[Field]:
    def short(tag: int, *values: int) -> Field:
        return Field(tag, SHORT, struct.pack(f"{order}{len(values)}H", *values))

    def long(tag: int, value: int) -> Field:
        return Field(tag, LONG, struct.pack(order + "I", value))

    return [
        long(256, picture.width),
        long(257, picture.height),
        short(258, 8, 8, 8),
        short(259, 1),
        short(262, 2),
        long(273, strip),
        short(277, 3),
        long(278, picture.height),
        long(279, len(picture.samples)),
    ]
