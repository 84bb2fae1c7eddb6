"""The clean aperture of a HEIF or AVIF picture: the part of it that is to be shown.

Libraries that decode AVIF hand the hidden part out as well.

References:
    ISO/IEC 14496-12:2022, sections 8.11 (meta box, primary item, item properties) and 12.1.4 (clean aperture box);
    ISO/IEC 23008-12:2022, section 6.5.9; ISO/IEC 23000-22 (MIAF), section 7.3.6.7: whole pixels inside the picture.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import iter_boxes

__all__ = ["clean_aperture"]

_FULL = 4
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
    meta = _child(data, b"meta")
    boxes = {box.type: meta[_FULL:][box.start : box.end] for box in iter_boxes(meta[_FULL:])}
    if not {b"pitm", b"iprp"} <= boxes.keys():
        return None
    primary = boxes[b"pitm"]
    (item,) = struct.unpack_from(">I" if primary[0] else ">H", primary, _FULL)
    properties = boxes[b"iprp"]
    container = _child(properties, b"ipco")
    places = [container[box.start : box.end] if box.type == b"clap" else None for box in iter_boxes(container)]
    indexes = (
        index
        for box in iter_boxes(properties)
        if box.type == b"ipma"
        for index in _associated(properties[box.start : box.end], item)
    )
    found = (places[index - 1] for index in indexes if 0 < index <= len(places))
    return next((aperture[:32] for aperture in found if aperture is not None), None)


def _child(data: bytes, kind: bytes) -> bytes:
    return next((data[box.start : box.end] for box in iter_boxes(data) if box.type == kind), b"")


def _associated(data: bytes, item: int) -> list[int]:
    """Numbers, from 1, of an item's properties in an association box."""
    is_long, is_wide = data[0] > 0, bool(data[3] & 1)
    (count,) = struct.unpack_from(">I", data, _FULL)
    place = _FULL + 4
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
