"""What an EXIF block says about pixels that have changed: their number, and the thumbnail.

Everything else stays where it is, so that maker notes, which hold offsets, stay readable.

References:
    CIPA DC-008-2019 (Exif 2.32), sections 4.5.4 and 4.5.5 (IFD1, the thumbnail), 4.6.5 (PixelXDimension).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif_fields import EXIF_PREFIX, find_field, order_of, patched
from gamutmeta.formats.exif_tree import EXIF_POINTER, INTEROP_POINTER, read_tree
from gamutmeta.formats.source import Source
from gamutmeta.formats.tiff import read_ifd0, read_ifd_at, read_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.formats.tiff import Ifd

__all__ = ["with_pixel_dimensions", "without_thumbnail"]

_DIMENSIONS = (
    ((), 0x0100, 0x0101),  # ImageWidth, ImageLength; not for JPEGs, but some cameras write them there
    ((EXIF_POINTER,), 0xA002, 0xA003),  # PixelXDimension, PixelYDimension
    ((EXIF_POINTER, INTEROP_POINTER), 0x1001, 0x1002),  # RelatedImageWidth, RelatedImageLength
)
"""Pointers to a directory, and the tags of width and height in it."""
_PLACES = ((0x0201, 0x0202), (0x0111, 0x0117))
"""Tags of IFD1 with the offset and the length of the thumbnail: as a JPEG, or in strips."""
_MAX_ENTRIES = 64
"""Of a thumbnail's directory; real ones have a dozen."""
_MAX_STRIPS = 64


def with_pixel_dimensions(exif: bytes | None, width: int, height: int) -> bytes | None:
    """The block with the size of the picture, in those of its fields that tell one. Adds no field."""
    for pointers, *tags in _DIMENSIONS:
        for tag, number in zip(tags, (width, height), strict=True):
            entry = find_field(exif, tag, *pointers)
            if entry is not None and number < 1 << (8 * (entry.nbytes or 0)):
                exif = patched(exif, entry, number)
    return exif


def without_thumbnail(exif: bytes | None) -> bytes | None:
    """The block without its thumbnail.

    Its bytes are cut off where they are the last ones, as mostly, and become zeros elsewhere.
    """
    if exif is None:
        return None
    body = exif.removeprefix(EXIF_PREFIX)
    try:
        ifd0 = read_ifd0(body)
        if not ifd0.next_offset or ifd0.layout.big:
            return exif
        fields = read_tree(body, lambda _: True)
    except CarrierError:
        return exif
    unlinked = bytearray(body)
    struct.pack_into(order_of(exif) + "I", unlinked, ifd0.end - 4, 0)
    erased = _erased(bytes(unlinked), list(_spans(body, ifd0.next_offset)))
    try:
        # A directory that shares bytes with the others is left where it is, and nothing leads to it any more.
        is_alone = read_tree(erased, lambda _: True) == fields
    except CarrierError:
        is_alone = False
    return EXIF_PREFIX + (erased if is_alone else bytes(unlinked))


def _erased(body: bytes, spans: list[tuple[int, int]]) -> bytes:
    if sum(end - start for start, end in spans) > len(body):
        return body
    rest, size = bytearray(body), len(body)
    for start, end in sorted(spans, key=lambda span: -span[1]):
        rest[start:end] = bytes(end - start)
        # Values begin at even offsets, so that a byte may be left between two of them.
        size = start if end + 1 >= size else size
    return bytes(rest[:size])


def _spans(body: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """First byte and end of everything that belongs to the thumbnail."""
    source = Source.of(body)
    try:
        ifd1 = read_ifd_at(source, offset)
    except CarrierError:
        return
    if len(ifd1.entries) > _MAX_ENTRIES:
        return
    yield ifd1.offset, ifd1.end
    for entry in ifd1.entries:
        if entry.nbytes and not entry.inline and entry.value_offset + entry.nbytes <= len(body):
            yield entry.value_offset, entry.value_offset + entry.nbytes
    for start_tag, length_tag in _PLACES:
        for start, length in zip(_numbers(source, ifd1, start_tag), _numbers(source, ifd1, length_tag), strict=False):
            if length and start + length <= len(body):
                yield start, start + length


def _numbers(source: Source, ifd: Ifd, tag: int) -> tuple[int, ...]:
    entry = next((entry for entry in ifd.entries if entry.tag == tag), None)
    if entry is None or entry.type not in {3, 4} or not 0 < entry.count <= _MAX_STRIPS:
        return ()
    letter = "H" if entry.type == 3 else "I"
    try:
        return struct.unpack(f"{ifd.layout.order}{entry.count}{letter}", read_value(source, entry))
    except CarrierError:
        return ()
