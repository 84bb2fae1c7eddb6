"""The properties of a HEIF or AVIF picture, and its clean aperture: the part of it that is to be shown.

Libraries that decode AVIF hand the hidden part out as well.

References:
    ISO/IEC 14496-12:2022, sections 8.11 (meta box, primary item, item properties) and 12.1.4 (clean aperture box);
    ISO/IEC 23008-12:2022, section 6.5.9; ISO/IEC 23000-22 (MIAF), section 7.3.6.7: whole pixels inside the picture.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import Box, iter_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FULL", "boxes_within", "clean_aperture", "primary_item", "primary_properties"]

FULL = 4
"""Bytes of version and flags, which full boxes begin with."""


def clean_aperture(data: bytes, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Left, upper, right and lower edge of the primary picture's clean aperture, in pixels; None if it has none.

    Args:
        data: the file.
        width: of the picture as it is coded, before it is rotated or mirrored.
        height: likewise.

    Raises:
        PhotoError: the boxes are damaged, or the aperture is not made of whole pixels inside the picture.
    """
    try:
        aperture = _aperture_of(data)
        if aperture is None:
            return None
        numbers = struct.unpack(">IIIIiIiI", aperture)
    except (struct.error, IndexError):
        raise PhotoError("HEIF: the boxes of the picture's properties are damaged") from None
    if 0 in numbers[1::2]:
        raise PhotoError("HEIF: the clean aperture is damaged")
    size_x, size_y, offset_x, offset_y = (Fraction(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
    left, upper = offset_x + (width - size_x) / 2, offset_y + (height - size_y) / 2
    edges = (left, upper, left + size_x, upper + size_y)
    whole = all(edge.denominator == 1 for edge in edges)
    if not whole or not 0 <= edges[0] < edges[2] <= width or not 0 <= edges[1] < edges[3] <= height:
        raise PhotoError("HEIF: the clean aperture is not made of whole pixels inside the picture")
    return int(edges[0]), int(edges[1]), int(edges[2]), int(edges[3])


def _aperture_of(data: bytes) -> bytes | None:
    """Content of the primary item's clean aperture box."""
    found = (data[box.start : box.end][:32] for box in primary_properties(data) if box.type == b"clap")
    return next(found, None)


def boxes_within(data: bytes, *path: bytes) -> Iterator[Box]:
    """The boxes inside the first box that the types of `path` lead to, with their places in the file.

    Args:
        data: the file.
        path: types, from the outermost; b"meta" is known as a full box.

    Raises:
        PhotoError: a box is longer than the one around it, or there are too many.
    """
    start, end = 0, len(data)
    for kind in path:
        inner = (box for box in _boxes_between(data, start, end) if box.type == kind)
        parent = next(inner, None)
        if parent is None:
            return
        start, end = parent.start + (FULL if kind == b"meta" else 0), parent.end
    yield from _boxes_between(data, start, end)


def _boxes_between(data: bytes, start: int, end: int) -> Iterator[Box]:
    for box in iter_boxes(data[start:end] if start else data):
        yield Box(box.type, box.offset + start, box.start + start, box.end + start)


def primary_item(data: bytes) -> int | None:
    """Number of the picture that is to be shown; None if there is none.

    Raises:
        PhotoError, struct.error, IndexError: the boxes are damaged.
    """
    for box in boxes_within(data, b"meta"):
        if box.type == b"pitm":
            (item,) = struct.unpack_from(">I" if data[box.start] else ">H", data, box.start + FULL)
            return int(item)
    return None


def primary_properties(data: bytes) -> list[Box]:
    """The boxes of the primary item's properties, with their places in the file.

    Raises:
        PhotoError, struct.error, IndexError: the boxes are damaged.
    """
    item = primary_item(data)
    if item is None:
        return []
    places = list(boxes_within(data, b"meta", b"iprp", b"ipco"))
    indexes = (
        index
        for box in boxes_within(data, b"meta", b"iprp")
        if box.type == b"ipma"
        for index in _associated(data[box.start : box.end], item)
    )
    return [places[index - 1] for index in indexes if 0 < index <= len(places)]


def _associated(data: bytes, item: int) -> list[int]:
    """Numbers, from 1, of an item's properties in an association box."""
    is_long, is_wide = data[0] > 0, bool(data[3] & 1)
    (count,) = struct.unpack_from(">I", data, FULL)
    place = FULL + 4
    for _ in range(count):
        (found,) = struct.unpack_from(">I" if is_long else ">H", data, place)
        place += 4 if is_long else 2
        number = data[place]
        place += 1
        form, size, mask = (">H", 2, 0x7FFF) if is_wide else (">B", 1, 0x7F)
        if found == item:
            return [struct.unpack_from(form, data, place + size * i)[0] & mask for i in range(number)]
        place += size * number
    return []
