"""Colours outside sRGB in YCbCr samples, held against the formulas in plain double precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color import sycc
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import clip_to_codes
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.sycc import FRACTIONS, decode_sycc, encode_sycc, outside, reduce_to_sycc, sycc_tables
from gamutmeta.color.transfer import decode_srgb, encode_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = np.array([0, 1, 2, 17, 64, 100, 127, 128, 129, 160, 200, 238, 253, 254, 255], np.uint8)
SAMPLES = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)
STEP = 1.772 / 2 + 0.5
"""Codes by which a channel of RGB can differ where Y, Cb and Cr are rounded; blue differs most."""

triples = st.tuples(*[st.integers(0, 255)] * 3)
colours = st.tuples(*[st.floats(-0.75, 4, width=32)] * 3)


def plain_rgb(samples: NDArray[np.uint8]) -> NDArray[np.float64]:
    """R'G'B' in codes of 8 bits, not rounded or clamped: ITU-T T.871, 7."""
    y, cb, cr = np.moveaxis(samples.astype(float), -1, 0)
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    return np.stack([red, y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), blue], axis=-1)


def plain_ycc(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """YCbCr of R'G'B' in codes, not rounded or clamped: the same clause."""
    y = rgb @ [0.299, 0.587, 0.114]
    return np.stack([y, (rgb[..., 2] - y) / 1.772 + 128, (rgb[..., 0] - y) / 1.402 + 128], axis=-1)


def plain_linear(code: float) -> float:
    e = abs(code) / 255
    v = e / 12.92 if e <= 0.04045 else ((e + 0.055) / 1.055) ** 2.4
    return math.copysign(v, code)


def all_codes() -> NDArray[np.uint8]:
    """Every 17th code of each channel and those beside the ends: a lattice of the RGB cube."""
    levels = np.unique([*range(0, 256, 17), 1, 2, 253, 254])
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.uint8)


