"""Shoulders: their tables, held against the recurrence in plain fractions, and what they do to a picture."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies import shoulders

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import clip_to_codes, reduce_to_codes
from gamutmeta.color.shoulder import UNIT, End, Shoulder, stretch, stretch_picture
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, reduction_matrix

NOTHING = (End(), End(), End())
ONE = Shoulder(bright=(End(4, 16), End(), End(2, 60)), dark=(End(), End(3, 20), End()))

linears = arrays.arrays(np.float32, (40, 3), elements=st.floats(-1, 3, width=32))


def plain_linear(code: int) -> int:
    e = code / 255
    return round(UNIT * (e / 12.92 if e <= 0.04045 else ((e + 0.055) / 1.055) ** 2.4))


def plain_values(codes: int, growth: int, *, is_bright: bool) -> list[Fraction]:
    """From the first stretched code on, away from the knee."""
    sign = 1 if is_bright else -1
    knee = 255 - codes if is_bright else codes
    value, step = plain_linear(knee), abs(plain_linear(knee + sign) - plain_linear(knee))
    values = []
    for _ in range(codes):
        step = step * (16 + growth) // 16
        value += sign * step
        values.append(Fraction(value, UNIT))
    return values


@given(shoulders())
def test_tables_follow_the_recurrence(shoulder: Shoulder) -> None:
    table = shoulder.table()
    for channel, (dark, bright) in enumerate(zip(shoulder.dark, shoulder.bright, strict=True)):
        low = plain_values(dark.codes, dark.growth, is_bright=False)
        high = plain_values(bright.codes, bright.growth, is_bright=True)
        assert [Fraction(float(v)) for v in table[channel, : dark.codes]] == low[::-1]
        assert [Fraction(float(v)) for v in table[channel, 256 - bright.codes :]] == high
        between = slice(dark.codes, 256 - bright.codes)
        np.testing.assert_array_equal(table[channel, between], decode_table(SRGB, 256)[between])
        assert all(a < b for a, b in itertools.pairwise(table[channel]))


def test_a_table_by_hand() -> None:
    # Of the ordinary codes 251 and 252 in millionths (of 2^20), each step twice the one before.
    assert [plain_linear(code) for code in (251, 252)] == [1_011_547, 1_020_731]
    assert [float(v) * UNIT for v in ONE.table()[0, 251:]] == [
        float(decode_table(SRGB, 256)[251]) * UNIT, 1_029_915, 1_066_651, 1_140_123, 1_287_067
    ]  # fmt: skip


@given(shoulders())
def test_bytes(shoulder: Shoulder) -> None:
    assert Shoulder.from_bytes(shoulder.to_bytes()) == shoulder
    assert len(shoulder.to_bytes()) == 12


@pytest.mark.parametrize(
    ("dark", "bright", "said"),
    [
        (NOTHING, NOTHING, "at least one"),
        ((End(9, 1), End(), End()), NOTHING, r"0\.\.8 codes"),
        ((End(3, 0), End(), End()), NOTHING, "growth"),
        ((End(0, 3), End(), End(2, 2)), NOTHING, "growth"),
        (NOTHING, (End(), End(1, 256), End()), "growth"),
        (NOTHING, (End(), End(), End(3, 200)), "below 16"),
    ],
)
def test_refused(dark: tuple[End, End, End], bright: tuple[End, End, End], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Shoulder(dark, bright)


def test_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        Shoulder.from_bytes(bytes(11))


def test_in_words() -> None:
    assert str(ONE) == "shoulder of 0/3/0 dark codes and 4/0/2 bright codes"


@given(shoulders(), linears)
def test_the_nearest_value_of_those_that_clipping_leaves(shoulder: Shoulder, linear: np.ndarray) -> None:
    clipped = clip_to_codes(linear)
    codes = clipped.copy()
    stretch(linear, codes, shoulder)
    table = shoulder.table().astype(np.float64)
    for channel in range(3):
        dark, bright = shoulder.dark[channel].codes, shoulder.bright[channel].codes
        for value, before, after in zip(linear[:, channel], clipped[:, channel], codes[:, channel], strict=True):
            if dark and before <= dark:
                candidates = range(dark + 1)
            elif bright and before >= 255 - bright:
                candidates = range(255 - bright, 256)
            else:
                assert before == after
                continue
            assert after in candidates
            least = min(abs(table[channel, code] - value) for code in candidates)
            assert abs(table[channel, after] - value) <= least + 1e-6


def test_a_picture_strip_by_strip() -> None:
    wide = np.random.default_rng(0).integers(0, 65536, (300, 700, 3)).astype(np.uint16)
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    expected = codes.copy()
    linear = apply_matrix(reduction_matrix(Adaptation.BRADFORD), decode_table(PROPHOTO, 65536)[wide])
    stretch(linear, expected, ONE)
    before = codes.copy()
    np.testing.assert_array_equal(stretch_picture(wide, codes, Adaptation.BRADFORD, ONE), expected)
    np.testing.assert_array_equal(codes, before)
    assert (expected != codes).any()
