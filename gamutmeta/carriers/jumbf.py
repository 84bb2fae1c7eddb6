"""The container in a JUMBF superbox in one APP11 segment (ISO/IEC 19566-5, Annex D.2; boxes of ISO/IEC 18477-3).

Content of the segment, integers big-endian, 75 bytes before the container::

    0   'JP'          common identifier
    2   u16  0x4761   box instance number
    4   u32  1        packet sequence number: the box is never spread over several segments
    8   u32  length   of the superbox, from here to the end of the segment
    12  'jumb'
    16  u32  35       description box
    20  'jumd'
    24  uuid          content type "UUID box"
    40  u8   0x03     requestable, has a label
    41  "gamutmeta" NUL
    51  u32  length   of the content box, from here to the end of the segment
    55  'uuid'
    59  PROJECT_UUID
    75  container
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.carriers.container_bytes import checked
from gamutmeta.errors import CarrierError, DuplicatePayloadError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "HEAD_BYTES",
    "INSTANCE",
    "LABEL",
    "LABEL_END",
    "PROJECT_UUID",
    "Packet",
    "deviations",
    "is_ours",
    "may_be_ours",
    "pack",
    "packet",
    "unpack",
]

LABEL = b"gamutmeta"
INSTANCE = 0x4761
PROJECT_UUID = bytes.fromhex("a6bebb6856db46f0a99d639f47f4c052")

HEAD_BYTES = 24
"""How much of a segment's content `packet` needs."""

LABEL_END = HEAD_BYTES + 26 + len(LABEL)
"""How much of a segment's content `may_be_ours` needs: head, head of the description box, type, toggles and label."""

_UUID_CONTENT_TYPE = bytes.fromhex("7575696400110010800000aa00389b71")
_REQUESTABLE, _LABELLED = 0x01, 0x02


class Packet(NamedTuple):
    """The head of an APP11 segment that carries a box or a part of one.

    Attributes:
        instance: box instance number (En); with `length` and `kind` it tells which box the segment belongs to.
        sequence: packet sequence number (Z), counted from 1.
        length: of the whole box (LBox, or XLBox when that is present).
        kind: box type (TBox).
        start: of the box's content, within the segment's content.
    """

    instance: int
    sequence: int
    length: int
    kind: bytes
    start: int


def pack(container: bytes) -> bytes:
    """Write the content of our APP11 segment."""
    description = _box(b"jumd", _UUID_CONTENT_TYPE + bytes((_REQUESTABLE | _LABELLED,)) + LABEL + b"\0")
    superbox = _box(b"jumb", description + _box(b"uuid", PROJECT_UUID + container))
    return struct.pack(">2sHI", b"JP", INSTANCE, 1) + superbox


def packet(content: bytes) -> Packet | None:
    """Read the head of an APP11 segment's content; None if it is no JUMBF or JPEG XT box."""
    if len(content) < 16 or content[:2] != b"JP":
        return None
    instance, sequence, length, kind = struct.unpack_from(">HII4s", content, 2)
    if length != 1:
        return Packet(instance, sequence, length, kind, 16)
    if len(content) < 24:
        return None
    return Packet(instance, sequence, int.from_bytes(content[16:24], "big"), kind, 24)


def may_be_ours(content: bytes) -> bool:
    """Tell from the first `LABEL_END` bytes of an APP11 segment's content whether the whole of it can be ours."""
    head = packet(content)
    return head is not None and head.kind == b"jumb" and _bears_our_label(content, head.start)


def is_ours(content: bytes) -> bool:
    """Tell whether an APP11 segment's content is ours, be it sound or damaged."""
    try:
        return unpack(content) is not None
    except CarrierError:
        return True


def unpack(content: bytes) -> bytes | None:
    """Take the container out of an APP11 segment's content.

    Returns:
        The container, or None if the segment is not ours.

    Raises:
        DuplicatePayloadError: two containers in one superbox.
        CarrierError: the superbox is ours, but is spread over several segments, damaged, or holds no container.
    """
    head = packet(content)
    if head is None or not may_be_ours(content):
        return None
    if head.sequence != 1 or head.length != len(content) - 8:
        raise CarrierError(
            f"carrier app11: the superbox must fill exactly one segment (packet {head.sequence}, "
            f"{head.length} bytes declared, {len(content) - 8} present)"
        )
    containers = [
        content[start + 16 : end]
        for kind, start, end in _iter_boxes(content, head.start)
        if kind == b"uuid" and content[start : start + 16] == PROJECT_UUID
    ]
    if not containers:
        return None
    if len(containers) > 1:
        raise DuplicatePayloadError("carrier app11: one superbox with two containers")
    return checked(containers[0], "app11")


def deviations(content: bytes) -> list[str]:
    """Say where a segment that `unpack` takes is not what `pack` writes."""
    head, container = packet(content), unpack(content)
    if head is None or container is None or content == pack(container):
        return []
    said = []
    if head.instance != INSTANCE:
        said.append(f"the box instance number is {head.instance:#06x}, not {INSTANCE:#06x}")
    if head.start != 16:
        said.append("the superbox has a 64-bit length")
    if len(list(_iter_boxes(content, head.start))) > 2:
        said.append("the superbox holds further boxes")
    return said or ["the description box is not the one that is written"]


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _bears_our_label(content: bytes, start: int) -> bool:
    """Look at the description box, which is the first one in a superbox."""
    if content[start + 4 : start + 8] != b"jumd":
        return False
    toggles = content[start + 24 : start + 25]
    label = content[start + 25 : start + 26 + len(LABEL)]
    return bool(toggles) and bool(toggles[0] & _LABELLED) and label == LABEL + b"\0"


def _iter_boxes(content: bytes, offset: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk sibling boxes to the end of the content: type, start and end of what each holds."""
    while offset < len(content):
        if offset + 8 > len(content):
            raise CarrierError("carrier app11: a box is cut off")
        length, kind = struct.unpack_from(">I4s", content, offset)
        if length < 8 or offset + length > len(content):
            raise CarrierError(f"carrier app11: box {kind!r} declares {length} bytes and does not fit")
        yield kind, offset + 8, offset + length
        offset += length
