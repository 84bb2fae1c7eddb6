from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import exif_block, tiff_bytes, wide_array
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif_tree import ExifTree, Field, pack_directory, pack_sub_directories, pack_tree, read_tree
from gamutmeta.formats.tiff import Layout, read_ifd0

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
POINTERS = {0x8769, 0x8825, 0xA005}


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, ...]:
    tags = draw(st.lists(st.integers(0, 0xFFFF).filter(lambda tag: tag not in POINTERS), unique=True, max_size=6))
    result = []
    for tag in sorted(tags):
        kind = draw(st.sampled_from(sorted(SIZES)))
        count = draw(st.integers(1, 5))
        size = SIZES[kind] * count
        result.append(Field(tag, kind, count, draw(st.binary(min_size=size, max_size=size))))
    return tuple(result)


trees = st.builds(ExifTree, st.sampled_from(["<", ">"]), fields(), fields(), fields(), fields())


def everything(tag: int) -> bool:
    return tag >= 0


@given(tree=trees)
def test_what_is_packed_is_read_back(tree: ExifTree) -> None:
    assert read_tree(pack_tree(tree), everything) == tree


@given(tree=trees)
def test_byte_order_changes_nothing_but_bytes(tree: ExifTree) -> None:
    other = tree.with_byte_order(">" if tree.order == "<" else "<")
    assert other.order != tree.order
    assert other.with_byte_order(tree.order) == tree
    for mine, theirs in zip(tree.image, other.image, strict=True):
        assert (mine.tag, mine.type, mine.count) == (theirs.tag, theirs.type, theirs.count)
        if mine.type == 3:
            numbers = struct.unpack(f"{tree.order}{mine.count}H", mine.value)
            assert numbers == struct.unpack(f"{other.order}{theirs.count}H", theirs.value)
        if mine.type == 7:
            assert mine.value == theirs.value


@ORDERS
def test_pillow_reads_what_is_packed(order: str) -> None:
    tree = read_tree(exif_block(order)[6:], everything)
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + pack_tree(tree))
    assert exif[0x010F] == "Maker"
    assert exif[0x0112] == 6
    photo = exif.get_ifd(0x8769)
    assert photo[0x829A] == pytest.approx(1 / 250)
    assert photo[0x9003] == "2026:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[2] == (48, 12, 34.5)
    assert exif.get_ifd(0xA005)[1] == "R98"


def test_tags_can_be_left_out() -> None:
    tree = read_tree(exif_block()[6:], lambda tag: tag == 0x010F)
    assert [field.tag for field in tree.image] == [0x010F]
    assert [field.tag for field in tree.without(image=[0x010F], photo=[0x927C]).image] == []
    assert 0x927C in {field.tag for field in tree.photo}
    assert 0x927C not in {field.tag for field in tree.without(photo=[0x927C]).photo}


def test_empty_tree() -> None:
    assert read_tree(pack_tree(ExifTree("<")), everything) == ExifTree("<")


def test_interoperability_alone_still_has_its_exif_directory() -> None:
    tree = ExifTree(">", interop=(Field(1, 2, 4, b"R98\0"),))
    assert read_tree(pack_tree(tree), everything) == tree


@pytest.mark.parametrize("big", [False, True])
@given(tree=trees)
def test_sub_directories_stand_anywhere(big: bool, tree: ExifTree) -> None:  # noqa: FBT001
    layout = Layout(tree.order, big=big)
    start = 1000
    packed, pointers = pack_sub_directories(tree, layout, start)
    ifd0 = start + len(packed) + len(packed) % 2
    mark = b"II" if tree.order == "<" else b"MM"
    head = struct.pack(tree.order + "HHHQ", 43, 8, 0, ifd0) if big else struct.pack(tree.order + "HI", 42, ifd0)
    data = (mark + head).ljust(start, b"\0") + packed
    data = data.ljust(ifd0, b"\0") + pack_directory(layout, [*tree.image, *pointers], ifd0)
    assert read_tree(data, everything) == tree


def test_kept_entries_keep_their_values() -> None:
    data = tiff_bytes(wide_array(4, 5), software="kept", byteorder="<")
    ifd = read_ifd0(data)
    start = len(data) + len(data) % 2
    directory = pack_directory(ifd.layout, [Field(0x010F, 2, 8, b"a maker\0")], start, kept=ifd.entries)
    rewritten = data[:4] + struct.pack("<I", start) + data[8:].ljust(start - 8, b"\0") + directory
    image = Image.open(io.BytesIO(rewritten))
    assert image.getexif()[0x010F] == "a maker"
    assert image.getexif()[0x0131] == "kept"
    assert image.size == (5, 4)


