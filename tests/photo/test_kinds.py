from __future__ import annotations

from typing import Any

import pytest

from gamutmeta.errors import PhotoError
from gamutmeta.photo.kinds import KINDS, SUFFIXES, check_side, depth_and_quality, kind_of
from gamutmeta.photo.write import _WRITERS


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("a.tif", (16, None)),
        ("a.TIFF", (16, None)),
        ("a.png", (16, None)),
        ("a.jpg", (8, 95)),
        ("a.avif", (10, 90)),
        ("a.heic", (10, 90)),
        ("a.HEIF", (10, 90)),
        ("a.jxl", (16, 100)),
    ],
)
def test_defaults(name: str, default: tuple[int, int | None]) -> None:
    assert depth_and_quality(name, space="prophoto") == default


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.bmp", {}, "not .bmp"),
        ("a", {}, "not without a suffix"),
        ("a.tif", {"depth": 12}, "TIFF has 8 or 16 bits per channel here, not 12; 12 bits are for AVIF, HEIC"),
        ("a.jpg", {"depth": 16}, "JPEG has 8 bits per channel here, not 16; 16 bits are for TIFF, PNG, JPEG XL"),
        ("a.avif", {"depth": 16}, "AVIF has 8 or 10 or 12 bits"),
        ("a.jxl", {"depth": 10}, "JPEG XL has 8 or 16 bits per channel here, not 10"),
        ("a.heic", {"depth": 9}, "not 9$"),
        ("a.png", {"quality": 90}, "PNG is lossless and has no quality"),
        ("a.jpg", {"quality": 0}, "quality must be 1 to 100, not 0"),
        ("a.avif", {"quality": 101}, "quality must be 1 to 100, not 101"),
        ("a.jxl", {"quality": 99}, "lossy JPEG XL is not written in ProPhoto; .* rec2020"),
    ],
)
def test_impossible_combinations(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        depth_and_quality(name, space="prophoto", **options)


def test_lossy_jpeg_xl_of_other_spaces() -> None:
    assert depth_and_quality("a.jxl", space="rec2020", quality=90) == (16, 90)


@pytest.mark.parametrize(("name", "most"), [("a.jpg", 65_500), ("a.avif", 16_384), ("a.heic", 65_528)])
def test_sides_that_are_too_long(name: str, most: int) -> None:
    check_side(name, most, 1)
    check_side(name, 1, most)
    for size in ((most + 1, 1), (1, most + 1)):
        with pytest.raises(
            PhotoError, match=rf"{name}: .* do not fit .* \(at most {most:,} on a side\); use TIFF or PNG"
        ):
            check_side(name, *size)
    check_side("a.tif", 400_000, 1_000)


def test_every_kind_has_a_writer_and_an_ending() -> None:
    assert set(KINDS) == set(_WRITERS)
    assert [kind_of(f"a{suffix}") for suffix in SUFFIXES] == list(SUFFIXES.values())
