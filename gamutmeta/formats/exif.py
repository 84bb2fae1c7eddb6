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
from gamutmeta.formats.c2pa import MANIFEST_NOTE, TAG
from gamutmeta.formats.exif_fields import EXIF_PREFIX, find_field, number_at, order_of, patched, span_of, with_fields
from gamutmeta.formats.exif_pixels import without_thumbnail
from gamutmeta.formats.exif_tree import EXIF_POINTER, INTEROP_POINTER, ExifTree, Field, pack_tree, read_tree
from gamutmeta.formats.tiff import read_ifd0
from gamutmeta.formats.tiff_tags import DESCRIPTIVE, LAYERS, ORIENTATION_TAG, STORAGE

if TYPE_CHECKING:
    from gamutmeta.formats.source import SourceLike

__all__ = [
    "EXIF_PREFIX",
    "MAKER_NOTE_TAG",
    "MAX_PACKET",
    "NO_MAKER_NOTES",
    "ORIENTATION_TAG",
    "checked_exif",
    "declared_space",
    "exif_of_tiff",
    "has_maker_notes",
    "lost_of_tiff",
    "orientation_of",
    "shortened_exif",
    "tree_for_tiff",
    "upright_exif",
    "with_declared_space",
    "with_orientation",
]

MAX_PACKET = 64 << 20
"""Bytes of a profile or packet of metadata that are read at most, also after decompression."""

_SHORT = 3
_COLOR_SPACE = 0xA001
_INTEROP_INDEX = 0x0001
MAKER_NOTE_TAG = 0x927C
_UNCALIBRATED = 0xFFFF

NO_MAKER_NOTES = "the maker notes were left out: they hold offsets, which do not survive the way into or out of a TIFF"
"""A note."""

_ENTRY_BYTES = 12
_LONG_TEXTS = {
    0x010E: "ImageDescription",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x9C9C: "XPComment",
    0x9C9E: "XPKeywords",
    0xC4A5: "PrintImageMatching",
    0xEA1C: "Padding",
}
"""Names of fields that may be long."""

_NAMED = 6
"""Tags that a note names one by one."""

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


def exif_of_tiff(source: SourceLike, *, page: SourceLike | None = None, is_raw: bool = False) -> bytes | None:
    """An EXIF block of what a TIFF file says about the photograph, without what it says about its storage.

    Args:
        source: the file.
        page: the file as if the directory of the picture came first, where another one does; its fields count before.
        is_raw: it is a raw photograph, which was developed and turned upright meanwhile.

    Returns:
        The block, or None if the file says nothing.

    Raises:
        CarrierError: if the directories are damaged.
    """
    tree = read_tree(source, DESCRIPTIVE.__contains__)
    if page is not None:
        tree = tree.updated(read_tree(page, DESCRIPTIVE.__contains__))
    tree = tree.without(photo=[MAKER_NOTE_TAG])
    if is_raw:
        tree = tree.without(image=[ORIENTATION_TAG], photo=_CODED_PICTURE)
    if not (tree.image or tree.photo or tree.gps):
        return None
    return EXIF_PREFIX + pack_tree(tree)


def lost_of_tiff(source: SourceLike) -> tuple[str, ...]:
    """Notes on what :func:`exif_of_tiff` leaves out of what a TIFF file says about the photograph.

    Raises:
        CarrierError: if the first directory is damaged.
    """
    entries = read_ifd0(source).entries
    tags = [entry.tag for entry in entries if entry.nbytes and entry.tag not in DESCRIPTIVE | STORAGE]
    notes: tuple[str, ...] = (NO_MAKER_NOTES,) if _maker_notes_in(read_tree(source, lambda _: False)) else ()
    if LAYERS in tags:
        notes += ("Photoshop's layers were left out; the flattened picture was read",)
    if TAG in tags:
        notes += (MANIFEST_NOTE,)
    named = [str(tag) for tag in dict.fromkeys(tags) if tag not in {LAYERS, TAG}]
    if named:
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        notes += (f"the TIFF tags {', '.join(named[:_NAMED])}{more} were left out",)
    return notes


def has_maker_notes(exif: bytes) -> bool:
    """Whether there are maker notes in an EXIF block.

    Raises:
        CarrierError: if the block is damaged.
    """
    return _maker_notes_in(read_tree(exif.removeprefix(EXIF_PREFIX), lambda _: False))


