from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.convert import convert_space
from gamutmeta.color.gamut import (
    STRICT,
    Rounding,
    clip_to_codes,
    has_outside,
    is_gray,
    out_of_gamut,
    outside,
    reduce_to_codes,
)
from gamutmeta.color.spaces import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    REC2020,
    SRGB,
    RgbSpace,
    apply_matrix,
    decode_table,
    reduction_matrix,
)
from gamutmeta.color.transfer import encode_srgb
from gamutmeta.measure.quality import measure

SIDE = np.arange(0, 256, 5)


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [
        ((0, 0, 0), False),
        ((1, 1, 1), False),
        ((0.2, 0.5, 0.9), False),
        ((-0.01, 0.5, 0.5), True),
        ((0.5, 0.5, 1.01), True),
        ((-0.01, -0.01, 0.5), True),
        ((1.01, 1.01, 0.5), True),
        ((-0.01, 0.5, 1.01), True),
        ((-0.01, -0.01, 1.01), True),
        ((-0.01, -0.02, -0.03), False),
        ((1.01, 1.02, 1.03), False),
    ],
)
def test_out_of_gamut(pixel: tuple[float, ...], expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert out_of_gamut(np.array([[pixel]], np.float32)).tolist() == [[expected]]


@given(st.lists(st.tuples(*[st.floats(-0.125, 1.25, width=32)] * 3), min_size=1, max_size=9))
def test_without_tolerance_it_is_the_papers_mask(pixels: list[tuple[float, ...]]) -> None:
    linear = np.array(pixels, np.float32)
    assert np.array_equal(outside(linear, STRICT), out_of_gamut(linear))
    assert not np.any(outside(linear) & ~out_of_gamut(linear) & ~(linear < 0).all(-1) & ~(linear > 1).all(-1))


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [
        ((0, 0, 0), False),
        ((-0.0004, 0, 0), False),
        ((-0.0006, 0, 0), True),
        ((0.5, 0.5, -0.0044), False),
        ((0.5, 0.5, -0.0046), True),
        ((1.0084, 0, 0), False),
        ((1.0086, 0, 0), True),
        ((1.2, 1.1, 1.05), False),
        ((-0.1, -0.1, -0.1), False),
    ],
)
def test_outside(pixel: tuple[float, ...], expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert outside(np.array([[pixel]], np.float32)).tolist() == [[expected]]


SURFACE = np.concatenate(
    [
        np.insert(np.stack(np.meshgrid(SIDE, SIDE), -1).reshape(-1, 2), channel, value, axis=1)
        for channel in range(3)
        for value in (0, 255)
    ]
).astype(np.uint8)[None]
"""All colours on the surface of sRGB's cube, a step of 5 codes apart."""


@pytest.mark.parametrize(
    ("space", "dtype", "share"),
    [
        *((space, np.uint16, 0) for space in (SRGB, DISPLAY_P3, ADOBE_RGB, REC2020, PROPHOTO)),
        *((space, np.uint8, 0) for space in (SRGB, DISPLAY_P3, ADOBE_RGB)),
        (REC2020, np.uint8, 0.003),
        (PROPHOTO, np.uint8, 0.008),
    ],
)
def test_rounded_colours_of_srgb_are_inside_it(space: RgbSpace, dtype: Any, share: float) -> None:
    stored = convert_space(SURFACE, SRGB, space, dtype)
    _, count = reduce_to_codes(convert_space(stored, space, PROPHOTO, np.uint16), Adaptation.BRADFORD)
    assert count / SURFACE[..., 0].size <= share


@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_outside_is_counted(*, compiled: bool) -> None:
    wide = np.zeros((4, 5, 3), np.uint16)
    wide[:, :2] = convert_space(np.full((4, 2, 3), (255, 0, 0), np.uint8), SRGB, PROPHOTO, np.uint16)
    wide[:, 2:] = convert_space(np.full((4, 3, 3), (255, 0, 0), np.uint8), DISPLAY_P3, PROPHOTO, np.uint16)
    assert reduce_to_codes(wide, Adaptation.BRADFORD, compiled=compiled)[1] == 12
    assert measure(wide, wide, compiled=compiled).og_percent == 60
    assert measure(wide, wide, strict=True, compiled=compiled).og_percent == 100


def test_every_8_bit_code_survives_rounding() -> None:
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(clip_to_codes(decode_table(SRGB, 256)), codes)


@given(value=st.floats(-2, 3, width=32))
def test_rounding_modes(value: float) -> None:
    linear = np.array([value], np.float32)
    exact = float(encode_srgb(np.clip(linear, 0, 1).astype(np.float64))[0]) * 255
    assert abs(int(clip_to_codes(linear)[0]) - exact) <= 0.5 + 1e-4
    truncated = int(clip_to_codes(linear, Rounding.TRUNCATE)[0])
    assert -1e-4 <= exact - truncated < 1 + 1e-4


def test_clipping_and_shape() -> None:
    codes = clip_to_codes(np.array([[[-1.0, 0.0, 0.5], [1.0, 1.5, 0.0031308]]], np.float32))
    assert codes.dtype == np.uint8
    assert codes.tolist() == [[[0, 0, 188], [255, 255, 10]]]


def test_truncation_loses_what_rounding_keeps() -> None:
    linear = np.array([0.5], np.float32)  # 187.52
    assert clip_to_codes(linear).tolist() == [188]
    assert clip_to_codes(linear, Rounding.TRUNCATE).tolist() == [187]


@pytest.mark.parametrize("adaptation", Adaptation)
@pytest.mark.parametrize("rounding", Rounding)
def test_reduction_of_a_photograph(adaptation: Adaptation, rounding: Rounding) -> None:
    wide = np.random.default_rng(2).integers(0, 65536, (700, 301, 3), np.uint16)
    codes, count = reduce_to_codes(wide, adaptation, rounding)
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide])
    assert np.array_equal(codes, clip_to_codes(linear, rounding))
    assert count == np.count_nonzero(outside(linear))
    assert codes.dtype == np.uint8


def test_reduction_of_what_is_in_gamut_loses_nothing_but_depth() -> None:
    greys = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    wide = np.rint(PROPHOTO.encode(SRGB.decode(greys / 255)) * 65535).astype(np.uint16)
    codes, count = reduce_to_codes(wide, Adaptation.BRADFORD)
    assert np.array_equal(codes, greys)
    assert count <= 1  # White may exceed 1 by the last bit of float32.


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (600, 300)])
def test_grey(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 65536, (*shape, 1), np.uint16).repeat(3, axis=2)
    assert is_gray(grey)
    for channel in range(3):
        coloured = grey.copy()
        coloured[-1, -1, channel] ^= 1
        assert not is_gray(coloured)


@pytest.mark.parametrize("adaptation", Adaptation)
@pytest.mark.parametrize("place", [None, (0, 0), (699, 299), (350, 17)])
def test_one_pixel_outside_is_found(adaptation: Adaptation, place: tuple[int, int] | None) -> None:
    wide = np.full((700, 300, 3), 30_000, np.uint16)
    if place is not None:
        wide[place] = 0, 60_000, 0
    assert has_outside(wide, adaptation) == bool(reduce_to_codes(wide, adaptation)[1]) == (place is not None)
