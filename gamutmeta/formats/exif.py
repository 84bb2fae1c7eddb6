r"""EXIF on its way from one file to another.

Inside gamutmeta an EXIF block is what Pillow's ``save(exif=...)`` takes: ``b"Exif\0\0"`` and a TIFF structure. It is
carried byte for byte, and only ever changed in place, as long as it moves between JPEG, PNG and HEIF files. Between
those and TIFF its fields move into other directories; maker notes hold offsets that such a move breaks, so they are
left out there (DNG's MakerNoteSafety makes the same assumption).

References:
    CIPA DC-008-2019 (Exif 2.32); CIPA DC-010-2020 (DCF 2.0) for the interoperability index.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif_tree import EXIF_POINTER, INTEROP_POINTER, ExifTree, Field, pack_tree, read_tree
from gamutmeta.formats.source import Source
from gamutmeta.formats.tiff import Entry, read_ifd0, read_ifd_at, read_layout, read_value, rewrite_ifd0

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.formats.source import SourceLike

__all__ = [
    "EXIF_PREFIX",
    "MAX_PACKET",
    "ORIENTATION_TAG",
    "checked_exif",
    "declared_space",
    "exif_of_tiff",
    "orientation_of",
    "shortened_exif",
    "tree_for_tiff",
    "upright_exif",
    "with_declared_space",
    "with_orientation",
]

EXIF_PREFIX = b"Exif\0\0"

MAX_PACKET = 64 << 20
"""Bytes of a profile or packet of metadata that are read at most, also after decompression."""

ORIENTATION_TAG = 0x0112
_COLOR_SPACE = 0xA001
_INTEROP_INDEX = 0x0001
_MAKER_NOTE = 0x927C
_UNCALIBRATED = 0xFFFF

_SHORT = 3
_INTEGERS = {1: "B", 3: "H", 4: "I"}
"""BYTE, SHORT and LONG, in the notation of `struct`: writers are not strict about which of them a field has."""

_DESCRIPTIVE = frozenset(
    {
        0x010D,  # DocumentName
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        ORIENTATION_TAG,
        0x011A,  # XResolution
        0x011B,  # YResolution
        0x0128,  # ResolutionUnit
        0x0131,  # Software
        0x0132,  # DateTime
        0x013B,  # Artist
        0x013C,  # HostComputer
        0x4746,  # Rating
        0x4749,  # RatingPercent
        0x8298,  # Copyright
        0x9C9B,  # XPTitle
        0x9C9C,  # XPComment
        0x9C9D,  # XPAuthor
        0x9C9E,  # XPKeywords
        0x9C9F,  # XPSubject
    },
)
"""Tags of IFD0 that say something about the photograph; all others say how this file stores it."""

_CODED_PICTURE = (_COLOR_SPACE, 0xA002, 0xA003, 0x9101, 0x9102)
"""Tags of the Exif directory about the pixels: ColorSpace, PixelXDimension, PixelYDimension, ComponentsConfiguration,
CompressedBitsPerPixel. A developed raw has others."""


def checked_exif(exif: bytes | None) -> bytes | None:
    """An EXIF block as it is carried here: with its prefix, and None if it is empty or its directories are damaged."""
    if not exif:
        return None
    body = exif.removeprefix(EXIF_PREFIX)
    try:
        read_tree(body, lambda _: True)
    except CarrierError:
        return None
    return EXIF_PREFIX + body


def exif_of_tiff(source: SourceLike, *, is_raw: bool = False) -> bytes | None:
    """An EXIF block of what a TIFF file says about the photograph, without what it says about its storage.

    Args:
        source: the file.
        is_raw: it is a raw photograph, which was developed and turned upright meanwhile.

    Returns:
        The block, or None if the file says nothing.

    Raises:
        CarrierError: if the directories are damaged.
    """
    tree = read_tree(source, _DESCRIPTIVE.__contains__).without(photo=[_MAKER_NOTE])
    if is_raw:
        tree = tree.without(image=[ORIENTATION_TAG], photo=_CODED_PICTURE)
    if not (tree.image or tree.photo or tree.gps):
        return None
    return EXIF_PREFIX + pack_tree(tree)


def tree_for_tiff(exif: bytes) -> ExifTree:
    """The fields of an EXIF block that belong into a TIFF file.

    Raises:
        CarrierError: if the block is damaged.
    """
    tree = read_tree(exif.removeprefix(EXIF_PREFIX), _DESCRIPTIVE.__contains__)
    return tree.without(photo=[_MAKER_NOTE])


def shortened_exif(exif: bytes, limit: int) -> bytes | None:
    """The EXIF block, if need be without maker notes and thumbnail, or None if that is still longer than `limit`.

    Raises:
        CarrierError: if the block is damaged.
    """
    if len(exif) <= limit:
        return exif
    short = EXIF_PREFIX + pack_tree(tree_for_tiff(exif))
    return short if len(short) <= limit else None


def orientation_of(exif: bytes | None) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none."""
    number = _number_at(exif, _find(exif, ORIENTATION_TAG))
    return number if number is not None and 1 <= number <= 8 else 1


