from __future__ import annotations

import tracemalloc
from itertools import product

import numpy as np
import pytest

from gamutmeta.color.convert import convert_space, encode_codes, to_bits, to_prophoto
from gamutmeta.color.spaces import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    SPACES,
    SRGB,
    RgbSpace,
    conversion_matrix,
    decode_table,
)

RANDOM = np.random.default_rng(11)
WIDE = RANDOM.integers(0, 65536, (700, 301, 3), np.uint16)
"""Several strips."""


def by_the_book(samples: np.ndarray, source: RgbSpace, target: RgbSpace, peak: int) -> np.ndarray:
    encoded = samples / np.iinfo(samples.dtype).max
    linear = np.clip(source.decode(encoded) @ conversion_matrix(source, target).T, 0, 1)
    return target.encode(linear) * peak


@pytest.mark.parametrize(("source", "target"), [*product(SPACES.values(), repeat=2)], ids=lambda s: s.name)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_is_within_rounding_of_float64(source: RgbSpace, target: RgbSpace, dtype: type[np.uint8 | np.uint16]) -> None:
    codes = convert_space(WIDE[:40], source, target, dtype)
    assert codes.dtype == dtype
    # An encoded value next to 0 takes float32 errors of the linear one many times larger: Adobe's slope is infinite.
    slack = 0.5 if dtype is np.uint8 and target is not ADOBE_RGB else 12
    exact = by_the_book(WIDE[:40], source, target, int(np.iinfo(dtype).max))
    error = np.abs(codes - exact)
    assert error.max() <= 0.5 + slack
    assert np.percentile(error, 99) < 0.52


def test_strips_do_not_show() -> None:
    whole = convert_space(WIDE, SRGB, PROPHOTO, np.uint16)
    for row in (0, 399, 699):
        assert np.array_equal(whole[row : row + 1], convert_space(WIDE[row : row + 1], SRGB, PROPHOTO, np.uint16))


@pytest.mark.parametrize("space", SPACES.values(), ids=[*SPACES])
def test_white_black_and_clipping(space: RgbSpace) -> None:
    ends = np.array([[[0, 0, 0], [65535, 65535, 65535]]], np.uint16)
    assert convert_space(ends, PROPHOTO, space, np.uint8).tolist() == [[[0] * 3, [255] * 3]]
    assert convert_space(ends, PROPHOTO, space, np.uint16)[0, 0].tolist() == [0] * 3
    assert convert_space(ends, PROPHOTO, space, np.uint16)[0, 1].min() >= 65534
    green = np.array([[[0, 65535, 0]]], np.uint16)
    assert convert_space(green, PROPHOTO, SRGB, np.uint8).tolist() == [[[0, 255, 0]]]


def test_same_space_and_depth_is_the_same_array() -> None:
    assert convert_space(WIDE, SRGB, SRGB, np.uint16) is WIDE


def test_depth_alone_is_exact() -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(-1, 64, 1).repeat(3, axis=2)
    assert np.array_equal(convert_space(every, SRGB, SRGB, np.uint8), np.rint(every / 257))
    eight = np.arange(256, dtype=np.uint8).reshape(-1, 1, 1).repeat(3, axis=2)
    sixteen = convert_space(eight, SRGB, SRGB, np.uint16)
    assert np.array_equal(sixteen, eight.astype(np.uint16) * 257)
    assert np.array_equal(convert_space(sixteen, SRGB, SRGB, np.uint8), eight)


def test_narrow_to_wide_and_back_returns_every_code() -> None:
    eight = RANDOM.integers(0, 256, (64, 64, 3), np.uint8)
    for space in (SRGB, DISPLAY_P3):
        wide = convert_space(eight, space, PROPHOTO, np.uint16)
        assert np.array_equal(convert_space(wide, PROPHOTO, space, np.uint8), eight)


def test_encode_codes_rounds_half_to_even_and_keeps_its_input() -> None:
    linear = np.array([-1, 0, 0.5, 1, 2], np.float32)
    before = linear.copy()
    assert encode_codes(linear, SRGB, np.uint8).tolist() == [0, 0, 188, 255, 255]
    assert np.array_equal(linear, before)
    halves = (np.array([0.5, 1.5, 2.5], np.float32) / 255 / 12.92).astype(np.float32)
    assert encode_codes(halves, SRGB, np.uint8).tolist() == [0, 2, 2]


def test_own_tables_per_channel() -> None:
    samples = np.array([[[0, 1, 3], [3, 2, 1]]], np.uint8)
    tables = np.array([[0, 0, 0, 1.0], [0, 0.25, 0.5, 1], [0, 1, 1, 0.5]], np.float32)
    expected = encode_codes(np.array([[[0, 0.25, 0.5], [1, 0.5, 1]]], np.float32), PROPHOTO, np.uint16)
    assert np.array_equal(to_prophoto(samples, tables, np.eye(3)), expected)


def test_matrix_is_applied_to_columns() -> None:
    samples = RANDOM.integers(0, 256, (5, 7, 3), np.uint8)
    table = np.broadcast_to(decode_table(DISPLAY_P3, 256), (3, 256))
    by_hand = to_prophoto(samples, table, conversion_matrix(DISPLAY_P3, PROPHOTO))
    assert np.array_equal(by_hand, convert_space(samples, DISPLAY_P3, PROPHOTO, np.uint16))


def test_memory_is_bounded() -> None:
    samples = np.zeros((3000, 2000, 3), np.uint8)
    tracemalloc.start()
    convert_space(samples, SRGB, PROPHOTO, np.uint16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The result has 36 MB; a float32 copy of the picture would be another 72 MB.
    assert peak < 36e6 * 2


def test_identity_matrix_looks_up_exactly() -> None:
    tables = np.array([decode_table(SRGB, 256), decode_table(ADOBE_RGB, 256), np.linspace(0, 1, 256)], np.float32)
    samples = RANDOM.integers(0, 256, (9, 11, 3), np.uint8)
    linear = np.stack([tables[c][samples[..., c]] for c in range(3)], axis=-1)
    assert np.array_equal(to_prophoto(samples, tables, np.eye(3)), encode_codes(linear, PROPHOTO, np.uint16))


@pytest.mark.parametrize("bits", range(9, 16))
def test_fewer_bits_are_the_nearest(bits: int) -> None:
    codes = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    result = to_bits(codes, bits)
    top = (1 << bits) - 1
    assert (result.dtype, result[0, 0], result[-1, -1]) == (np.uint16, 0, top)
    assert np.abs(result * (65535 / top) - codes).max() <= 65535 / top / 2 + 1e-6
