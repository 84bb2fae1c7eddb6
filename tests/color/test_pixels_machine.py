from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import Rounding, reduce_to_codes
from gamutmeta.measure.quality import measure


def photograph(height: int, width: int) -> np.ndarray:
    """Random colours, a part of them grey, black and white."""
    wide = np.random.default_rng(0).integers(0, 65536, (height, width, 3), np.uint16)
    wide[::3] = wide[::3, :, :1]
    wide[::7] = 0
    wide[1::7] = 65535
    return wide


@pytest.mark.parametrize("adaptation", Adaptation)
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("shape", [(1, 1), (700, 301), (3, 100_000)])
def test_reduction_is_the_same_bit_for_bit(adaptation: Adaptation, rounding: Rounding, shape: tuple[int, int]) -> None:
    wide = photograph(*shape)
    codes, outside = reduce_to_codes(wide, adaptation, rounding, compiled=True)
    by_numpy, outside_by_numpy = reduce_to_codes(wide, adaptation, rounding, compiled=False)
    assert np.array_equal(codes, by_numpy)
    assert outside == outside_by_numpy


def test_reduction_of_a_view() -> None:
    wide = photograph(90, 80)[::-1, ::2]
    assert np.array_equal(
        reduce_to_codes(wide, Adaptation.BRADFORD, compiled=True)[0],
        reduce_to_codes(wide, Adaptation.BRADFORD, compiled=False)[0],
    )


@pytest.mark.parametrize("adaptation", Adaptation)
def test_figures_agree(adaptation: Adaptation) -> None:
    original = photograph(500, 400)
    noise = np.random.default_rng(1).integers(-300, 300, original.shape)
    restored = np.clip(original.astype(np.int64) + noise, 0, 65535).astype(np.uint16)
    compiled = measure(original, restored, adaptation, compiled=True)
    by_numpy = measure(original, restored, adaptation, compiled=False)
    for name in ("psnr", "psnr_og", "rmse", "rmse_og", "og_percent"):
        assert getattr(compiled, name) == pytest.approx(getattr(by_numpy, name), rel=1e-6), name
    assert measure(original, original, compiled=True).psnr == np.inf
