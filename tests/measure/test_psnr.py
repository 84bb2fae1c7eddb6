from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from whole_metrics import psnr, rmse

from gamutmeta.measure.psnr import ErrorSums

pictures = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 7), st.just(3)),
    elements=st.floats(0, 1, width=32),
)
RANDOM = np.random.default_rng(7)


def by_the_book(reference: np.ndarray, test: np.ndarray) -> float:
    return float(np.sqrt(np.mean((reference.astype(np.float64) - np.clip(test, 0, 1).astype(np.float64)) ** 2)))


def test_known_values() -> None:
    zero, tenth = np.zeros((2, 2, 3), np.float32), np.full((2, 2, 3), 0.1, np.float32)
    assert rmse(zero, tenth) == pytest.approx(0.1)
    assert psnr(zero, tenth) == pytest.approx(20)


@given(reference=pictures, data=st.data(), cut=st.integers(0, 9))
def test_streamed_equals_whole(reference: np.ndarray, data: st.DataObject, cut: int) -> None:
    test = data.draw(hnp.arrays(np.float32, reference.shape, elements=st.floats(-1, 2, width=32)))
    mask = data.draw(hnp.arrays(np.bool_, reference.shape[:2]))
    sums = ErrorSums()
    for rows in (slice(None, cut), slice(cut, None)):
        sums.add(reference[rows], test[rows], mask[rows])
    expected = by_the_book(reference, test)
    assert sums.rmse == pytest.approx(expected, abs=1e-6)
    assert rmse(reference, test) == pytest.approx(expected, abs=1e-6)
    assert sums.og_percent == pytest.approx(100 * mask.mean())
    if mask.any():
        assert sums.rmse_og == pytest.approx(by_the_book(reference[mask], test[mask]), abs=1e-6)
    else:
        assert math.isnan(sums.rmse_og)
        assert math.isnan(sums.psnr_og)


def test_no_error_is_infinite_and_nothing_is_nan() -> None:
    picture = RANDOM.random((4, 5, 3), np.float32)
    assert psnr(picture, picture) == math.inf
    assert math.isnan(ErrorSums().psnr)
    assert math.isnan(ErrorSums().rmse)
    assert math.isnan(ErrorSums().og_percent)
    assert math.isnan(psnr(picture[:0], picture[:0]))


def test_without_mask_there_are_no_out_of_gamut_metrics() -> None:
    sums = ErrorSums()
    sums.add(np.zeros((2, 2, 3), np.float32), np.ones((2, 2, 3), np.float32))
    assert math.isnan(sums.og_percent)
    assert math.isnan(sums.psnr_og)


def test_empty_mask_is_zero_percent() -> None:
    sums = ErrorSums()
    sums.add(np.zeros((2, 2, 3), np.float32), np.ones((2, 2, 3), np.float32), np.zeros((2, 2), np.bool_))
    assert sums.og_percent == 0


def test_test_values_are_clipped() -> None:
    ones = np.ones((1, 1, 3), np.float32)
    assert psnr(ones, 7 * ones) == math.inf
    assert rmse(0 * ones, -ones) == 0


def test_float32_chunks_do_not_lose_small_errors() -> None:
    # A float32 running sum would stop growing at 2^24 equal addends.
    reference = np.zeros((3000, 3000, 3), np.float32)
    test = np.full_like(reference, 1e-3)
    assert rmse(reference, test) == pytest.approx(1e-3, rel=1e-6)


def test_inputs_are_not_changed() -> None:
    reference, test = RANDOM.random((2, 4, 4, 3), np.float32)
    before = reference.copy(), test.copy()
    ErrorSums().add(reference, test)
    assert np.array_equal(before[0], reference)
    assert np.array_equal(before[1], test)


def test_pixel_lists_are_fine() -> None:
    reference, test = RANDOM.random((2, 100, 3), np.float32)
    assert rmse(reference, test) == pytest.approx(by_the_book(reference, test), abs=1e-6)


@pytest.mark.parametrize(
    ("reference", "test"), [((2, 2, 3), (2, 1, 3)), ((2, 2, 4), (2, 2, 4)), ((3,), (1, 3)), ((), ())]
)
def test_shapes_are_checked(reference: tuple[int, ...], test: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        rmse(np.zeros(reference), np.zeros(test))


def test_masks_are_checked() -> None:
    zero = np.zeros((2, 2, 3), np.float32)
    with pytest.raises(ValueError, match="mask"):
        ErrorSums().add(zero, zero, np.zeros((1, 2), np.bool_))
    for first, second in ((None, zero[..., 0] > 0), (zero[..., 0] > 0, None)):
        sums = ErrorSums()
        sums.add(zero, zero, first)
        with pytest.raises(ValueError, match="some strips only"):
            sums.add(zero, zero, second)


def test_merged_sums_are_those_of_all_strips() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 40, 30, 3), np.float32)
    mask = rng.random((40, 30)) < 0.3
    whole, merged = ErrorSums(), ErrorSums()
    whole.add(a, b, mask)
    for rows in (slice(0, 7), slice(7, 30), slice(30, 40)):
        part = ErrorSums()
        part.add(a[rows], b[rows], mask[rows])
        merged.merge(part)
    merged.merge(ErrorSums())
    assert (merged.pixels, merged.og_pixels) == (whole.pixels, whole.og_pixels)
    assert merged.psnr == pytest.approx(whole.psnr)
    assert merged.psnr_og == pytest.approx(whole.psnr_og)


def test_sums_with_and_without_masks_do_not_merge() -> None:
    a = np.zeros((2, 2, 3), np.float32)
    masked, plain = ErrorSums(), ErrorSums()
    masked.add(a, a, np.ones((2, 2), bool))
    plain.add(a, a)
    with pytest.raises(ValueError, match="some strips only"):
        masked.merge(plain)