def shown(samples: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What a viewer shows, in codes of 8 bits that are not rounded."""
    return np.clip(plain_rgb(samples), 0, 255)


# Decoding


@given(triples)
def test_decoding_is_the_formula_to_a_64th_of_a_code(samples: tuple[int, int, int]) -> None:
    codes = np.array(samples, np.uint8)
    encoded = encode_srgb(decode_sycc(codes).astype(float)) * 255
    # Each share is rounded to a 64th; green has two.
    np.testing.assert_allclose(encoded, plain_rgb(codes), rtol=0, atol=1.001 / FRACTIONS + 1e-4)


def test_decoding_is_the_curve_of_whole_numbers() -> None:
    y, cb, cr = SAMPLES.astype(int).T
    red = 64 * y + np.rint(64 * 1.402 * (cr - 128))
    green = 64 * y + np.rint(-64 * 0.344136 * (cb - 128)) + np.rint(-64 * 0.714136 * (cr - 128))
    blue = 64 * y + np.rint(64 * 1.772 * (cb - 128))
    expected = [[np.float32(plain_linear(number / 64)) for number in row] for row in zip(red, green, blue, strict=True)]
    np.testing.assert_array_equal(decode_sycc(SAMPLES), expected)


def test_no_colour_leaves_the_table() -> None:
    chroma, linear = sycc_tables()
    places = [chroma[0], (chroma[1][:, None] + chroma[2]).ravel(), chroma[3]]
    assert min(int(place.min()) for place in places) == 0
    assert max(int(place.max()) for place in places) + FRACTIONS * 255 == len(linear) - 1
    assert (np.diff(linear) > 0).all()


def test_greys_are_those_of_srgb() -> None:
    greys = np.full((256, 3), 128, np.uint8)
    greys[:, 0] = np.arange(256)
    expected = decode_srgb(np.arange(256) / 255).astype(np.float32)
    np.testing.assert_array_equal(decode_sycc(greys), np.repeat(expected[:, None], 3, axis=1))


def test_tables_cannot_be_changed() -> None:
    for table in sycc_tables():
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0


def test_any_shape() -> None:
    picture = SAMPLES[:600].reshape(20, 30, 3)
    np.testing.assert_array_equal(decode_sycc(picture).reshape(-1, 3), decode_sycc(SAMPLES[:600]))
    np.testing.assert_array_equal(outside(picture).ravel(), outside(SAMPLES[:600]))
    assert decode_sycc(picture).dtype == np.float32


# Encoding


def test_every_colour_of_the_cube_comes_back() -> None:
    rgb = all_codes()
    samples = encode_sycc(decode_srgb(rgb / 255).astype(np.float32))
    np.testing.assert_allclose(samples, plain_ycc(rgb.astype(float)), rtol=0, atol=0.501)
    back = encode_srgb(decode_sycc(samples).astype(float)) * 255
    assert np.abs(back - rgb).max() <= STEP
    assert np.abs(np.rint(np.clip(back, 0, 255)) - rgb).max() <= 1
    assert not outside(samples, margin=STEP).any()


def test_samples_come_back() -> None:
    """As far as they are colours that RGB holds, or that lie outside it: no sample is out of its own range."""
    np.testing.assert_array_equal(encode_sycc(decode_sycc(SAMPLES)), SAMPLES)


@given(colours)
def test_a_viewer_shows_the_clipped_colour(colour: tuple[float, float, float]) -> None:
    linear = np.array(colour, np.float32)
    samples = encode_sycc(linear)
    clipped = clip_to_codes(linear).astype(float)
    # The rounding of the samples, and that of the clipped codes.
    assert np.abs(shown(samples) - clipped).max() <= STEP + 0.5


@given(colours)
def test_what_does_not_fit_lies_on_the_way_to_the_clipped_colour(colour: tuple[float, float, float]) -> None:
    linear = np.array(colour, np.float32)
    encoded = encode_srgb(linear.astype(float))
    start, end = (plain_ycc(255 * each) for each in (np.clip(encoded, 0, 1), encoded))
    samples = encode_sycc(linear).astype(float)
    if (end >= 0).all() and (end <= 255).all():
        np.testing.assert_allclose(samples, end, rtol=0, atol=0.51)
        return
    way = end - start
    if np.abs(way).max() < 1:  # blue and red themselves lie half a code beyond the end of Cb and Cr
        np.testing.assert_allclose(samples, start, rtol=0, atol=1.6)
        return
    share = min(max(float((samples - start) @ way / (way @ way)), 0), 1)
    np.testing.assert_allclose(samples, start + share * way, rtol=0, atol=1)
    # It goes as far as it can: some sample is at an end of its range.
    assert min(samples.min(), 255 - samples.max()) <= 1


def test_no_way_is_too_short() -> None:
    colours = np.array([[0, 0, -2.5e-42], [0, 0, 1e-45], [1, 1 + 2**-23, 1]], np.float32)
    np.testing.assert_array_equal(encode_sycc(colours), [[0, 128, 128], [0, 128, 128], [255, 128, 128]])


@given(triples)
def test_within_the_cube_nothing_is_pulled(rgb: tuple[int, int, int]) -> None:
    codes = np.array(rgb, float)
    samples = encode_sycc(decode_srgb(codes / 255).astype(np.float32))
    np.testing.assert_allclose(samples, np.clip(plain_ycc(codes), 0, 255), rtol=0, atol=0.501)


def test_black_white_and_the_primaries() -> None:
    colours = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    expected = [[0, 128, 128], [255, 128, 128], [76, 85, 255], [150, 44, 21], [29, 255, 107]]
    np.testing.assert_array_equal(encode_sycc(colours), expected)


# Whole photographs


@pytest.mark.parametrize("adaptation", Adaptation)
def test_reduction_keeps_the_colours_that_clipping_loses(adaptation: Adaptation) -> None:
    rng = np.random.default_rng(0)
    grey, colour = rng.integers(0, 65_536, (64, 80, 1)), rng.integers(0, 65_536, (64, 80, 3))
    wide = (0.65 * grey + 0.35 * colour).astype(np.uint16)
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide])
    samples = reduce_to_sycc(wide, adaptation)
    np.testing.assert_array_equal(samples, encode_sycc(linear))
    assert outside(samples).mean() > 0.1
    assert np.abs(shown(samples) - clip_to_codes(linear)).max() <= STEP + 0.5
    by_samples = np.square(decode_sycc(samples) - linear).mean()
    by_clipping = np.square(np.clip(linear, 0, 1) - linear).mean()
    assert by_samples < by_clipping / 5


def test_a_photograph_within_srgb_stays_within() -> None:
    codes = np.random.default_rng(1).integers(0, 256, (40, 50, 3))
    samples = encode_sycc(decode_srgb(codes / 255).astype(np.float32))
    assert not outside(samples, margin=STEP).any()


# Outside


@given(triples, st.floats(0, 20))
def test_outside(samples: tuple[int, int, int], margin: float) -> None:
    codes = np.array(samples, np.uint8)
    rgb = plain_rgb(codes)
    beyond = max(-rgb.min(), rgb.max() - 255)
    if abs(beyond - margin) > 2 / FRACTIONS:
        assert outside(codes, margin) == (beyond > margin)
    if margin == 1:
        assert outside(codes) == outside(codes, 1)


def test_outside_by_more_than_a_code() -> None:
    inside = [[0, 128, 128], [255, 128, 128], [76, 85, 255], [128, 128, 128]]
    beyond = [[0, 0, 0], [255, 255, 255], [0, 255, 0], [90, 40, 255], [255, 128, 130], [0, 128, 126], [1, 130, 128]]
    assert not outside(np.array(inside, np.uint8)).any()
    assert outside(np.array(beyond, np.uint8)).tolist() == [True, True, True, True, True, True, False]


def test_machine_code_gives_the_same_samples() -> None:
    rng = np.random.default_rng(1)
    wide = rng.integers(0, 65536, (160, 213, 3), dtype=np.uint16)
    wide[:40] //= 16
    wide[40:80] = 65535 - wide[40:80] // 8
    wide[80:90] = wide[80:90, :, :1]
    for adaptation in Adaptation:
        made = [reduce_to_sycc(wide, adaptation, compiled=compiled) for compiled in (False, True)]
        np.testing.assert_array_equal(*made)


def test_the_pieces_are_the_curve() -> None:
    linear = np.concatenate([np.linspace(-5, 5, 100_001), [0.0031308, 0.00313081, 1e-9, -1e-30, 0]]).astype(np.float32)
    exact = encode_srgb(linear.astype(np.float64))
    assert np.abs(sycc._encoded(linear) - exact).max() < 5e-7
