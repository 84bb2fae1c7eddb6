"""Single fields of an EXIF block, found and changed where they stand: nothing else moves.

A block is as :mod:`gamutmeta.formats.exif` carries it. Where damage is met, there is no field.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif_tree import ExifTree, Field, pack_tree
from gamutmeta.formats.source import Source
from gamutmeta.formats.tiff import Entry, read_ifd0, read_ifd_at, read_value, rewrite_ifd0

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXIF_PREFIX", "find_field", "number_at", "order_of", "patched", "span_of", "with_fields"]

EXIF_PREFIX = b"Exif\0\0"

_INTEGERS = {1: "B", 3: "H", 4: "I"}
"""BYTE, SHORT and LONG, in the notation of `struct`: writers are not strict about which of them a field has."""


def with_fields(exif: bytes | None, fields: Sequence[Field]) -> bytes:
    """The block, or a new one, with these fields in IFD0; nothing that stands in it moves.

    Args:
        exif: a block that :func:`checked_exif` has let through.
        fields: in its byte order; in "<" for a new one.
    """
    if exif is None:
        return EXIF_PREFIX + pack_tree(ExifTree("<", tuple(fields)))
    entries = [(field.tag, field.type, field.count, field.value) for field in fields]
    return EXIF_PREFIX + rewrite_ifd0(exif.removeprefix(EXIF_PREFIX), entries)


def find_field(exif: bytes | None, tag: int, *pointers: int) -> Entry | None:
    """The entry of a tag, in IFD0 or in the directory that these pointers lead to; None also where damage is met."""
    if exif is None:
        return None
    source = Source.of(memoryview(exif)[len(EXIF_PREFIX) :])
    try:
        ifd = read_ifd0(source)
        for pointer in pointers:
            entry = next((e for e in ifd.entries if e.tag == pointer and e.nbytes == 4), None)
            if entry is None:
                return None
            ifd = read_ifd_at(source, struct.unpack(ifd.layout.order + "I", read_value(source, entry))[0])
        entry = next((e for e in ifd.entries if e.tag == tag and e.nbytes), None)
        if entry is not None:
            read_value(source, entry)
    except CarrierError:
        return None
    return entry


def span_of(entry: Entry) -> tuple[int, int]:
    """Where the entry's value lies in the block."""
    start = len(EXIF_PREFIX) + entry.value_offset
    return start, start + (entry.nbytes or 0)


def order_of(exif: bytes) -> Literal["<", ">"]:
    """The byte order of the block, in the notation of `struct`."""
    return "<" if exif[len(EXIF_PREFIX) :].startswith(b"II") else ">"


def number_at(exif: bytes | None, entry: Entry | None) -> int | None:
    """The whole number that a field holds; None where it holds none, or several."""
    if exif is None or entry is None or entry.count != 1 or entry.type not in _INTEGERS:
        return None
    number: int = struct.unpack_from(order_of(exif) + _INTEGERS[entry.type], exif, span_of(entry)[0])[0]
    return number


def patched(exif: bytes | None, entry: Entry | None, number: int) -> bytes | None:
    """The block with another whole number in a field; as it is where the field is no such number."""
    if exif is None or entry is None or entry.count != 1 or entry.type not in _INTEGERS:
        return exif
    start, end = span_of(entry)
    # A number that does not fit its field, such as 65535 in a byte, is no more wrong than what stands there.
    value = struct.pack(order_of(exif) + "I", number)
    size = end - start
    return exif[:start] + (value[:size] if order_of(exif) == "<" else value[-size:]) + exif[end:]
