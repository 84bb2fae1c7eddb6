"""Carriers "app11" and "com": the container in a JPEG file, next to other users of its marker segments.

Only whole segments are inserted or removed. Every other byte of the file stays the same, except for the index of
further pictures (MPF), if there is one.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.carriers import jumbf
from gamutmeta.carriers.container_bytes import MAX_CONTAINER, Extracted, checked, from_text, to_text
from gamutmeta.envelope import COMMENT_PREFIX
from gamutmeta.errors import CarrierError, DuplicatePayloadError, MultiPictureError, NoPayloadError
from gamutmeta.formats.jpeg import (
    APP1,
    APP2,
    APP11,
    APPN,
    COM,
    MAX_CONTENT,
    SOS,
    Segment,
    iter_header,
    iter_picture,
    make_segment,
)
from gamutmeta.formats.mpf import Splice, find_index, is_index, misplaced, require_sound, spliced
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["COM_PREFIX", "MAX_COM_CONTAINER", "deviations", "embed", "extract", "find", "strip"]

COM_PREFIX = COMMENT_PREFIX
"""Marks our comment. Text from end to end, since editors cut comments at the first NUL."""

MAX_COM_CONTAINER = 49_000
"""Bytes; in base64 this is the most that fits one COM segment."""

_LEADING = frozenset({0xE0, APP1, APP2, 0xED, 0xEE})  # JFIF, Exif and XMP, ICC, Photoshop, Adobe
_CHAIN_KEY_BYTES = 4


class _Found(NamedTuple):
    carrier: str
    segment: Segment


def extract(source: Source) -> Extracted:
    """Take the container out, reading no further than the start of scan; APP11 goes before COM.

    Raises:
        NoPayloadError: there is none.
        DuplicatePayloadError: two of one kind.
        CarrierError: the file or what claims to be ours in it is damaged.
    """
    found = {}
    for carrier, segment in _payloads(source, iter_header(source)):
        if carrier in found:
            raise DuplicatePayloadError(f"JPEG: two payloads in {carrier} segments")
        found[carrier] = segment
    for carrier in ("app11", "com"):
        if carrier in found:
            content = _content(source, found[carrier])
            container = from_text(content[len(COM_PREFIX) :], "com") if carrier == "com" else jumbf.unpack(content)
            if container is not None:
                return Extracted(container, carrier)
    raise NoPayloadError("JPEG: no gamutmeta payload in an APP11 or COM segment")


def find(data: bytes) -> list[str]:
    """Name the carrier of every payload in the file, in file order."""
    return [found.carrier for found in _payloads(Source.of(data), iter_picture(data))]


def deviations(data: bytes) -> list[str]:
    """Say where the payload is wrapped or placed otherwise than writers do it, though readers take it.

    Args:
        data: a file that `extract` takes.
    """
    source = Source.of(data)
    header = list(iter_header(source))
    ours = [found.segment for found in _payloads(source, header)]
    taken = min(ours, key=lambda segment: segment.marker != APP11)
    said = _deviations_of_place(data, header, taken)
    content = _content(source, taken)
    if taken.marker == APP11:
        said += jumbf.deviations(content)
        if any(_instance(source, segment) == jumbf.INSTANCE for segment in header if segment is not taken):
            said.append(f"another APP11 box has our instance number {jumbf.INSTANCE:#06x}")
    else:
        container = from_text(content[len(COM_PREFIX) :], "com")
        if content != COM_PREFIX + to_text(container):
            said.append("the base64 is not as it is written: white space, NULs or unused bits")
        if len(container) > MAX_COM_CONTAINER:
            said.append(
                f"a comment with a container of {len(container)} bytes; at most {MAX_COM_CONTAINER} are written"
            )
    if len(ours) > 1:
        said.append("there is a payload in a comment as well, which is not read")
    if len(_payloads_to_the_end(data)) > len(ours):
        said.append("there is a payload behind the start of scan as well, which is not read")
    return said


def embed(data: bytes, container: bytes, carrier: str) -> bytes:
    """Splice the container in; the file must not carry one yet.

    Args:
        data: a JPEG file; of several pictures the first one gets the container.
        container: bytes with the magic number.
        carrier: "app11" or "com".

    Raises:
        MultiPictureError: further pictures follow the first one, and their index cannot be kept right.
        PayloadTooLargeError: the container does not fit the segment.
        CarrierError: the file is damaged, or the container has no magic number.
    """
    if carrier == "com":
        segment = make_segment(COM, COM_PREFIX + to_text(checked(container, carrier, MAX_COM_CONTAINER)))
    else:
        segment = make_segment(APP11, jumbf.pack(checked(container, carrier, MAX_CONTAINER)))
    source = Source.of(data)
    picture = list(iter_picture(data))
    if not any(piece.marker == SOS for piece in picture):
        raise CarrierError("JPEG: the file holds no picture")
    index = find_index(data, picture)
    if index is not None:
        require_sound(data, picture, index)
    if carrier == "app11":
        _refuse_taken_instance(source, picture)
    offset = _insertion_offset(source, data, picture)
    return spliced(data, [Splice(offset, offset, segment)], index)


def strip(data: bytes) -> bytes:
    """Cut out every payload; a file without one comes back unchanged.

    Raises:
        MultiPictureError: there is a payload, and the index of further pictures cannot be read.
        CarrierError: the file is damaged.
    """
    source = Source.of(data)
    picture = list(iter_picture(data))
    ours = [found.segment for found in _payloads(source, picture)]
    if not ours:
        return data
    ours += _continuations(source, picture, ours)
    cuts = sorted(Splice(segment.offset, segment.end) for segment in ours)
    return spliced(data, cuts, find_index(data, picture))


def _content(source: Source, segment: Segment, limit: int = MAX_CONTENT) -> bytes:
    return source.read(segment.start, min(limit, segment.end - segment.start), "JPEG segment")


def _payloads(source: Source, segments: Iterable[Segment]) -> Iterator[_Found]:
    for segment in segments:
        if segment.marker == COM and _content(source, segment, len(COM_PREFIX)) == COM_PREFIX:
            yield _Found("com", segment)
        elif (
            segment.marker == APP11
            # Others fill many segments to the brim (C2PA), and need not be read for that.
            and jumbf.may_be_ours(_content(source, segment, jumbf.LABEL_END))
            and jumbf.is_ours(_content(source, segment))
        ):
            yield _Found("app11", segment)


def _payloads_to_the_end(data: bytes) -> list[_Found]:
    """Those up to EOI, or up to where the file is damaged."""
    found: list[_Found] = []
    with suppress(CarrierError):
        found.extend(_payloads(Source.of(data), iter_picture(data)))
    return found


def _deviations_of_place(data: bytes, header: Sequence[Segment], taken: Segment) -> list[str]:
    source = Source.of(data)
    place = header.index(taken)
    others = [segment for segment in header if segment is not taken]
    tables = _first_table(others)
    said = []
    if place > tables:
        said.append("the payload stands behind the first table or the frame")
    elif not is_index(data, others[place]) and any(segment.marker in _LEADING for segment in others[place:tables]):
        said.append("the payload stands before an APP0, APP1, APP2, APP13 or APP14 segment")
    if _places_inside_chains([_chain_key(source, segment) for segment in others])[place]:
        said.append("the payload stands between segments that belong together")
    if any(is_index(data, segment) for segment in others[:place]):
        said.append("the payload stands behind the index of further pictures (MPF)")
    return said + _deviations_of_index(data, others)


def _deviations_of_index(data: bytes, header: Sequence[Segment]) -> list[str]:
    try:
        index = find_index(data, header)
    except MultiPictureError as error:
        return [str(error)]
    return [
        f"picture {entry.number} does not begin at byte {entry.start}, where the index of further pictures (MPF) says"
        for entry in (misplaced(data, index) if index else ())
    ]


def _continuations(source: Source, picture: Sequence[Segment], ours: Sequence[Segment]) -> list[Segment]:
    """Find the further packets of superboxes of ours that somebody spread over several segments."""
    spread = set()
    for segment in ours:
        head = jumbf.packet(_content(source, segment, jumbf.HEAD_BYTES)) if segment.marker == APP11 else None
        if head is not None and head.length > segment.end - segment.start:
            spread.add((head.instance, head.length, head.kind))
    if not spread:
        return []
    known, further = set(ours), []
    for segment in picture:
        head = jumbf.packet(_content(source, segment, jumbf.HEAD_BYTES)) if segment.marker == APP11 else None
        if head is not None and (head.instance, head.length, head.kind) in spread and segment not in known:
            further.append(segment)
    return further


def _instance(source: Source, segment: Segment) -> int | None:
    """The box instance number of an APP11 segment with a box."""
    head = jumbf.packet(_content(source, segment, jumbf.HEAD_BYTES)) if segment.marker == APP11 else None
    return None if head is None else head.instance


def _refuse_taken_instance(source: Source, picture: Sequence[Segment]) -> None:
    """Two boxes with one instance number would be taken for parts of one by readers."""
    for segment in picture:
        if _instance(source, segment) == jumbf.INSTANCE:
            raise CarrierError(f"JPEG: another APP11 box has our instance number {jumbf.INSTANCE:#06x}")


def _insertion_offset(source: Source, data: bytes, picture: Sequence[Segment]) -> int:
    """Choose a place behind the leading APP0/1/2/13/14, before the first table, inside nobody's chain of segments.

    An index of further pictures (MPF) among them stays the last segment before the tables, where its readers look for
    it; nor do its offsets change then, which count from inside it.

    Segments with one marker and one beginning (an ICC profile, extended XMP, packets of one JUMBF box) count as a
    chain. If the preferred place lies inside one, later places before the first table are tried, then earlier ones;
    directly behind SOI there is never a chain to split.
    """
    leading = _first_table(picture)
    preferred = max((i + 1 for i in range(leading) if picture[i].marker in _LEADING), default=0)
    split = _places_inside_chains([_chain_key(source, segment) for segment in picture])
    index = next((i for i in range(leading) if is_index(data, picture[i])), None)
    places = (*range(preferred, leading + 1), *range(preferred - 1, -1, -1)) if index is None else range(index, -1, -1)
    place = next(place for place in places if not split[place])
    return picture[place - 1].end if place else 2


def _first_table(segments: Sequence[Segment]) -> int:
    """How many segments come before the first one that is neither APPn nor COM."""
    return next(i for i, segment in enumerate(segments) if segment.marker not in APPN and segment.marker != COM)


def _places_inside_chains(keys: Sequence[bytes | None]) -> list[bool]:
    """Tell for each place, counted by the segments before it, whether one chain has segments on both sides of it."""
    first: dict[bytes, int] = {}
    last: dict[bytes, int] = {}
    for i, key in enumerate(keys):
        if key is not None:
            first.setdefault(key, i)
            last[key] = i
    change = [0] * (len(keys) + 1)
    for key, i in first.items():
        change[i + 1] += 1
        change[last[key] + 1] -= 1
    return [depth > 0 for depth in accumulate(change)]


def _chain_key(source: Source, segment: Segment) -> bytes | None:
    if segment.marker not in APPN:
        return None
    return bytes((segment.marker,)) + _content(source, segment, _CHAIN_KEY_BYTES)