def test_damaged_fields_are_left_out() -> None:
    tree = ExifTree("<", image=(Field(0x010E, 2, 20, b"x" * 20), Field(0x010F, 2, 4, b"abc\0")))
    block = bytearray(pack_tree(tree))
    entry = 10
    struct.pack_into("<I", block, entry + 8, 10_000)  # the first value lies outside
    assert [field.tag for field in read_tree(bytes(block), everything).image] == [0x010F]
    struct.pack_into("<H", block, entry + 2, 99)  # its type is unknown
    assert [field.tag for field in read_tree(bytes(block), everything).image] == [0x010F]


@ORDERS
@pytest.mark.parametrize("kind", [4, 13, 16, 18])
def test_directories_behind_every_type_of_pointer(order: str, kind: int) -> None:
    tree = ExifTree(
        order,  # type: ignore[arg-type]
        photo=(Field(0x9003, 2, 4, b"abc\0"),),
        gps=(Field(1, 2, 2, b"N\0"),),
        interop=(Field(1, 2, 4, b"R98\0"),),
    )
    layout = Layout(tree.order, big=True)
    start = 64
    packed, pointers = pack_sub_directories(tree, layout, start)
    fields = [
        Field(pointer.tag, kind, 1, struct.pack(order + ("Q" if kind > 13 else "I"), _number(pointer.value, order)))
        for pointer in pointers
    ]
    ifd0 = start + len(packed)
    mark = b"II" if order == "<" else b"MM"
    data = (mark + struct.pack(order + "HHHQ", 43, 8, 0, ifd0)).ljust(start, b"\0") + packed
    assert read_tree(data + pack_directory(layout, fields, ifd0), everything) == tree


def _number(value: bytes, order: str) -> int:
    return int.from_bytes(value, "little" if order == "<" else "big")


@ORDERS
@pytest.mark.parametrize(("kind", "letter", "narrow"), [(16, "Q", 4), (17, "q", 9), (18, "Q", 4)])
def test_64_bit_numbers_become_32_bit_ones(order: str, kind: int, letter: str, narrow: int) -> None:
    layout = Layout(order, big=True)  # type: ignore[arg-type]
    number = -2 if letter == "q" else 4_000_000_000
    fields = [
        Field(0x010E, kind, 2, struct.pack(f"{order}2{letter}", number, 7)),
        Field(0x010F, kind, 1, struct.pack(order + letter, 1 << 40)),
    ]
    data = (b"II" if order == "<" else b"MM") + struct.pack(order + "HHHQ", 43, 8, 0, 16)
    (kept,) = read_tree(data + pack_directory(layout, fields, 16), everything).image
    assert (kept.tag, kept.type, kept.count) == (0x010E, narrow, 2)
    assert struct.unpack(order + ("2i" if letter == "q" else "2I"), kept.value) == (number, 7)


def test_pointers_beyond_4_gib() -> None:
    tree = ExifTree("<", photo=(Field(0x9003, 2, 4, b"abc\0"),))
    _, (pointer,) = pack_sub_directories(tree, Layout("<", big=True), 5 << 30)
    assert (pointer.type, pointer.value) == (16, struct.pack("<Q", 5 << 30))


def test_overlapping_values_are_bounded() -> None:
    value = bytes(1 << 20)
    count = 40
    entries = b"".join(struct.pack("<HHII", 1000 + i, 1, len(value), 2000) for i in range(count))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4)
    with pytest.raises(CarrierError, match="too large"):
        read_tree(block.ljust(2000, b"\0") + value, everything)


def test_stale_pointers_cost_no_other_fields() -> None:
    tree = ExifTree("<", image=(Field(0x010F, 2, 4, b"abc\0"),), photo=(Field(0x9003, 2, 4, b"abc\0"),))
    block = bytearray(pack_tree(tree))
    struct.pack_into("<I", block, 10 + 12 + 8, 1 << 30)
    assert read_tree(bytes(block), everything) == ExifTree("<", image=tree.image)


def test_damaged_ifd0() -> None:
    with pytest.raises(CarrierError):
        read_tree(b"II*\0" + struct.pack("<I", 1 << 30), everything)


@given(data=st.data())
def test_any_bytes_give_a_tree_or_an_error(data: st.DataObject) -> None:
    block = bytearray(exif_block(data.draw(st.sampled_from("<>")))[6:])
    for position in data.draw(st.lists(st.integers(0, len(block) - 1), max_size=12)):
        block[position] = data.draw(st.integers(0, 255))
    try:
        tree = read_tree(bytes(block[: data.draw(st.integers(0, len(block)))]), everything)
    except CarrierError as error:
        outcome = str(error)
    else:
        outcome = pack_tree(tree).hex()
    assert outcome
