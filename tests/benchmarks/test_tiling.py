from __future__ import annotations

import numpy as np
import pytest

from benchmarks.tiling import tiled


@pytest.mark.parametrize(("megapixels", "size"), [(0.0054, (60, 90)), (1.5, (1000, 1500))])
def test_sizes(megapixels: float, size: tuple[int, int]) -> None:
    assert tiled(np.zeros((7, 11, 3), np.uint16), megapixels).shape == (*size, 3)


def test_every_second_copy_is_mirrored() -> None:
    wide = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3)
    result = tiled(wide, 54 / 1e6)
    assert result.shape == (6, 9, 3)
    np.testing.assert_array_equal(result[:2, :3], wide)
    np.testing.assert_array_equal(result[:2, 3:6], wide[:, ::-1])
    np.testing.assert_array_equal(result[:2, 6:], wide)
    np.testing.assert_array_equal(result[2:4, :3], wide[::-1])
    np.testing.assert_array_equal(result[4:, 3:6], wide[:, ::-1])


def test_a_large_photograph_is_cut() -> None:
    wide = np.arange(40 * 50 * 3, dtype=np.uint16).reshape(40, 50, 3)
    np.testing.assert_array_equal(tiled(wide, 54 / 1e6), wide[:6, :9])
