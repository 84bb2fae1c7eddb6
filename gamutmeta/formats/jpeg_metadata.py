"""What the segments of a JPEG say about the photograph, beside EXIF.

References:
    JFIF 1.02 (density); Adobe XMP part 3 (2020), section 1.1.3; Adobe Photoshop File Formats Specification (2019) for
    APP13.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from gamutmeta.envelope import COMMENT_PREFIX
from gamutmeta.formats.c2pa import SEGMENT_HEAD, is_store
from gamutmeta.formats.jpeg import APP1, APP11, COM, MAX_CONTENT, XMP_SIGNATURE, iter_header, make_segment
from gamutmeta.formats.source import Source
from gamutmeta.formats.xmp_extended import EXTENSION_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamutmeta.formats.jpeg import Segment
    from gamutmeta.formats.source import SourceLike

__all__ = ["PHOTOSHOP_SIGNATURE", "JpegMetadata", "comment_segments", "photoshop_segments", "read_jpeg_metadata"]

_APP0, _APP13 = 0xE0, 0xED
PHOTOSHOP_SIGNATURE: Final = b"Photoshop 3.0\0"
"""What the content of an APP13 segment with image resources begins with."""
_IPTC_MARK = b"\x1c"
_JFIF = b"JFIF\0"
_INCHES = {1: 1.0, 2: 2.54}
"""Pixels per inch of JFIF's units of density: inch and centimetre."""


class JpegMetadata(NamedTuple):
    """What the segments say.

    Attributes:
        xmp: the XMP packet, without what is in extended ones.
        extended: the contents of segments with extended XMP, behind the signature.
        resources: Photoshop's image resources, or IPTC-IIM alone.
        comments: of others; payloads in comments are none.
        density: pixels per inch, across and down; None where no unit is named.
        is_signed: whether there is a C2PA manifest.
    """

    xmp: bytes | None
    extended: tuple[bytes, ...]
    resources: bytes | None
    comments: tuple[bytes, ...]
    density: tuple[float, float] | None
    is_signed: bool


def read_jpeg_metadata(data: SourceLike) -> JpegMetadata:
    """Read the segments before the first scan.

    Raises:
        CarrierError: the file is damaged.
    """
    source = Source.of(data)
    packets: list[bytes] = []
    extended: list[bytes] = []
    resources: list[bytes] = []
    comments: list[bytes] = []
    density = None
    for segment in iter_header(source):
        if segment.marker not in {_APP0, APP1, _APP13, COM}:
            continue
        content = source.read(segment.start, segment.end - segment.start, "JPEG segment")
        if segment.marker == COM:
            if content and not content.startswith(COMMENT_PREFIX):
                comments.append(content)
        elif segment.marker == APP1 and content.startswith(XMP_SIGNATURE):
            packets.append(content.removeprefix(XMP_SIGNATURE))
        elif segment.marker == APP1 and content.startswith(EXTENSION_SIGNATURE):
            extended.append(content.removeprefix(EXTENSION_SIGNATURE))
        elif segment.marker == _APP13 and content.startswith((PHOTOSHOP_SIGNATURE, _IPTC_MARK)):
            resources.append(content.removeprefix(PHOTOSHOP_SIGNATURE))
        elif segment.marker == _APP0 and content.startswith(_JFIF) and len(content) >= 12:
            unit, x, y = struct.unpack_from(">BHH", content, 7)
            if unit in _INCHES and x and y:
                density = (x * _INCHES[unit], y * _INCHES[unit])
    is_signed = any(_begins_a_store(source, segment) for segment in iter_header(source) if segment.marker == APP11)
    packet = packets[0] if packets else None
    return JpegMetadata(packet, tuple(extended), b"".join(resources) or None, tuple(comments), density, is_signed)


def _begins_a_store(source: Source, segment: Segment) -> bool:
    head = source.read(segment.start, min(segment.end - segment.start, SEGMENT_HEAD), "JPEG segment")
    return is_store(segment.marker, head)


def photoshop_segments(resources: bytes) -> bytes:
    """The APP13 segments of image resources; long ones run through several."""
    room = MAX_CONTENT - len(PHOTOSHOP_SIGNATURE)
    parts = [resources[start : start + room] for start in range(0, len(resources), room)]
    return b"".join(make_segment(_APP13, PHOTOSHOP_SIGNATURE + part) for part in parts)


def comment_segments(comments: Iterable[bytes]) -> bytes:
    """The COM segments of comments; what is longer than a segment runs through several."""
    return b"".join(
        make_segment(COM, comment[start : start + MAX_CONTENT])
        for comment in comments
        for start in range(0, len(comment), MAX_CONTENT)
    )
