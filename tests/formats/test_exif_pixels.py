from __future__ import annotations

import io
import struct
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import exif_block, saved
from PIL import ExifTags, Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import EXIF_PREFIX, orientation_of, upright_exif
from gamutmeta.formats.exif_pixels import with_pixel_dimensions, without_thumbnail
from gamutmeta.formats.exif_tree import ExifTree, Field, pack_directory, pack_tree, read_tree
from gamutmeta.formats.tiff import Layout, read_ifd0

Order = Literal["<", ">"]
ORDERS = pytest.mark.parametrize("order", ["<", ">"])
THUMBNAIL = saved(Image.new("RGB", (48, 32), (9, 200, 30)), "JPEG")


def with_thumbnail(order: Order, *, behind: bytes = b"", in_strips: bool = False) -> bytes:
    """A block with a thumbnail, and with more bytes behind it."""
    body = bytearray(exif_block(order).removeprefix(EXIF_PREFIX))
    body += bytes(len(body) % 2)
    start = len(body)
    kinds = {True: [(0x0111, 2), (0x0117, 2)], False: [(0x0201, 1), (0x0202, 1)]}[in_strips]
    half = len(THUMBNAIL) // 2

    def directory(at: int) -> bytes:
        values = [(at, at + half), (half, len(THUMBNAIL) - half)] if in_strips else [(at,), (len(THUMBNAIL),)]
        fields = [
            Field(tag, 4, count, struct.pack(f"{order}{count}I", *value))
            for (tag, count), value in zip(kinds, values, strict=True)
        ]
        resolution = Field(0x011A, 5, 1, struct.pack(order + "II", 72, 1))
        return pack_directory(Layout(order, big=False), [resolution, *fields], start)

    body += directory(start + len(directory(0))) + THUMBNAIL + behind
    struct.pack_into(order + "I", body, read_ifd0(bytes(body)).end - 4, start)
    return EXIF_PREFIX + bytes(body)


def everything(block: bytes) -> ExifTree:
    return read_tree(block.removeprefix(EXIF_PREFIX), lambda _: True)


@ORDERS
@pytest.mark.parametrize("in_strips", [False, True])
@pytest.mark.parametrize("behind", [b"", b"\0", b"a preview that the maker note points at"])
def test_the_thumbnail_goes_and_nothing_else(order: Order, in_strips: bool, behind: bytes) -> None:  # noqa: FBT001
    block = with_thumbnail(order, behind=behind, in_strips=in_strips)
    shown = Image.Exif()
    shown.load(block)
    assert shown.get_ifd(ExifTags.IFD.IFD1)
    kept = without_thumbnail(block)
    assert kept is not None
    assert everything(kept) == everything(exif_block(order))
    assert THUMBNAIL[:20] not in kept
    assert kept[: len(exif_block(order))].count(b"maker\0note") == 1
    if len(behind) > 1:
        assert kept.index(behind) == block.index(behind)
    else:
        assert len(kept) <= len(exif_block(order)) + 1
    shown.load(kept)
    assert not shown.get_ifd(ExifTags.IFD.IFD1)
    assert without_thumbnail(kept) == kept


def test_without_thumbnail_there_is_nothing_to_do() -> None:
    assert without_thumbnail(None) is None
    assert without_thumbnail(exif_block()) == exif_block()
    assert without_thumbnail(b"Exif\0\0II*\0") == b"Exif\0\0II*\0"


def test_a_directory_that_shares_its_bytes_is_only_unlinked() -> None:
    body = bytearray(exif_block().removeprefix(EXIF_PREFIX))
    struct.pack_into("<I", body, read_ifd0(bytes(body)).end - 4, 8)  # IFD1 is IFD0
    kept = without_thumbnail(EXIF_PREFIX + bytes(body))
    assert kept == exif_block()


@ORDERS
def test_upright_blocks_have_no_thumbnail_on_its_side(order: Order) -> None:
    upright = upright_exif(with_thumbnail(order))
    assert upright is not None
    assert orientation_of(upright) == 1
    assert THUMBNAIL[:20] not in upright


@ORDERS
@pytest.mark.parametrize(("kind", "letter"), [(3, "H"), (4, "I")])
def test_size_of_the_picture(order: Order, kind: int, letter: str) -> None:
    def pair(first: int) -> tuple[Field, Field]:
        return Field(first, kind, 1, struct.pack(order + letter, 9)), Field(
            first + 1, kind, 1, struct.pack(order + letter, 8)
        )

    tree = ExifTree(order, pair(0x0100), pair(0xA002), (), pair(0x1001))
    block = EXIF_PREFIX + pack_tree(tree)
    sized = with_pixel_dimensions(block, 640, 480)
    assert sized is not None
    assert len(sized) == len(block)
    for fields in (everything(sized).image, everything(sized).photo, everything(sized).interop):
        assert [struct.unpack(order + letter, field.value)[0] for field in fields] == [640, 480]
    assert with_pixel_dimensions(exif_block(), 640, 480) == exif_block()
    large = with_pixel_dimensions(block, 70_000, 480)
    assert large is not None
    numbers = [struct.unpack(order + letter, field.value)[0] for field in everything(large).photo]
    assert numbers == ([9, 480] if kind == 3 else [70_000, 480])


@given(position=st.integers(0, 400), junk=st.binary(max_size=40), order=st.sampled_from(["<", ">"]))
def test_any_block_is_safe(position: int, junk: bytes, order: Order) -> None:
    block = bytearray(with_thumbnail(order))
    block[6 + position : 6 + position + len(junk)] = junk
    kept = without_thumbnail(bytes(block))
    assert kept is not None
    try:
        before = everything(bytes(block))
    except CarrierError:
        return
    assert everything(kept) == before


def test_a_camera_like_block_stays_readable() -> None:
    image = Image.new("RGB", (8, 8))
    data = saved(image, "JPEG", exif=without_thumbnail(with_thumbnail("<")))
    with Image.open(io.BytesIO(data)) as again:
        assert again.getexif()[0x010F] == "Maker"
        assert again.getexif().get_ifd(0x8769)[0x927C] == b"maker\0note"
