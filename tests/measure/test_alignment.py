from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import CARROTS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFilter, ImageOps

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.measure.alignment import alignment_of
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CODES = reduce_to_codes(read_photo(CARROTS).array, Adaptation.BRADFORD)[0]
HEIGHT, WIDTH = CODES.shape[:2]


def curved(picture: Image.Image, power: float) -> Image.Image:
    return picture.point([round(255 * (code / 255) ** power) for code in range(256)] * 3)


@pytest.mark.parametrize(
    "rendition",
    [
        lambda picture: picture,
        lambda picture: curved(picture, 0.6),
        lambda picture: curved(picture, 1.7),
        lambda picture: picture.filter(ImageFilter.UnsharpMask(2, 150, 0)),
        lambda picture: picture.filter(ImageFilter.UnsharpMask(40, 100, 0)),
        lambda picture: picture.filter(ImageFilter.GaussianBlur(1.5)),
        ImageOps.equalize,
        lambda picture: picture.convert("L").convert("RGB"),
        lambda picture: picture.resize((WIDTH // 2, HEIGHT // 2)).resize((WIDTH, HEIGHT)),
    ],
)
def test_a_rendition_is_the_same_picture(rendition: Callable[[Image.Image], Image.Image]) -> None:
    found = alignment_of(CODES, np.asarray(rendition(Image.fromarray(CODES))))
    assert found.is_same
    assert found.shift is None


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, 3), (8, 0), (5, -12), (-40, 30)])
def test_another_crop_is_not_and_says_how_far_it_lies(down: int, right: int) -> None:
    inner = slice(50, HEIGHT - 50), slice(50, WIDTH - 50)
    moved = np.roll(CODES, (down, right), (0, 1))
    found = alignment_of(CODES[inner], moved[inner])
    assert not found.is_same
    assert found.shift == (right, down)
    assert found.agreement == 0


@pytest.mark.parametrize(
    "other",
    [
        CODES[:, ::-1],
        CODES[::-1],
        CODES[::-1, ::-1],
        255 - CODES,
        np.full_like(CODES, 128),
        np.random.default_rng(0).integers(0, 256, CODES.shape).astype(np.uint8),
        np.asarray(Image.fromarray(CODES[20:-20, 30:-30]).resize((WIDTH, HEIGHT))),
        np.asarray(Image.fromarray(CODES).rotate(2)),
    ],
    ids=["mirrored", "upside down", "turned", "negative", "flat", "noise", "enlarged", "rotated"],
)
def test_another_picture_is_not(other: NDArray[np.uint8]) -> None:
    assert not alignment_of(CODES, other).is_same
    assert not alignment_of(other, CODES).is_same


def test_pictures_without_details_are_the_same() -> None:
    flat = np.full((30, 40, 3), 90, np.uint8)
    assert alignment_of(flat, flat + 50) == (1.0, 1.0, None)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)), elements=st.integers(0, 255))
)
def test_every_picture_is_the_same_as_itself(codes: NDArray[np.uint8]) -> None:
    found = alignment_of(codes, codes)
    assert found.agreement == 1
    assert found.is_same
