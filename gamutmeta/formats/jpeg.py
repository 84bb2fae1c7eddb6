"""JPEG as a sequence of marker segments (ITU-T T.81, Annex B).

Segments are followed by their declared lengths alone: what looks like a marker inside a segment never counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gamutmeta.errors import CarrierError
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.formats.source import SourceLike

__all__ = [
    "APP1",
    "APP2",
    "APP11",
    "APPN",
    "COM",
    "EOI",
    "MAX_CONTENT",
    "MAX_SEGMENTS",
    "SCAN",
    "SOI",
    "SOS",
    "XMP_SIGNATURE",
    "Segment",
    "iter_header",
    "iter_picture",
    "make_segment",
]

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
APPN: Final = range(0xE0, 0xF0)
APP1, APP2, APP11 = 0xE1, 0xE2, 0xEB
COM = 0xFE
SCAN = 0x00
"""Stands in `Segment.marker` for the entropy-coded data behind a start of scan, which has no marker of its own."""

MAX_CONTENT = 65_533
"""Bytes of content in one segment: its 16-bit length counts itself."""

XMP_SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"
"""What the content of an APP1 segment with an XMP packet begins with (Adobe XMP part 3)."""

MAX_SEGMENTS = 65_536

_TEM = 0x01
_STANDALONE: Final = frozenset({_TEM, EOI, *range(0xD0, 0xD8)})
_FILL_BLOCK = 65_536
# In entropy-coded data FF is followed by 00 (a stuffed byte), RST0-7, or FF (fill); anything else ends the scan.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment, or the entropy-coded data of one scan.

    Attributes:
        marker: second byte of the marker, or `SCAN`.
        offset: of the marker's first byte; fill bytes before it belong to no segment.
        start: of the content, behind marker and length.
        end: first byte behind the segment.
    """

    marker: int
    offset: int
    start: int
    end: int


def iter_header(data: SourceLike, *, max_segments: int = MAX_SEGMENTS) -> Iterator[Segment]:
    """Walk the segments up to the first start of scan, which is the last one given.

    Args:
        data: a JPEG file; nothing behind the start of scan is read.
        max_segments: how many segments are walked at most.

    Raises:
        CarrierError: damaged, or too many segments.
    """
    source = Source.of(data)
    offset = _after_soi(source)
    for _ in range(max_segments):
        segment = _read_segment(source, offset)
        yield segment
        if segment.marker in (SOS, EOI):
            return
        offset = segment.end
    raise CarrierError(f"JPEG: more than {max_segments} segments")


def iter_picture(data: bytes, *, max_segments: int = MAX_SEGMENTS) -> Iterator[Segment]:
    """Walk the whole picture up to and including EOI, entropy-coded data as segments with the marker `SCAN`.

    Args:
        data: a JPEG file; bytes behind EOI are left alone.
        max_segments: how many segments are walked at most.

    Raises:
        CarrierError: damaged, cut off before EOI, or too many segments.
    """
    source = Source.of(data)
    offset = _after_soi(source)
    for _ in range(max_segments):
        segment = _read_segment(source, offset)
        yield segment
        if segment.marker == EOI:
            return
        if segment.marker == SOS:
            segment = _scan(data, segment.end)
            yield segment
        offset = segment.end
    raise CarrierError(f"JPEG: more than {max_segments} segments")


def make_segment(marker: int, content: bytes) -> bytes:
    """Write a marker segment.

    Raises:
        CarrierError: more than `MAX_CONTENT` bytes of content.
    """
    if len(content) > MAX_CONTENT:
        raise CarrierError(f"JPEG: {len(content)} bytes do not fit a segment of {MAX_CONTENT}")
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _after_soi(source: Source) -> int:
    if source.read(0, 2, "JPEG start of image") != bytes((0xFF, SOI)):
        raise CarrierError("JPEG: the file does not begin with SOI")
    return 2


def _read_segment(source: Source, offset: int) -> Segment:
    head = source.peek(offset, 4)
    if head[:2] == b"\xff\xff":
        offset = _last_fill_byte(source, offset)
        head = source.peek(offset, 4)
    if len(head) < 2:
        raise CarrierError(f"JPEG: the file ends at byte {source.size} without EOI")
    marker = head[1]
    if head[0] != 0xFF or marker in (0x00, SOI):
        raise CarrierError(f"JPEG: no segment begins at byte {offset} (found {head[:2].hex()})")
    if marker in _STANDALONE:
        return Segment(marker, offset, offset + 2, offset + 2)
    # Decoders take a declared length of 0 or 1, which cannot be, as an empty segment.
    length = max(2, int.from_bytes(head[2:4], "big"))
    end = offset + 2 + length
    if len(head) < 4 or end > source.size:
        raise CarrierError(f"JPEG: segment FF{marker:02X} at byte {offset} runs past the end of the file")
    return Segment(marker, offset, offset + 4, end)


def _last_fill_byte(source: Source, offset: int) -> int:
    """Find the last FF of a run, which is the one that belongs to the marker."""
    while block := source.peek(offset, _FILL_BLOCK):
        run = len(block) - len(block.lstrip(b"\xff"))
        offset += run
        if run < len(block):
            break
    return offset - 1


def _scan(data: bytes, start: int) -> Segment:
    match = _END_OF_SCAN.search(data, start)
    if match is None:
        raise CarrierError("JPEG: the picture ends without EOI")
    end = match.start()
    while end > start:
        block = data[max(start, end - _FILL_BLOCK) : end]
        kept = len(block.rstrip(b"\xff"))
        end -= len(block) - kept
        if kept:
            break
    return Segment(SCAN, start, start, end)
