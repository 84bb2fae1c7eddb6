"""Exif directories as raw fields: read out of a TIFF structure, written into another one.

Fields keep their type and bytes, so nothing is reinterpreted on the way. Only fields that stand on their own can move:
what holds file offsets of its own (strips, sub-pictures, maker notes) is for the caller to leave out.

References:
    CIPA DC-008-2019 (Exif 2.32), section 4.6: IFD0 with pointers to the Exif, GPS and interoperability directories.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from gamutmeta.errors import CarrierError
from gamutmeta.formats.source import Source
from gamutmeta.formats.tiff import Entry, Layout, pack_ifd, read_ifd0, read_ifd_at, read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gamutmeta.formats.source import SourceLike

__all__ = [
    "EXIF_POINTER",
    "GPS_POINTER",
    "INTEROP_POINTER",
    "ExifTree",
    "Field",
    "pack_directory",
    "pack_sub_directories",
    "pack_tree",
    "read_tree",
]

EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005
_POINTERS = {EXIF_POINTER, GPS_POINTER, INTEROP_POINTER}

_LONG, _SLONG, _IFD = 4, 9, 13
_LONG8, _SLONG8, _IFD8 = 16, 17, 18
_POINTER_TYPES = {_LONG, _IFD, _LONG8, _IFD8}
"""Of pointers to directories; libtiff writes the last two into BigTIFF files (OpenImageIO, libvips, GDAL)."""
_NARROWER = {_LONG8: (_LONG, "Q", "I"), _SLONG8: (_SLONG, "q", "i"), _IFD8: (_LONG, "Q", "I")}
"""BigTIFF's types: what they become in Exif, and the formats of both in `struct`."""
_MAX_EXIF_TYPE = 12
"""The types of TIFF 6.0; later ones are unknown to Exif readers."""
_MAX_VALUES = 16 << 20
"""Bytes of all values together: a hostile file can have every field point at the same large one."""
_SWAP_UNIT = {3: 2, 8: 2, 4: 4, 9: 4, 11: 4, 5: 4, 10: 4, 12: 8}
"""Bytes that are reversed together between byte orders; other types are single bytes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: tag, field type, number of values, and the values in the byte order of its tree."""

    tag: int
    type: int
    count: int
    value: bytes


@dataclass(frozen=True, slots=True)
class ExifTree:
    """The directories of an Exif structure, without the pointers between them.

    Attributes:
        order: byte order of all values, in the notation of `struct`.
        image: IFD0.
        photo: the Exif directory.
        gps: the GPS directory.
        interop: the interoperability directory.
    """

    order: Literal["<", ">"]
    image: tuple[Field, ...] = ()
    photo: tuple[Field, ...] = ()
    gps: tuple[Field, ...] = ()
    interop: tuple[Field, ...] = ()

    def without(self, *, image: Iterable[int] = (), photo: Iterable[int] = ()) -> ExifTree:
        """A copy that lacks these tags of IFD0 and of the Exif directory."""
        return replace(
            self,
            image=tuple(field for field in self.image if field.tag not in image),
            photo=tuple(field for field in self.photo if field.tag not in photo),
        )

    def updated(self, other: ExifTree) -> ExifTree:
        """This one with the fields of another one, of the same byte order, which take the place of its own."""
        directories = []
        for own, new in zip(self.directories, other.directories, strict=True):
            fields = {field.tag: field for field in (*own, *new)}
            directories.append(tuple(fields[tag] for tag in sorted(fields)))
        return ExifTree(self.order, *directories)

    @property
    def directories(self) -> tuple[tuple[Field, ...], ...]:
        """All four of them."""
        return self.image, self.photo, self.gps, self.interop

    def without_fields(self, gone: Iterable[Field]) -> ExifTree:
        """A copy that lacks these very fields, wherever they are."""
        those = {id(field) for field in gone}
        return ExifTree(self.order, *(tuple(f for f in fields if id(f) not in those) for fields in self.directories))

    def with_byte_order(self, order: Literal["<", ">"]) -> ExifTree:
        """The same in a byte order."""
        if order == self.order:
            return self
        return ExifTree(order, *(tuple(_swapped(field) for field in fields) for fields in self.directories))


def read_tree(source: SourceLike, keep: Callable[[int], bool]) -> ExifTree:
    """Read the directories of a TIFF file or of the TIFF structure inside an Exif block.

    Fields of unknown type or whose values lie outside the file, and damaged directories below IFD0, are left out. The
    64-bit integers of BigTIFF become 32-bit ones.

    Args:
        source: the structure, beginning with its byte-order mark.
        keep: tells by its tag whether a field of IFD0 is wanted.

    Raises:
        CarrierError: if IFD0 is damaged, or the fields are larger than any real ones.
    """
    source = Source.of(source)
    budget = _MAX_VALUES

    def fields_of(entries: Sequence[Entry], wanted: Callable[[int], bool]) -> tuple[Field, ...]:
        nonlocal budget
        fields: dict[int, Field] = {}
        for entry in entries:
            if entry.tag in _POINTERS or entry.tag in fields or not wanted(entry.tag) or not _readable(entry, source):
                continue
            budget -= entry.nbytes or 0
            if budget < 0:
                raise CarrierError("Exif: the fields are too large")
            field = _narrowed(Field(entry.tag, entry.type, entry.count, read_value(source, entry)), ifd0.layout.order)
            if field is not None:
                fields[entry.tag] = field
        return tuple(fields.values())

    def directory_at(entries: Sequence[Entry], pointer: int) -> Sequence[Entry]:
        for entry in entries:
            if entry.tag == pointer and entry.type in _POINTER_TYPES and entry.count == 1:
                # Writers leave stale pointers behind, Pillow among them; that is no reason to lose the other fields.
                with suppress(CarrierError):
                    raw = read_value(source, entry)
                    offset = struct.unpack(ifd0.layout.order + ("I" if len(raw) == 4 else "Q"), raw)[0]
                    return read_ifd_at(source, offset).entries
        return ()

    ifd0 = read_ifd0(source)
    photo = directory_at(ifd0.entries, EXIF_POINTER)
    return ExifTree(
        ifd0.layout.order,
        fields_of(ifd0.entries, keep),
        fields_of(photo, lambda _: True),
        fields_of(directory_at(ifd0.entries, GPS_POINTER), lambda _: True),
        fields_of(directory_at(photo, INTEROP_POINTER), lambda _: True),
    )


