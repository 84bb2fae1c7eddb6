from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color.gamut import Rounding, clip_to_codes, out_of_gamut
from gamutmeta.color.spaces import SRGB, decode_table
from gamutmeta.color.transfer import encode_srgb


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
