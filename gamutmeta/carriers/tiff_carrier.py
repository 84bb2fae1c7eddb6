"""Carrier "tiff": the container as a private field in the first directory of a TIFF file.

The field has type BYTE, since UNDEFINED is damaged by Pillow 11.0 to 12.3 when it writes compressed TIFF. It is ours
only if its value begins with the container's magic number; the tag number alone means nothing.

`embed` appends to the file, integers in the file's byte order::

    padding to an even offset (BigTIFF: a multiple of 8)
    container
    padding likewise
    the new directory
    u64 offset of the directory it replaces | u64 length the file had before

Nothing points at the last 16 bytes. They let `strip` restore the file exactly as long as nothing was appended since.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from gamutmeta.carriers.container_bytes import MAGIC, MAX_CONTAINER, Extracted, checked
from gamutmeta.errors import CarrierError, DuplicatePayloadError, NoPayloadError, PayloadTooLargeError
from gamutmeta.formats.source import Source
from gamutmeta.formats.tiff import (
    BYTE,
    Entry,
    Ifd,
    Layout,
    iter_ifds,
    pack_ifd,
    read_ifd0,
    read_ifd_at,
    read_value,
    rewrite_ifd0,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TAG", "deviations", "embed", "extract", "find", "strip"]

TAG = 65_357
"""Private field number, from the range 65000-65535 that TIFF 6.0 leaves to experiments; not registered with Adobe."""

_CARRIER = "tiff"
_UNDO_BYTES = 16


def extract(source: Source) -> Extracted:
    """Take the container out of the first page's directory, reading nothing but that directory and the value.

    Raises:
        NoPayloadError: there is none.
        DuplicatePayloadError: two of them.
        PayloadTooLargeError: the field is larger than any container.
        CarrierError: the file is damaged.
    """
    ifd = read_ifd0(source)
    ours = [entry for entry in ifd.entries if _is_ours(source, entry)]
    if not ours:
        raise NoPayloadError(f"TIFF: no gamutmeta payload in tag {TAG} of the first page")
    if len(ours) > 1:
        raise DuplicatePayloadError(f"TIFF: {len(ours)} payloads in tag {TAG} of the first page")
    if ours[0].count > MAX_CONTAINER:
        raise PayloadTooLargeError(f"TIFF: tag {TAG} holds {ours[0].count} bytes; no container is that large")
    return Extracted(checked(read_value(source, ours[0]), _CARRIER), _CARRIER)


def find(data: bytes) -> list[str]:
    """Name the carrier of every payload in the file, also on further pages, where `extract` does not look."""
    source = Source.of(data)
    return [_CARRIER for ifd in iter_ifds(source) for entry in ifd.entries if _is_ours(source, entry)]


def deviations(data: bytes) -> list[str]:
    """Say where the payload is wrapped or placed otherwise than writers do it, though readers take it.

    Args:
        data: a file that `extract` takes.
    """
    source = Source.of(data)
    ifd = read_ifd0(source)
    taken = next(entry for entry in ifd.entries if _is_ours(source, entry))
    tags = [entry.tag for entry in ifd.entries]
    said = []
    if tags != sorted(tags):
        said.append("the entries of the first directory are not sorted by tag")
    if not taken.inline and taken.value_offset % ifd.layout.alignment:
        said.append(f"the value does not lie at a multiple of {ifd.layout.alignment} bytes")
    if tags.count(TAG) > 1:
        said.append(f"something that is no payload has tag {TAG} as well")
    further = 0
    with suppress(CarrierError):
        for page in iter_ifds(source):
            further += sum(_is_ours(source, entry) for entry in page.entries)
    if further > 1:
        said.append("there is a payload on a further page as well, which is not read")
    return said


def embed(data: bytes, container: bytes, carrier: str) -> bytes:
    """Add the container to the first page's directory; the file must not carry one yet.

    Raises:
        PayloadTooLargeError: the container is larger than any carrier takes.
        CarrierError: the file is damaged, somebody else uses our tag, or the container has no magic number.
    """
    container = checked(container, carrier)
    ifd, *_ = iter_ifds(data)  # all pages, so that a damaged file is refused
    if any(entry.tag == TAG for entry in ifd.entries):
        raise CarrierError(f"TIFF: tag {TAG} of the first page is taken by something that is no gamutmeta payload")
    undo = struct.pack(ifd.layout.order + "QQ", ifd.offset, len(data))
    return rewrite_ifd0(data, add=[(TAG, BYTE, len(container), container)], trailer=undo)


def strip(data: bytes) -> bytes:
    """Remove every payload, on further pages too; a file without one comes back unchanged.

    What `embed` appended last is cut off again. Otherwise the field is taken out of its directory where that stands,
    and the container's bytes are overwritten with zeros.

    Raises:
        CarrierError: the file is damaged.
    """
    source = Source.of(data)
    directories = list(iter_ifds(source))
    ours = [entry for ifd in directories for entry in ifd.entries if _is_ours(source, entry)]
    if not ours:
        return data
    restored = _undo_embed(data, source, directories[0], ours[0]) if len(ours) == 1 else None
    return _blank(data, directories, ours) if restored is None else restored


def _is_ours(source: Source, entry: Entry) -> bool:
    return (
        entry.tag == TAG
        and entry.type == BYTE
        and entry.count >= len(MAGIC)
        and source.peek(entry.value_offset, len(MAGIC)) == MAGIC
    )


def _undo_embed(data: bytes, source: Source, ifd: Ifd, payload: Entry) -> bytes | None:
    """Restore the file as it was before `embed`; None unless its tail is exactly what `embed` appended."""
    layout = ifd.layout
    if payload not in ifd.entries or ifd.end + _UNDO_BYTES != source.size:
        return None
    old_offset, old_size = struct.unpack_from(layout.order + "QQ", data, ifd.end)
    value_end = old_size
    if not payload.inline:
        value_start = _aligned(layout, old_size)
        value_end = value_start + payload.count
        if payload.value_offset != value_start or any(data[old_size:value_start]):
            return None
    if _aligned(layout, value_end) != ifd.offset:
        return None
    try:
        old = read_ifd_at(source, old_offset)
    except CarrierError:
        return None
    was = [entry.raw for entry in sorted(old.entries, key=lambda entry: entry.tag)]
    kept = [entry.raw for entry in ifd.entries if entry != payload]
    if old.end > old_size or old.next_offset != ifd.next_offset or was != kept:
        return None
    pointer = struct.pack(layout.offset_format, old_offset)
    return b"".join((data[: layout.pointer], pointer, data[layout.pointer + len(pointer) : old_size]))


def _aligned(layout: Layout, offset: int) -> int:
    return offset + -offset % layout.alignment


def _blank(data: bytes, directories: Sequence[Ifd], ours: Sequence[Entry]) -> bytes:
    """Overwrite the payloads with zeros and close the gaps they leave in their directories."""
    blanked = bytearray(data)
    position = 0
    for start, end in sorted((entry.value_offset, entry.value_offset + entry.count) for entry in ours):
        if end > len(data):
            raise CarrierError(f"TIFF: the value of tag {TAG} at byte {start} runs past the end of the file")
        # Values overlap in hostile files; writing no byte twice keeps the time linear.
        fresh = max(start, position)
        if fresh < end:
            blanked[fresh:end] = bytes(end - fresh)
            position = end
    gone = set(ours)
    expected = []
    for ifd in directories:
        kept = [entry.raw for entry in ifd.entries if entry not in gone]
        expected.append(kept)
        if len(kept) < len(ifd.entries):
            shorter = pack_ifd(ifd.layout, kept, ifd.next_offset)
            blanked[ifd.offset : ifd.end] = shorter.ljust(ifd.end - ifd.offset, b"\0")
    result = bytes(blanked)
    if [[entry.raw for entry in ifd.entries] for ifd in iter_ifds(result)] != expected:
        raise CarrierError(f"TIFF: the value of tag {TAG} overlaps the directories; it cannot be removed")
    return result