def pack_tree(tree: ExifTree) -> bytes:
    """A TIFF structure of all directories, from its byte-order mark on, as it stands in an Exif block."""
    layout = Layout(tree.order, big=False)
    start = 8
    pointers = [Field(tag, _LONG, 1, bytes(4)) for tag in _sub_directories(tree)]
    size = _directory_size(layout, [*tree.image, *pointers])
    rest, pointers = pack_sub_directories(tree, layout, start + size)
    mark = {"<": b"II", ">": b"MM"}[tree.order]
    header = mark + struct.pack(tree.order + "HI", 42, start)
    return header + pack_directory(layout, [*tree.image, *pointers], start) + rest


def pack_sub_directories(tree: ExifTree, layout: Layout, offset: int) -> tuple[bytes, list[Field]]:
    """The Exif, GPS and interoperability directories of a tree, made to stand at an offset.

    Args:
        tree: in the byte order of `layout`.
        layout: of the file they are for.
        offset: where in that file they begin; even.

    Returns:
        The bytes, and the fields of IFD0 that point at the directories.
    """
    packed = b""
    pointers: list[Field] = []
    for tag, fields in _sub_directories(tree).items():
        extra: list[Field] = []
        if tag == EXIF_POINTER and tree.interop:
            extra = [_pointer(layout, INTEROP_POINTER, offset + len(packed))]
            packed += pack_directory(layout, tree.interop, offset + len(packed))
        pointers.append(_pointer(layout, tag, offset + len(packed)))
        packed += pack_directory(layout, [*fields, *extra], offset + len(packed))
    return packed, pointers


def pack_directory(layout: Layout, fields: Sequence[Field], offset: int, *, kept: Sequence[Entry] = ()) -> bytes:
    """A directory, followed by those values that do not fit into it.

    Args:
        layout: of the file it is for.
        fields: in the byte order of `layout`.
        offset: where in that file it will stand; even.
        kept: further entries, whose values stand in the file already.
    """
    end = offset + struct.calcsize(layout.count_format) + layout.offset_size
    end += (len(fields) + len(kept)) * struct.calcsize(layout.entry_format)
    values = bytearray()
    entries = {entry.tag: entry.raw for entry in kept}
    for field in fields:
        slot = field.value.ljust(layout.offset_size, b"\0")
        if len(slot) > layout.offset_size:
            slot = struct.pack(layout.offset_format, end + len(values))
            values += field.value + bytes(len(field.value) % 2)
        entries[field.tag] = struct.pack(layout.entry_format, field.tag, field.type, field.count, slot)
    return pack_ifd(layout, [entries[tag] for tag in sorted(entries)], 0) + bytes(values)


def _sub_directories(tree: ExifTree) -> dict[int, tuple[Field, ...]]:
    """The directories that IFD0 points at, by pointer."""
    result = {}
    if tree.photo or tree.interop:
        result[EXIF_POINTER] = tree.photo
    if tree.gps:
        result[GPS_POINTER] = tree.gps
    return result


def _readable(entry: Entry, source: Source) -> bool:
    known = entry.type <= _MAX_EXIF_TYPE or entry.type in _NARROWER
    return known and bool(entry.nbytes) and entry.value_offset + (entry.nbytes or 0) <= source.size


def _narrowed(field: Field, order: str) -> Field | None:
    """The field in a type of Exif; None if its numbers do not fit one."""
    if field.type not in _NARROWER:
        return field
    kind, wide, narrow = _NARROWER[field.type]
    try:
        value = struct.pack(f"{order}{field.count}{narrow}", *struct.unpack(f"{order}{field.count}{wide}", field.value))
    except struct.error:
        return None
    return Field(field.tag, kind, field.count, value)


def _swapped(field: Field) -> Field:
    unit = _SWAP_UNIT.get(field.type, 1)
    return replace(field, value=np.frombuffer(field.value, f"u{unit}").byteswap().tobytes())


def _pointer(layout: Layout, tag: int, offset: int) -> Field:
    if layout.big and offset >= 1 << 32:
        return Field(tag, _LONG8, 1, struct.pack(layout.order + "Q", offset))
    return Field(tag, _LONG, 1, struct.pack(layout.order + "I", offset))


def _directory_size(layout: Layout, fields: Sequence[Field]) -> int:
    return len(pack_directory(layout, fields, 0))
