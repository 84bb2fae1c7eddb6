"""The index of further pictures in a JPEG file (MPF), kept right while segments of the first picture come and go.

Ultra HDR photographs, panoramas and stereo pairs put whole JPEGs behind the first one. An APP2 segment of the first
says how long each of them is and where it begins, counted from a byte inside that segment.

References:
    CIPA DC-007-2009 (Multi-Picture Format), sections 5.2 (MP header and index) and 5.2.3.3 (MP entries); Google,
    Ultra HDR Image Format 1.1, for the lengths in XMP.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import CarrierError, MultiPictureError
from gamutmeta.formats.jpeg import APP1, APP2, XMP_SIGNATURE
from gamutmeta.formats.tiff_ifd import UNDEFINED, read_ifd0, read_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.formats.jpeg import Segment

__all__ = ["Index", "MpEntry", "Splice", "find_index", "is_index", "misplaced", "require_sound", "spliced"]

_SIGNATURE = b"MPF\0"
_ENTRIES_TAG = 0xB002
_ENTRY_BYTES = 16
_SIZE_PLACE = 4
"""Of the size in an entry, behind the attributes; the offset follows."""
_LARGEST = 2**32 - 1
_SOI = b"\xff\xd8"
_REMEDY = "use a sidecar, or remove the further pictures first"

# As attributes or as elements; each item of the container's directory is an rdf:li.
_PRIMARY = re.compile(rb"Semantic(?:\s*=\s*[\"']|>)\s*Primary\b")
_LENGTH = re.compile(rb"Length(?:\s*=\s*[\"']|>)\s*0*[1-9]")


class Splice(NamedTuple):
    """Bytes of the first picture that give way to others: `start` to `end` of the file, and what comes there."""

    start: int
    end: int
    content: bytes = b""


class MpEntry(NamedTuple):
    """What the index says about one picture.

    Attributes:
        number: of the picture, from 1; the first is the one the file begins with.
        place: of the entry's size in the file; its offset follows directly.
        size: of the picture in bytes; 0 if it is not stated.
        start: of the picture in the file; None for the first one, and for an entry that is not used.
    """

    number: int
    place: int
    size: int
    start: int | None


class Index(NamedTuple):
    """An index of pictures.

    Attributes:
        base: the byte of the file that offsets count from, the first of the MP header.
        order: "<" or ">".
        entries: one for each picture.
    """

    base: int
    order: str
    entries: tuple[MpEntry, ...]


def is_index(data: bytes, segment: Segment) -> bool:
    """Whether a segment belongs to MPF."""
    return segment.marker == APP2 and data.startswith(_SIGNATURE, segment.start)


def find_index(data: bytes, picture: Sequence[Segment]) -> Index | None:
    """Read the index of a JPEG file.

    Args:
        data: the file.
        picture: the segments of its first picture.

    Returns:
        The index; None if there is no MPF segment, or none that lists pictures.

    Raises:
        MultiPictureError: it cannot be read, or there are two.
    """
    found = [index for segment in picture if is_index(data, segment) and (index := _read(data, segment)) is not None]
    if len(found) > 1:
        raise MultiPictureError(f"JPEG: two indexes of further pictures (MPF); {_REMEDY}")
    return found[0] if found else None


def misplaced(data: bytes, index: Index) -> list[MpEntry]:
    """The entries whose pictures do not begin where they say."""
    return [entry for entry in index.entries if entry.start is not None and not data.startswith(_SOI, entry.start)]


def require_sound(data: bytes, picture: Sequence[Segment], index: Index) -> None:
    """Make sure that nothing but the index needs to be changed, and that it can be.

    Raises:
        MultiPictureError: a picture does not begin where the index says, or the XMP packet states the length of the
            first picture as well.
    """
    for entry in misplaced(data, index):
        raise MultiPictureError(
            f"JPEG: picture {entry.number} does not begin at byte {entry.start}, where the index of further pictures "
            f"(MPF) says; {_REMEDY}"
        )
    for segment in picture:
        content = data[segment.start : segment.end]
        if segment.marker == APP1 and content.startswith(XMP_SIGNATURE):
            items = content.split(b"<rdf:li")
            if any(_PRIMARY.search(item) and _LENGTH.search(item) for item in items):
                raise MultiPictureError(f"JPEG: the XMP packet states the length of the first picture; {_REMEDY}")


def spliced(data: bytes, splices: Sequence[Splice], index: Index | None) -> bytes:
    """Put bytes into the first picture or take them out, and correct the index.

    The size of the first picture, where one is stated, changes as the file does; cameras count it from other ends, and
    so it is not compared with the picture. Of the others, those that begin where the index says go on doing so, and
    entries that were wrong before stay as they are. Putting in and taking out what was put in gives the same file.

    Args:
        data: the file.
        splices: in file order, not overlapping, inside the first picture but outside the index.
        index: of `data`.

    Raises:
        MultiPictureError: a size or an offset would not fit its 32 bits.
    """
    fields: list[Splice] = []
    if index is not None:
        growth = sum(len(splice.content) - (splice.end - splice.start) for splice in splices)
        base = _moved(index.base, splices)
        wrong = misplaced(data, index)
        for entry in index.entries:
            if entry.number == 1 and entry.size > max(-growth, 0):
                fields.append(_field(index, entry.place, entry.size + growth))
            elif entry.start is not None and entry not in wrong:
                fields.append(_field(index, entry.place + 4, _moved(entry.start, splices) - base))
    kept, position = [], 0
    for splice in sorted((*splices, *fields)):
        kept += [data[position : splice.start], splice.content]
        position = splice.end
    return b"".join((*kept, data[position:]))


def _read(data: bytes, segment: Segment) -> Index | None:
    base = segment.start + len(_SIGNATURE)
    body = data[base : segment.end]
    try:
        ifd = read_ifd0(body)
        place = next((entry for entry in ifd.entries if entry.tag == _ENTRIES_TAG), None)
        if place is None:
            return None
        value = read_value(body, place)
    except CarrierError as error:
        raise MultiPictureError(f"JPEG: the index of further pictures (MPF) cannot be read ({error})") from error
    # Not every writer ends the directory with an offset to the next one.
    behind = ifd.end - ifd.layout.offset_size
    if ifd.layout.big or place.type != UNDEFINED or len(value) % _ENTRY_BYTES or place.value_offset < behind:
        raise MultiPictureError("JPEG: the index of further pictures (MPF) is damaged")
    entries = []
    for number, at in enumerate(range(0, len(value), _ENTRY_BYTES), 1):
        size, offset = struct.unpack_from(ifd.layout.order + "II", value, at + _SIZE_PLACE)
        start = base + offset if number > 1 and offset else None
        # What lies before the end of the index is no further picture; it might be the index itself.
        if start is not None and start < segment.end:
            raise MultiPictureError(f"JPEG: picture {number} of the index (MPF) would begin inside the first one")
        entries.append(MpEntry(number, base + place.value_offset + at + _SIZE_PLACE, size, start))
    return Index(base, ifd.layout.order, tuple(entries))


def _moved(position: int, splices: Sequence[Splice]) -> int:
    """Where a byte of the file is afterwards; what is put in at a byte comes before it."""
    return position + sum(
        len(splice.content) - (splice.end - splice.start) for splice in splices if splice.end <= position
    )


def _field(index: Index, place: int, value: int) -> Splice:
    if not 0 < value <= _LARGEST:
        raise MultiPictureError(f"JPEG: {value} does not fit the index of further pictures (MPF)")
    return Splice(place, place + 4, struct.pack(index.order + "I", value))
