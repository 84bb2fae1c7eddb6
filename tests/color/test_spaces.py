from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import (
    ADOBE_RGB,
    ALIASES,
    ASSUMABLE_ALIASES,
    DISPLAY_P3,
    PROPHOTO,
    REC2020,
    SPACES,
    SRGB,
    RgbSpace,
    apply_matrix,
    assumable_space,
    conversion_matrix,
    decode_table,
    expansion_matrix,
    reduction_matrix,
    space_named,
)
from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from types import ModuleType

COLOUR_NAMES = {
    PROPHOTO: "ROMM RGB",
    REC2020: "ITU-R BT.2020",
    DISPLAY_P3: "Display P3",
    ADOBE_RGB: "Adobe RGB (1998)",
    SRGB: "sRGB",
}


def name_of(space: RgbSpace) -> str:
    return space.name


@pytest.mark.parametrize("space", [*COLOUR_NAMES], ids=name_of)
def test_definition_against_colour(colour: ModuleType, space: RgbSpace) -> None:
    oracle = colour.RGB_COLOURSPACES[COLOUR_NAMES[space]]
    assert np.ravel(space.primaries) == pytest.approx(np.ravel(oracle.primaries), abs=1e-12)
    assert space.white == pytest.approx(tuple(oracle.whitepoint), abs=1e-12)


@pytest.mark.parametrize(("source", "target"), [*product(COLOUR_NAMES, repeat=2)], ids=name_of)
def test_conversion_against_colour(colour: ModuleType, source: RgbSpace, target: RgbSpace) -> None:
    one, other = (colour.RGB_COLOURSPACES[COLOUR_NAMES[s]].copy() for s in (source, target))
    for space in (one, other):
        space.use_derived_transformation_matrices(usage=True)
    expected = colour.matrix_RGB_to_RGB(one, other, "Bradford")
    assert conversion_matrix(source, target) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("source", "target"), [*product(SPACES.values(), repeat=2)], ids=name_of)
def test_white_stays_white_and_the_way_back_is_the_inverse(source: RgbSpace, target: RgbSpace) -> None:
    assert conversion_matrix(source, target).sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-12)
    round_trip = conversion_matrix(target, source) @ conversion_matrix(source, target)
    assert round_trip == pytest.approx(np.eye(3), abs=1e-12)


def test_same_space_is_exactly_the_identity() -> None:
    assert np.array_equal(conversion_matrix(ADOBE_RGB, ADOBE_RGB), np.eye(3))


def test_cat02_reduction_is_equation_7_of_the_paper() -> None:
    printed = [[2.0365, -0.7376, -0.2993], [-0.2257, 1.2232, 0.0027], [-0.0105, -0.1349, 1.1452]]
    assert np.array_equal(reduction_matrix(Adaptation.CAT02).round(4), printed)


def test_the_two_reductions_differ_as_known() -> None:
    difference = np.abs(reduction_matrix(Adaptation.CAT02) - reduction_matrix(Adaptation.BRADFORD)).max()
    assert difference == pytest.approx(0.018, abs=0.001)


@pytest.mark.parametrize("adaptation", Adaptation)
def test_expansion_undoes_reduction(adaptation: Adaptation) -> None:
    assert expansion_matrix(adaptation) @ reduction_matrix(adaptation) == pytest.approx(np.eye(3), abs=1e-12)


def test_bradford_reduction_is_the_conversion() -> None:
    assert np.array_equal(reduction_matrix(Adaptation.BRADFORD), conversion_matrix(PROPHOTO, SRGB))


@pytest.mark.parametrize(
    "shared",
    [
        conversion_matrix(SRGB, PROPHOTO),
        reduction_matrix(Adaptation.CAT02),
        expansion_matrix(Adaptation.CAT02),
        decode_table(SRGB, 256),
    ],
)
def test_cached_arrays_cannot_be_changed(shared: np.ndarray) -> None:
    with pytest.raises(ValueError, match="read-only"):
        shared[0] = 0


@pytest.mark.parametrize("codes", [256, 65536])
def test_decode_table(codes: int) -> None:
    table = decode_table(SRGB, codes)
    assert table.shape == (codes,)
    assert table.dtype == np.float32
    assert table[codes // 5] == pytest.approx(SRGB.decode(np.array([(codes // 5) / (codes - 1)]))[0], rel=1e-7)


def test_names() -> None:
    assert {name: space_named(name).name for name in SPACES} == {name: name for name in SPACES}
    with pytest.raises(PhotoError, match=r"'cmyk'.*prophoto.*srgb"):
        space_named("cmyk")


def test_matrix_is_applied_in_float32_and_in_order() -> None:
    linear = np.random.default_rng(4).random((20, 30, 3), np.float32)
    matrix = conversion_matrix(PROPHOTO, SRGB)
    result = apply_matrix(matrix, linear)
    assert result.dtype == np.float32
    assert result == pytest.approx(linear.astype(np.float64) @ matrix.T, abs=1e-6)
    m = matrix.astype(np.float32)
    r, g, b = np.moveaxis(linear, -1, 0)
    assert np.array_equal(result[..., 1], (r * m[1, 0] + g * m[1, 1]) + b * m[1, 2])
    assert apply_matrix(matrix, linear[0, 0]) == pytest.approx(result[0, 0])


@pytest.mark.parametrize("codes", [512, 1024, 4096])
def test_decode_tables_of_other_depths(codes: int) -> None:
    assert decode_table(PROPHOTO, codes)[[0, -1]].tolist() == [0, 1]


def test_aliases() -> None:
    assert {alias: space_named(alias) for alias in ALIASES} == {"p3": DISPLAY_P3, "adobergb": ADOBE_RGB}
    assert {alias: assumable_space(alias).name for alias in ASSUMABLE_ALIASES} == {
        "p3": "display-p3",
        "adobergb": "adobe-rgb",
        "linear-p3": "linear-display-p3",
        "linear-adobergb": "linear-adobe-rgb",
    }
    with pytest.raises(PhotoError, match="unknown colour space 'linear-p3'"):
        space_named("linear-p3")
