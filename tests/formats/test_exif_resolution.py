from __future__ import annotations

import pytest
from photo_files import exif_block
from PIL import Image

from gamutmeta.formats.exif_resolution import resolution_of, with_resolution


def block(order: str = "<", **fields: object) -> bytes:
    exif = Image.Exif()
    exif.load(exif_block(order))
    exif.endian = order
    for tag, value in fields.items():
        exif[int(tag[1:], 16)] = value
    return b"Exif\0\0" + exif.tobytes()[6:]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"x011a": 300.0, "x011b": 150.0, "x0128": 2}, (300, 150)),
        ({"x011a": 100.0, "x011b": 100.0, "x0128": 3}, (254, 254)),
        ({"x011a": 300.0}, (300, 300)),
        ({"x011a": 1.0, "x011b": 1.0, "x0128": 1}, None),
        ({}, None),
    ],
)
def test_resolution(order: str, fields: dict[str, object], expected: tuple[int, int] | None) -> None:
    found = resolution_of(block(order, **fields))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("before", [{}, {"x011a": 72.0, "x011b": 72.0, "x0128": 2}])
def test_what_the_file_tells_is_put_in(order: str, before: dict[str, object]) -> None:
    exif = with_resolution(block(order, **before), (11811 * 0.0254, 254.5))
    assert resolution_of(exif) == (300, 254.5)
    shown = Image.Exif()
    shown.load(exif or b"")
    assert (shown[0x011A], shown[0x0128], shown[0x010F]) == (300, 2, "Maker")
    assert shown.get_ifd(0x8769)[0x927C] == b"maker\0note"


def test_exif_counts_first() -> None:
    exif = block(x011a=240.0, x011b=240.0, x0128=2)
    assert with_resolution(exif, (300, 300)) == exif


def test_a_new_block() -> None:
    assert resolution_of(with_resolution(None, (300, 300))) == (300, 300)
    assert with_resolution(None, None) is None
    assert with_resolution(None, (0, 300)) is None
    assert with_resolution(None, (1e9, 300)) is None
    assert resolution_of(None) is None
