"""A second picture behind the first of a JPEG file: put there with an index (MPF), and taken away again.

References:
    CIPA DC-007-2009 (Multi-Picture Format), sections 5.2 (MP header and index) and 5.2.3.3 (MP entries).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import CarrierError, MultiPictureError
from gamutmeta.formats.gain_map import VERSION_CONTENT, is_gain_map_segment, metadata_of
from gamutmeta.formats.jpeg import APP1, APP2, APPN, COM, SOS, iter_picture, make_segment
from gamutmeta.formats.mpf import Splice, find_index, is_index, misplaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.formats.gain_map import GainMapMetadata
    from gamutmeta.formats.jpeg import Segment

__all__ = ["OVERHEAD", "ColourMap", "find_colour_map", "map_deviations", "with_colour_map", "without_colour_map"]

_PRIMARY, _OTHER = 0x030000, 0
"""Attributes of the entries: the first is the baseline primary picture, the second is of no type that is defined."""
_ENTRIES = 2
_LEADING = frozenset({0xE0, APP1, APP2, 0xED, 0xEE})  # JFIF, Exif and XMP, ICC, Photoshop, Adobe


class ColourMap(NamedTuple):
    """A gain map that screens without headroom show, in a JPEG file.

    Attributes:
        metadata: of the map.
        jpeg: the map itself, a whole JPEG.
        size: bytes that the file has because of it: the map, its index and the version segment.
    """

    metadata: GainMapMetadata
    jpeg: bytes
    size: int


OVERHEAD = 4 + len(VERSION_CONTENT) + 4 + 4 + 82
"""Bytes of the two segments in the base: version and index."""


def with_colour_map(data: bytes, gain_map: bytes) -> bytes:
    """Put a gain map behind the picture of a JPEG file, with the segments by which readers find it.

    Bytes behind the picture that the index does not list follow the map: phones look for films at the end of the file.

    Args:
        data: a JPEG file without further pictures.
        gain_map: a JPEG with the metadata of ISO 21496-1.

    Raises:
        MultiPictureError: the file has an index of further pictures (MPF), or a gain map's segment, already.
        CarrierError: the file is damaged.
    """
    picture = list(iter_picture(data))
    if not any(segment.marker == SOS for segment in picture):
        raise CarrierError("JPEG: the file holds no picture")
    if any(is_index(data, segment) or is_gain_map_segment(data, segment) for segment in picture):
        raise MultiPictureError("JPEG: the file has further pictures or a gain map already; remove them first")
    tables = next(i for i, s in enumerate(picture) if s.marker not in APPN and s.marker != COM)
    at = picture[tables].offset
    # Before a payload, and the index behind it, where the writers of payloads have them.
    early = max((s.end for s in picture[:tables] if s.marker in _LEADING), default=2)
    version = make_segment(APP2, VERSION_CONTENT)
    end = picture[-1].end
    size = end + len(version) + len(make_segment(APP2, _index(0, 0, 0)))
    # Offsets count from the MP header, behind marker, length and signature of the segment.
    header = at + len(version) + 8
    index = make_segment(APP2, _index(size, len(gain_map), size - header))
    return b"".join((data[:early], version, data[early:at], index, data[at:end], gain_map, data[end:]))


def find_colour_map(data: bytes) -> ColourMap | None:
    """The gain map that screens without headroom show, if a JPEG file has one as its only further picture.

    Raises:
        CarrierError: the file is damaged.
    """
    try:
        return _found(data, list(iter_picture(data)))
    except MultiPictureError:
        return None


def map_deviations(data: bytes) -> list[str]:
    """Say why readers would not show a gain map that the file announces, or would show it in another way.

    Returns:
        Sentences for people, without capital letter and full stop; empty if all is well, nothing is announced, or the
        file is damaged.
    """
    try:
        picture = list(iter_picture(data))
    except CarrierError:
        return []
    if not any(is_gain_map_segment(data, segment) for segment in picture):
        return []
    try:
        found, index = _found(data, picture), find_index(data, picture)
    except MultiPictureError:
        return []  # said of the index already
    if index is None or _start(data, picture) is None:
        return ["a gain map is announced, but the index of further pictures (MPF) leads to none"]
    if found is None:
        return []
    said = []
    first, second = index.entries
    if data[first.place - 4 : first.place] != struct.pack(index.order + "I", _PRIMARY):
        said.append("the first picture is not marked as the primary one (MPF), so Chromium does not show the gain map")
    if second.size != len(found.jpeg):
        said.append(f"the gain map has {len(found.jpeg)} bytes, and the index of further pictures (MPF) says otherwise")
    return said


def without_colour_map(data: bytes) -> bytes:
    """Take such a gain map away, with its index and segments; a file without one comes back unchanged.

    If some program has dropped the second picture alone, what it left of the map is taken away. If one has lengthened
    or shortened the first picture and left the index as it was, the map is found without it.

    Raises:
        CarrierError: the file is damaged.
    """
    picture = list(iter_picture(data))
    try:
        found = _found(data, picture) or _found_astray(data, picture)
    except MultiPictureError:
        return data
    if found is None and not _is_left_over(data, picture):
        return data
    size = 0 if found is None else len(found.jpeg)
    start = len(data) if found is None else data.index(found.jpeg, picture[-1].end)
    cuts = [Splice(s.offset, s.end) for s in picture if is_index(data, s) or is_gain_map_segment(data, s)]
    kept, position = [], 0
    for cut in (*cuts, Splice(start, start + size)):
        kept.append(data[position : cut.start])
        position = cut.end
    return b"".join((*kept, data[position:]))


def _found(data: bytes, picture: Sequence[Segment]) -> ColourMap | None:
    start = _start(data, picture)
    return None if start is None else _map_at(data, picture, start)


def _found_astray(data: bytes, picture: Sequence[Segment]) -> ColourMap | None:
    """The map that an index of two pictures misses: behind the first picture, or at the end of the file."""
    index = find_index(data, picture)
    if index is None or len(index.entries) != _ENTRIES or not misplaced(data, index):
        return None
    places = (picture[-1].end, len(data) - index.entries[1].size)
    maps = (_map_at(data, picture, place) for place in places if place >= picture[-1].end)
    return next((found for found in maps if found is not None), None)


def _map_at(data: bytes, picture: Sequence[Segment], start: int) -> ColourMap | None:
    if not any(is_gain_map_segment(data, segment) for segment in picture):
        return None
    behind = data[start:]
    try:
        end = list(iter_picture(behind))[-1].end
        metadata = metadata_of(behind[:end])
    except CarrierError:
        return None
    if metadata is None or not metadata.acts_without_headroom:
        return None
    ours = sum(s.end - s.offset for s in picture if is_index(data, s) or is_gain_map_segment(data, s))
    return ColourMap(metadata, behind[:end], end + ours)


def _is_left_over(data: bytes, picture: Sequence[Segment]) -> bool:
    """Whether a gain map is announced that would be the second of two pictures, beyond the end of the file."""
    if not any(is_gain_map_segment(data, segment) for segment in picture):
        return False
    index = find_index(data, picture)
    start = None if index is None or len(index.entries) != _ENTRIES else index.entries[1].start
    return start is not None and start >= len(data)


def _start(data: bytes, picture: Sequence[Segment]) -> int | None:
    """Where the second of exactly two pictures begins."""
    index = find_index(data, picture)
    if index is None or len(index.entries) != _ENTRIES or misplaced(data, index):
        return None
    return index.entries[1].start


def _index(first: int, second: int, offset: int) -> bytes:
    """The content of an MPF segment for two pictures: their sizes in bytes, and the offset of the second."""
    entries = struct.pack(">IIIHHIIIHH", _PRIMARY, first, 0, 0, 0, _OTHER, second, offset, 0, 0)
    directory = struct.pack(">HHHI4s", 3, 0xB000, 7, 4, b"0100")
    directory += struct.pack(">HHII", 0xB001, 4, 1, _ENTRIES)
    # The directory begins at byte 8, and ends with the offset of the next one, of which there is none.
    place = 8 + 2 + 3 * 12 + 4
    directory += struct.pack(">HHIII", 0xB002, 7, len(entries), place, 0)
    return b"MPF\0" + b"MM\0*\0\0\0\x08" + directory + entries