def with_orientation(exif: bytes | None, orientation: int) -> bytes:
    """The block, or a new one, with an orientation that it did not have; one that it has stays."""
    if exif is not None and _find(exif, ORIENTATION_TAG) is not None:
        return exif
    order = "<" if exif is None else read_layout(exif.removeprefix(EXIF_PREFIX)).order
    return _with_fields(exif, [Field(ORIENTATION_TAG, _SHORT, 1, struct.pack(order + "H", orientation))])


def upright_exif(exif: bytes | None) -> bytes | None:
    """The block with orientation 1, for pixels that were turned already."""
    return _patched(exif, _find(exif, ORIENTATION_TAG), 1)


def declared_space(exif: bytes | None) -> str | None:
    """The colour space the block names: ``"srgb"``, ``"adobe-rgb"`` or None."""
    number = _number_at(exif, _find(exif, _COLOR_SPACE, EXIF_POINTER))
    if number in {1, 2}:  # 2 is no part of the standard, but written by cameras.
        return "srgb" if number == 1 else "adobe-rgb"
    index = _find(exif, _INTEROP_INDEX, EXIF_POINTER, INTEROP_POINTER)
    if exif is not None and index is not None and exif[slice(*_span(index))] == b"R03\0":
        return "adobe-rgb"
    return None


def with_declared_space(exif: bytes | None, space_name: str) -> bytes | None:
    """The block with its colour space set right, for pixels in a known space. Adds no field that is not there."""
    is_srgb = space_name == "srgb"
    exif = _patched(exif, _find(exif, _COLOR_SPACE, EXIF_POINTER), 1 if is_srgb else _UNCALIBRATED)
    index = _find(exif, _INTEROP_INDEX, EXIF_POINTER, INTEROP_POINTER)
    if exif is None or index is None or index.nbytes != 4:
        return exif
    start, end = _span(index)
    return exif[:start] + (b"R03\0" if space_name == "adobe-rgb" else b"R98\0") + exif[end:]


def _with_fields(exif: bytes | None, fields: Sequence[Field]) -> bytes:
    """The block, or a new one, with these fields in IFD0; nothing that stands in it moves.

    Args:
        exif: a block that :func:`checked_exif` has let through.
        fields: in its byte order; in "<" for a new one.
    """
    if exif is None:
        return EXIF_PREFIX + pack_tree(ExifTree("<", tuple(fields)))
    entries = [(field.tag, field.type, field.count, field.value) for field in fields]
    return EXIF_PREFIX + rewrite_ifd0(exif.removeprefix(EXIF_PREFIX), entries)


def _find(exif: bytes | None, tag: int, *pointers: int) -> Entry | None:
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


def _span(entry: Entry) -> tuple[int, int]:
    """Where the entry's value lies in the block."""
    start = len(EXIF_PREFIX) + entry.value_offset
    return start, start + (entry.nbytes or 0)


def _order(exif: bytes) -> str:
    return "<" if exif[len(EXIF_PREFIX) :].startswith(b"II") else ">"


def _number_at(exif: bytes | None, entry: Entry | None) -> int | None:
    if exif is None or entry is None or entry.count != 1 or entry.type not in _INTEGERS:
        return None
    number: int = struct.unpack_from(_order(exif) + _INTEGERS[entry.type], exif, _span(entry)[0])[0]
    return number


def _patched(exif: bytes | None, entry: Entry | None, number: int) -> bytes | None:
    if exif is None or entry is None or entry.count != 1 or entry.type not in _INTEGERS:
        return exif
    start, end = _span(entry)
    # A number that does not fit its field, such as 65535 in a byte, is no more wrong than what stands there.
    value = struct.pack(_order(exif) + "I", number)
    size = end - start
    return exif[:start] + (value[:size] if _order(exif) == "<" else value[-size:]) + exif[end:]
