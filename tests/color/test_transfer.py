from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color import transfer
from gamutmeta.color.spaces import SPACES, RgbSpace

if TYPE_CHECKING:
    from types import ModuleType

spaces = pytest.mark.parametrize("space", [*SPACES.values()], ids=[*SPACES])
GRID = np.linspace(0, 1, 4097)


@spaces
@given(value=st.floats(-2, 2))
def test_decode_undoes_encode(space: RgbSpace, value: float) -> None:
    there = space.encode(np.array([value]))
    assert space.decode(there)[0] == pytest.approx(value, abs=1e-6)


@spaces
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_dtype_and_end_points(space: RgbSpace, dtype: type[np.floating]) -> None:
    for curve in (space.decode, space.encode):
        ends = curve(np.array([0, 1], dtype))
        assert ends.dtype == dtype
        assert ends == pytest.approx([0, 1], abs=1e-6)


@spaces
def test_is_odd_and_increasing(space: RgbSpace) -> None:
    for curve in (space.decode, space.encode):
        values = curve(GRID)
        assert np.array_equal(curve(-GRID), -values)
        assert (np.diff(values) > 0).all()


@spaces
def test_float32_is_as_good_as_16_bits(space: RgbSpace) -> None:
    for curve in (space.decode, space.encode):
        assert np.abs(curve(GRID.astype(np.float32)) - curve(GRID)).max() < 0.02 / 65535


def test_srgb_against_colour(colour: ModuleType) -> None:
    # colour derives the same curve with its own rounding of the break.
    assert transfer.decode_srgb(GRID) == pytest.approx(colour.models.eotf_sRGB(GRID), abs=1e-7)
    assert transfer.encode_srgb(GRID) == pytest.approx(colour.models.eotf_inverse_sRGB(GRID), abs=1e-6)


def test_romm_against_colour(colour: ModuleType) -> None:
    assert transfer.decode_romm(GRID) == pytest.approx(colour.models.cctf_decoding_ROMMRGB(GRID), abs=1e-12)
    assert transfer.encode_romm(GRID) == pytest.approx(colour.models.cctf_encoding_ROMMRGB(GRID), abs=1e-12)


def test_rec2020_against_colour(colour: ModuleType) -> None:
    linear = colour.models.oetf_inverse_BT2020(GRID, is_12_bits_system=True)
    # colour's constants are the four-digit ones of 12-bit systems.
    assert transfer.decode_rec2020(GRID) == pytest.approx(linear, abs=2e-5)


def test_adobe_is_the_standards_gamma() -> None:
    assert transfer.decode_adobe(np.array([0.5]))[0] == pytest.approx(0.5 ** (2 + 51 / 256), abs=1e-15)


def test_romm_toe_meets_the_power() -> None:
    break_ = 1 / 512
    assert transfer.encode_romm(np.array([np.nextafter(break_, 0), break_])) == pytest.approx([1 / 32, 1 / 32])
