"""Sets the code points of the coded picture in a HEIC or AVIF file, where encoders have no option for them.

libheif writes those of sRGB for every space into AV1, and for unspecified ones into HEVC.

References:
    ISO/IEC 14496-12:2022, section 8.11.3 (item locations); AV1 Image File Format 1.1.0, section 2.2.1 (the item is a
    temporal unit of AV1); ISO/IEC 23008-12:2022, annex B (HEVC).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError
from gamutmeta.formats import av1, hevc
from gamutmeta.formats.heif import FULL, boxes_within, primary_item, primary_properties

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["with_code_points"]

_FORMS = {4: ">I", 8: ">Q"}
_AROUND = ((), (b"meta",), (b"meta", b"iprp"), (b"meta", b"iprp", b"ipco"))
"""Paths to the boxes that can lie around a property or the content of an item."""


def with_code_points(data: bytes, primaries: int, transfer: int) -> bytes:
    """The file with these code points in the coded primary picture; its samples and its other boxes stay.

    Args:
        data: a file with one coded picture, as libheif writes it: sRGB's code points in HEVC, any in AV1.
        primaries: H.273 ColourPrimaries.
        transfer: H.273 TransferCharacteristics.

    Returns:
        The file; as it was if it is built in another way. The ICC profile counts before code points.
    """
    try:
        records = [box for box in primary_properties(data) if box.type == b"hvcC"]
        if records:
            start, end = records[0].start, records[0].end
            new = hevc.with_code_points(data[start:end], (1, 13), primaries, transfer)
        else:
            start, end = _content(data)
            new = av1.with_code_points(data[start:end], primaries, transfer)
        return _replaced(data, start, end, new)
    except (PhotoError, struct.error, IndexError, KeyError):
        return data


def _content(data: bytes) -> tuple[int, int]:
    """Where the content of the primary item begins and ends."""
    primary = primary_item(data)
    for item, start, length, _ in _locations(data):
        if item == primary:
            return start, start + length
    raise PhotoError("HEIF: the primary picture is not in the file")


def _locations(data: bytes) -> Iterator[tuple[int, int, int, tuple[int, int, int, int]]]:
    """Number, place and length of all items, and where in the file that stands: places and sizes of both numbers."""
    iloc = next((box for box in boxes_within(data, b"meta") if box.type == b"iloc"), None)
    if iloc is None:
        raise PhotoError("HEIF: no item locations")
    version, place = data[iloc.start], iloc.start + FULL
    sizes = data[place] >> 4, data[place] & 15, data[place + 1] >> 4
    if version > 1 or data[place + 1] & 15:
        raise PhotoError("HEIF: item locations of an unknown version")
    (count,) = struct.unpack_from(">H", data, place + 2)
    place += 4
    for _ in range(count):
        (item,) = struct.unpack_from(">H", data, place)
        if version and data[place + 3] & 15:
            raise PhotoError("HEIF: an item that is not in the file itself")
        place += 6 if version else 4
        base, place = place, place + sizes[2]
        (extents,) = struct.unpack_from(">H", data, place)
        offset, length, place = place + 2, place + 2 + sizes[0], place + 2 + sizes[0] + sizes[1]
        if extents != 1:
            raise PhotoError("HEIF: an item in several pieces")
        start = sum(_number(data, *where) for where in ((base, sizes[2]), (offset, sizes[0])))
        moved = (base, sizes[2]) if sizes[2] else (offset, sizes[0])
        yield item, start, _number(data, length, sizes[1]), (*moved, length, sizes[1])


def _number(data: bytes, place: int, size: int) -> int:
    return int(struct.unpack_from(_FORMS[size], data, place)[0]) if size else 0


def _replaced(data: bytes, start: int, end: int, new: bytes) -> bytes:
    """The file with other bytes in a property or an item; all boxes around and all places behind follow."""
    more = len(new) - (end - start)
    result = bytearray(data)
    for _, place, length, (at, size, length_at, length_size) in _locations(data):
        if place >= end:
            struct.pack_into(_FORMS[size], result, at, _number(data, at, size) + more)
        elif place <= start:
            struct.pack_into(_FORMS[length_size], result, length_at, length + more)
    for path in _AROUND:
        _grow(data, result, start, more, *path)
    result[start:end] = new
    return bytes(result)


def _grow(data: bytes, result: bytearray, start: int, more: int, *path: bytes) -> None:
    """Write the new size of that one of the boxes on a level which holds what was replaced."""
    for box in boxes_within(data, *path):
        if box.start <= start < box.end:
            if box.start - box.offset != 8 or not _number(data, box.offset, 4):
                raise PhotoError("HEIF: a box of more than 4 GiB")
            struct.pack_into(">I", result, box.offset, box.end - box.offset + more)
