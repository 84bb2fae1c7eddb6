from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import exif_block, tiff_bytes, wide_array
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import (
    EXIF_PREFIX,
    checked_exif,
    declared_space,
    exif_of_tiff,
    orientation_of,
    shortened_exif,
    tree_for_tiff,
    upright_exif,
    with_declared_space,
)
from gamutmeta.formats.exif_tree import ExifTree, Field, pack_tree

ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def pillow_exif(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


@ORDERS
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(order: str, orientation: int) -> None:
    block = exif_block(order, orientation=orientation)
    assert orientation_of(block) == orientation
    upright = upright_exif(block)
    assert upright is not None
    assert orientation_of(upright) == 1
    assert len(upright) == len(block)
    assert pillow_exif(upright).get_ifd(0x8769)[0x927C] == b"maker\0note"


@ORDERS
@pytest.mark.parametrize(("kind", "size"), [(1, 1), (3, 2), (4, 4)])
def test_orientation_in_any_type_of_integer(order: str, kind: int, size: int) -> None:
    number = (6).to_bytes(size, "little" if order == "<" else "big")
    tree = ExifTree(order, (Field(0x0112, kind, 1, number),))  # type: ignore[arg-type]
    block = EXIF_PREFIX + pack_tree(tree)
    assert orientation_of(block) == 6
    upright = upright_exif(block)
    assert upright is not None
    assert orientation_of(upright) == 1
    assert pillow_exif(upright)[0x0112] in {1, b"\1"}
    assert len(upright) == len(block)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_nonsense_orientation_is_upright(orientation: int) -> None:
    assert orientation_of(exif_block(orientation=orientation)) == 1


@pytest.mark.parametrize("block", [None, b"", b"Exif\0\0", b"Exif\0\0II*\0", b"Exif\0\0" + bytes(50)])
def test_orientation_without_a_usable_block(block: bytes | None) -> None:
    assert orientation_of(block) == 1
    assert upright_exif(block) == block
    assert declared_space(block) is None
    assert with_declared_space(block, "srgb") == block
    assert checked_exif(block) is None


@ORDERS
@pytest.mark.parametrize(
    ("color_space", "interop", "expected"),
    [
        (1, None, "srgb"),
        (1, "R98", "srgb"),
        (2, None, "adobe-rgb"),
        (0xFFFF, "R03", "adobe-rgb"),
        (0xFFFF, "R98", None),
        (0xFFFF, None, None),
    ],
)
def test_declared_space(order: str, color_space: int, interop: str | None, expected: str | None) -> None:
    assert declared_space(exif_block(order, color_space=color_space, interop=interop)) == expected


@ORDERS
@pytest.mark.parametrize(
    ("space", "color_space", "index"),
    [("srgb", 1, "R98"), ("adobe-rgb", 0xFFFF, "R03"), ("prophoto", 0xFFFF, "R98"), ("display-p3", 0xFFFF, "R98")],
)
def test_declared_space_is_set_in_place(order: str, space: str, color_space: int, index: str) -> None:
    for before in (
        exif_block(order, color_space=1, interop="R98"),
        exif_block(order, color_space=0xFFFF, interop="R03"),
    ):
        after = with_declared_space(before, space)
        assert after is not None
        assert len(after) == len(before)
        exif = pillow_exif(after)
        assert exif.get_ifd(0x8769)[0xA001] == color_space
        assert exif.get_ifd(0xA005)[1] == index
        assert exif[0x010F] == "Maker"


def test_no_field_is_added() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    block = b"Exif\0\0" + exif.tobytes()[6:]
    assert with_declared_space(block, "srgb") == block
    assert upright_exif(block) == block


def test_block_gets_its_prefix_once() -> None:
    block = exif_block()
    assert checked_exif(block) == block
    assert checked_exif(block[6:]) == block


def test_tiff_says_what_an_exif_block_can_say() -> None:
    tags = [
        (0x010F, "s", 0, "Maker", True),
        (0x0112, "H", 1, 8, True),
        (0x8298, "s", 0, "Nobody", True),
        (65357, "B", 4, b"ours", True),
    ]
    data = tiff_bytes(wide_array(4, 5), extratags=tags, iccprofile=b"x" * 300, resolution=(300, 300))
    block = exif_of_tiff(data)
    assert block is not None
    exif = pillow_exif(block)
    assert {0x010F: "Maker", 0x0112: 8, 0x8298: "Nobody", 0x011A: 300, 0x011B: 300}.items() <= dict(exif).items()
    assert not {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 34675, 65357} & set(exif)
    assert len(block) < 200


def test_tiff_directories_are_carried() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "TIFF", exif=exif_block())
    block = exif_of_tiff(file)
    assert block is not None
    exif = pillow_exif(block)
    assert exif.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[1] == "N"
    assert 0x927C not in exif.get_ifd(0x8769)
    assert orientation_of(block) == 6


def test_developed_raw_has_another_picture() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "TIFF", exif=exif_block())
    block = exif_of_tiff(file, is_raw=True)
    assert block is not None
    assert orientation_of(block) == 1
    exif = pillow_exif(block)
    assert 0x0112 not in exif
    assert 0xA001 not in exif.get_ifd(0x8769)
    assert exif[0x010F] == "Maker"


def test_tiff_that_says_nothing() -> None:
    data = tiff_bytes(wide_array(4, 5), software=False)
    stripped = bytearray(data)
    for tag in (282, 283, 296):
        position = stripped.index(tag.to_bytes(2, "little") + (3 if tag == 296 else 5).to_bytes(2, "little"))
        stripped[position : position + 2] = (40_000 + tag).to_bytes(2, "little")
    assert exif_of_tiff(bytes(stripped)) is None


def test_damaged_tiff() -> None:
    with pytest.raises(CarrierError):
        exif_of_tiff(b"II*\0\xff\xff\xff\0")


def test_tree_for_tiff_leaves_structure_and_maker_notes_out() -> None:
    tree = tree_for_tiff(exif_block())
    assert {field.tag for field in tree.image} == {0x010F, 0x0110, 0x0112, 0x8298}
    assert 0x927C not in {field.tag for field in tree.photo}


def test_shortening() -> None:
    block = exif_block()
    assert shortened_exif(block, len(block)) == (block, ())
    short, lost = shortened_exif(block, len(block) - 1)
    assert lost == ("the maker notes",)
    assert short is not None
    assert len(short) < len(block)
    assert pillow_exif(short)[0x010F] == "Maker"
    assert 0x927C not in pillow_exif(short).get_ifd(0x8769)
    shortest, lost = shortened_exif(block, 32)
    assert shortest is not None
    assert len(shortest) <= 32
    assert orientation_of(shortest) == 6
    assert len(lost) == 11
    assert shortened_exif(block, 20) == (None, (*lost, "the orientation"))


@given(junk=st.binary(max_size=80), cut=st.integers(0, 400), position=st.integers(0, 400))
def test_any_block_is_safe(junk: bytes, cut: int, position: int) -> None:
    block = exif_block()
    block = (block[:position] + junk + block[position + len(junk) :])[: cut or None]
    assert 1 <= orientation_of(block) <= 8
    assert declared_space(block) in {None, "srgb", "adobe-rgb"}
    for changed in (upright_exif(block), with_declared_space(block, "srgb")):
        assert changed is not None
        assert len(changed) == len(block)
    checked = checked_exif(block)
    assert checked is None or checked.startswith(b"Exif\0\0")