def _maker_notes_in(tree: ExifTree) -> bool:
    return any(field.tag == MAKER_NOTE_TAG for field in tree.photo)


def tree_for_tiff(exif: bytes) -> ExifTree:
    """The fields of an EXIF block that belong into a TIFF file.

    Raises:
        CarrierError: if the block is damaged.
    """
    tree = read_tree(exif.removeprefix(EXIF_PREFIX), DESCRIPTIVE.__contains__)
    return tree.without(photo=[MAKER_NOTE_TAG])


def shortened_exif(exif: bytes, limit: int) -> tuple[bytes | None, tuple[str, ...]]:
    """The EXIF block, without as much of it as has to go for it to fit.

    The thumbnail goes first, then the maker notes, which the others have to move for, then field by field the longest
    one. The orientation never does.

    Args:
        exif: the block.
        limit: bytes that it may take up.

    Returns:
        The block, or None if not even the orientation fits; and names of what was left out.

    Raises:
        CarrierError: if the block is too long and damaged.
    """
    if len(exif) <= limit:
        return exif, ()
    plain = without_thumbnail(exif) or exif
    lost: tuple[str, ...] = () if plain == exif else ("the thumbnail",)
    if len(plain) <= limit:
        return plain, lost
    everything = read_tree(exif.removeprefix(EXIF_PREFIX), lambda _: True)
    if any(field.tag == MAKER_NOTE_TAG for field in everything.photo):
        lost += ("the maker notes",)
    tree = everything.without(photo=[MAKER_NOTE_TAG])
    fields = sorted((f for part in tree.directories for f in part if f.tag != ORIENTATION_TAG), key=_longest_last)
    while (excess := len(packed := EXIF_PREFIX + pack_tree(tree)) - limit) > 0:
        if not fields:
            return None, (*lost, "the orientation")
        gone = []
        while excess > 0 and fields:
            gone.append(fields.pop())
            excess -= len(gone[-1].value) + _ENTRY_BYTES
        lost += tuple(_named(field) for field in gone)
        tree = tree.without_fields(gone)
    return packed, lost


def _longest_last(field: Field) -> int:
    return len(field.value)


def _named(field: Field) -> str:
    name = _LONG_TEXTS.get(field.tag)
    return f"the field {field.tag:#06x}" + (f" ({name})" if name else "")


def orientation_of(exif: bytes | None) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none."""
    number = number_at(exif, find_field(exif, ORIENTATION_TAG))
    return number if number is not None and 1 <= number <= 8 else 1


def with_orientation(exif: bytes | None, orientation: int) -> bytes:
    """The block, or a new one, with an orientation that it did not have; one that it has stays."""
    if exif is not None and find_field(exif, ORIENTATION_TAG) is not None:
        return exif
    order = "<" if exif is None else order_of(exif)
    return with_fields(exif, [Field(ORIENTATION_TAG, _SHORT, 1, struct.pack(order + "H", orientation))])


def upright_exif(exif: bytes | None) -> bytes | None:
    """The block with orientation 1 and without thumbnail, for pixels that were turned already."""
    block = without_thumbnail(exif)
    return patched(block, find_field(block, ORIENTATION_TAG), 1)


def declared_space(exif: bytes | None) -> str | None:
    """The colour space the block names: ``"srgb"``, ``"adobe-rgb"`` or None."""
    number = number_at(exif, find_field(exif, _COLOR_SPACE, EXIF_POINTER))
    if number in {1, 2}:  # 2 is no part of the standard, but written by cameras.
        return "srgb" if number == 1 else "adobe-rgb"
    index = find_field(exif, _INTEROP_INDEX, EXIF_POINTER, INTEROP_POINTER)
    if exif is not None and index is not None and exif[slice(*span_of(index))] == b"R03\0":
        return "adobe-rgb"
    return None


def with_declared_space(exif: bytes | None, space_name: str) -> bytes | None:
    """The block with its colour space set right, for pixels in a known space. Adds no field that is not there."""
    is_srgb = space_name == "srgb"
    exif = patched(exif, find_field(exif, _COLOR_SPACE, EXIF_POINTER), 1 if is_srgb else _UNCALIBRATED)
    index = find_field(exif, _INTEROP_INDEX, EXIF_POINTER, INTEROP_POINTER)
    if exif is None or index is None or index.nbytes != 4:
        return exif
    start, end = span_of(index)
    return exif[:start] + (b"R03\0" if space_name == "adobe-rgb" else b"R98\0") + exif[end:]
