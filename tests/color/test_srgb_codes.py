from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color.srgb_codes import FIRST_PATTERN, SEGMENT_BITS, Rounding, clip_to_codes, code_tables
from gamutmeta.color.transfer import decode_srgb, encode_srgb


def by_power(linear: np.ndarray, rounding: Rounding) -> np.ndarray:
    """The plain twin, in double precision."""
    encoded = encode_srgb(np.clip(linear.astype(np.float64), 0, 1)) * 255
    return (np.rint(encoded) if rounding is Rounding.HALF_EVEN else np.floor(encoded)).astype(np.uint8)


@pytest.mark.parametrize("rounding", Rounding)
def test_all_floats_around_every_threshold_and_many_others(rounding: Rounding) -> None:
    _, nexts = code_tables(rounding)
    around = (nexts[:-1].view(np.int32)[:, None] + np.arange(-40, 40)).ravel().astype(np.int32).view(np.float32)
    others = np.random.default_rng(0).uniform(-0.5, 1.5, 300_000).astype(np.float32)
    values = np.append(around[around <= 1], others)
    codes, twin = clip_to_codes(values, rounding), by_power(values, rounding)
    if rounding is Rounding.HALF_EVEN:
        assert np.array_equal(codes, twin)
    else:  # a code decoded to float32 may lie a hair below it
        above = encode_srgb(np.clip(values.astype(np.float64), 0, 1)) * 255 - codes
        assert above.min() > -1e-4
        assert above.max() < 1
        assert np.array_equal(codes[above >= 0], twin[above >= 0])


@pytest.mark.parametrize("rounding", Rounding)
def test_every_code_comes_back(rounding: Rounding) -> None:
    codes = np.arange(256)
    assert np.array_equal(clip_to_codes(decode_srgb(codes / 255).astype(np.float32), rounding), codes)


@pytest.mark.parametrize("rounding", Rounding)
def test_no_segment_holds_two_thresholds(rounding: Rounding) -> None:
    _, nexts = code_tables(rounding)
    patterns = nexts[:-1].view(np.int32)
    assert patterns[0] > FIRST_PATTERN
    assert np.all(np.diff((patterns - FIRST_PATTERN) >> SEGMENT_BITS) >= 1)


@given(st.floats(width=32, allow_nan=False), st.sampled_from(Rounding))
def test_anything_is_clipped(value: float, rounding: Rounding) -> None:
    code = int(clip_to_codes(np.array([value], np.float32), rounding)[0])
    exact = float(encode_srgb(np.clip(np.float64(value), 0, 1))) * 255
    assert -0.5 - 1e-4 <= exact - code <= (0.5 if rounding is Rounding.HALF_EVEN else 1) + 1e-4


def test_doubles_are_taken() -> None:
    assert clip_to_codes(np.array([0.0, 0.5, 1.0])).tolist() == [0, 188, 255]
