from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gamutmeta.photo.png_filters import filtered_rows

Bytes = NDArray[np.uint8]


def unfiltered(filtered: Bytes, before: Bytes | None, step: int) -> Bytes:
    """As section 9.2 of the specification of PNG has it, byte by byte."""
    size = filtered.shape[1] - 1
    above = [0] * size if before is None else [int(byte) for byte in before]
    rows = []
    for kind, *line in filtered.tolist():
        row: list[int] = []
        for at, byte in enumerate(line):
            a, b, c = (row[at - step], above[at], above[at - step]) if at >= step else (0, above[at], 0)
            p = a + b - c
            paeth = min((a, b, c), key=lambda value: abs(p - value))
            row.append((byte + (0, a, b, (a + b) // 2, paeth)[kind]) % 256)
        rows.append(row)
        above = row
    return np.array(rows, np.uint8)


sizes = st.tuples(st.integers(1, 6), st.integers(1, 9), st.sampled_from([3, 4]))
few = st.sampled_from([0, 1, 127, 128, 129, 255])
pictures = sizes.flatmap(lambda shape: hnp.arrays(np.uint8, shape, elements=st.one_of(few, st.integers(0, 255))))


@pytest.mark.parametrize("compiled", [False, True])
@given(picture=pictures, is_top=st.booleans())
def test_is_undone(compiled: bool, picture: Bytes, is_top: bool) -> None:  # noqa: FBT001 - parameters of the test
    rows, step = picture.reshape(len(picture), -1), picture.shape[2]
    before = None if is_top else rows[-1].copy()
    filtered = filtered_rows(rows, before, step, compiled=compiled)
    assert np.array_equal(unfiltered(filtered, before, step), rows)


@given(picture=pictures, is_top=st.booleans())
def test_machine_code_gives_the_same(picture: Bytes, is_top: bool) -> None:  # noqa: FBT001
    rows, step = picture.reshape(len(picture), -1), picture.shape[2]
    before = None if is_top else rows[-1].copy()
    by_numpy, by_machine = (filtered_rows(rows, before, step, compiled=compiled) for compiled in (False, True))
    assert np.array_equal(by_numpy, by_machine)


@pytest.mark.parametrize("width", [1365, 1366, 5000])
def test_long_rows_give_the_same(width: int) -> None:
    rng = np.random.default_rng(width)
    smooth = np.cumsum(rng.integers(-3, 4, (40, width, 3)), axis=1).astype(np.uint8).reshape(40, -1)
    smooth[10:20] = smooth[9] + rng.integers(0, 2, (10, 1), np.uint8)
    by_numpy, by_machine = (filtered_rows(smooth, None, 3, compiled=compiled) for compiled in (False, True))
    assert np.array_equal(by_numpy, by_machine)
    assert len(set(by_numpy[:, 0].tolist())) > 1


def test_the_row_above_is_the_best_filter_for_equal_rows() -> None:
    rows = np.random.default_rng(0).integers(20, 230, (2, 300), np.uint8)
    rows[1] = rows[0]
    assert filtered_rows(rows, None, 3)[1, 0] == 2
    assert filtered_rows(rows[1:], rows[0], 3)[0, 0] == 2


def test_average_is_not_for_few_values() -> None:
    rng = np.random.default_rng(1)
    few_values = (rng.integers(0, 3, (30, 300)) * 20).astype(np.uint8)
    assert 3 not in filtered_rows(few_values, None, 3)[:, 0]
