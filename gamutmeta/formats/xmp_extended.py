"""XMP packets longer than a JPEG's segment: one packet that fits, and an extended one with the properties that do not.

References:
    Adobe XMP part 3 (2020), section 1.1.3.1 (Extended XMP in JPEG).
"""

from __future__ import annotations

import hashlib
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import APP1, MAX_CONTENT, XMP_SIGNATURE, make_segment
from gamutmeta.formats.xmp_packet import RDF, NewProperty, Packet, Property, edited, read_packet, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["EXTENSION_SIGNATURE", "XmpParts", "joined_xmp", "split_xmp", "xmp_segments"]

EXTENSION_SIGNATURE = b"http://ns.adobe.com/xmp/extension/\0"
"""What the content of an APP1 segment with a portion of extended XMP begins with."""

_NOTE = "http://ns.adobe.com/xmp/note/"
_MAX_MAIN = MAX_CONTENT - len(XMP_SIGNATURE)
_HEAD = struct.Struct(">32sII")
"""Of a portion: digest of the extended packet, its length, and where in it the portion begins."""
_PORTION = 65_000
_PADDING = re.compile(rb"(?<!\s)\s+(?=<\?xpacket end)")

_INCOMPLETE = "a part of the XMP packet (extended XMP) is missing or damaged, and was left out"


class XmpParts(NamedTuple):
    """A packet as a JPEG stores it.

    Attributes:
        main: at most as long as a segment.
        extended: the rest; None where all of it fits.
    """

    main: bytes
    extended: bytes | None = None


def joined_xmp(xmp: bytes, portions: Iterable[bytes], max_bytes: int) -> tuple[bytes, tuple[str, ...]]:
    """A packet with what its extended packet holds.

    Args:
        xmp: the packet of a JPEG.
        portions: the contents, behind the signature, of its segments with extended XMP.
        max_bytes: how long the extended packet may be.

    Returns:
        The packet, whole, and notes on what is missing.
    """
    try:
        main = read_packet(xmp)
    except CarrierError:
        return xmp, ()
    digest = next((p.value for p in main.find(_NOTE, "HasExtendedXMP")), "")
    if not digest:
        return xmp, ()
    try:
        extended = read_packet(_assembled(digest.encode(), portions, max_bytes))
    except CarrierError:
        return xmp, (_INCOMPLETE,)
    if main.place is None:
        return xmp, (_INCOMPLETE,)
    content = b"".join(_descriptions(extended, extended.properties, main.about))
    if main.closing:
        content = b">" + content + main.closing
    return b"".join((main.data[: main.place], content, main.data[main.place + main.cut :])), ()


def split_xmp(xmp: bytes) -> XmpParts | None:
    """A packet as a JPEG stores it; the longest properties go into the extended one.

    Returns:
        None if that cannot be: the packet is not well-formed, or what is beside its properties is too long.
    """
    xmp = xmp if len(xmp) <= _MAX_MAIN else _PADDING.sub(b"\n", xmp)
    if len(xmp) <= _MAX_MAIN:
        return XmpParts(xmp)
    try:
        packet = read_packet(xmp)
    except CarrierError:
        return None
    if packet.place is None:
        return None
    placeholder = NewProperty(_NOTE, "HasExtendedXMP", ("0" * 32,))
    excess = len(edited(packet, add=[placeholder])) - _MAX_MAIN
    gone: list[Property] = []
    for longest in sorted(packet.properties, key=lambda p: p.start - p.end):
        if excess <= 0:
            break
        gone.append(longest)
        excess -= longest.end - longest.start
    if excess > 0:
        return None
    gone.sort(key=lambda p: p.start)
    body = b"".join(_descriptions(packet, gone, packet.about))
    head = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'.encode()
    extended = head + body + b"</rdf:RDF></x:xmpmeta>"
    digest = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    return XmpParts(edited(packet, remove=gone, add=[placeholder._replace(values=(digest,))]), extended)


def xmp_segments(parts: XmpParts) -> bytes:
    """The APP1 segments of a packet."""
    segments = [make_segment(APP1, XMP_SIGNATURE + parts.main)]
    extended = parts.extended or b""
    digest = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper().encode()
    for offset in range(0, len(extended), _PORTION):
        head = EXTENSION_SIGNATURE + _HEAD.pack(digest, len(extended), offset)
        segments.append(make_segment(APP1, head + extended[offset : offset + _PORTION]))
    return b"".join(segments)


def _assembled(digest: bytes, portions: Iterable[bytes], max_bytes: int) -> bytes:
    """The extended packet with a digest.

    Raises:
        CarrierError: a portion is missing, or they do not fit together.
    """
    found: dict[int, bytes] = {}
    size = 0
    for portion in portions:
        if len(portion) < _HEAD.size:
            continue
        name, size_here, offset = _HEAD.unpack_from(portion)
        if name.upper() == digest.upper():
            size = size_here
            found.setdefault(offset, portion[_HEAD.size :])
    position, kept = 0, []
    while size <= max_bytes and position < size and found.get(position):
        kept.append(found[position])
        position += len(kept[-1])
    if not size or position != size:
        raise CarrierError("XMP: a portion of the extended packet is missing")
    return b"".join(kept)


def _descriptions(packet: Packet, properties: Sequence[Property], about: str) -> Iterable[bytes]:
    """Properties of a packet as descriptions that can stand in another one."""
    nodes: dict[int, list[Property]] = {}
    for found in properties:
        nodes.setdefault(found.node, []).append(found)
    for number, inside in nodes.items():
        start, end = tags_of(about, packet.scopes[number])
        yield start
        yield from (packet.data[p.start : p.end] for p in inside if p.is_attribute)
        yield b">"
        yield from (packet.data[p.start : p.end] for p in inside if not p.is_attribute)
        yield end
