from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from whole_metrics import psnr, rmse

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import out_of_gamut, outside
from gamutmeta.color.spaces import PROPHOTO, decode_table, reduction_matrix
from gamutmeta.measure.quality import Quality, measure, quality_figures

RANDOM = np.random.default_rng(23)
ORIGINAL = RANDOM.integers(0, 65536, (700, 301, 3), np.uint16)
RESTORED = np.clip(ORIGINAL + RANDOM.normal(0, 900, ORIGINAL.shape), 0, 65535).astype(np.uint16)
TABLE = decode_table(PROPHOTO, 65536)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("adaptation", Adaptation)
def test_equals_the_metrics_of_whole_arrays(adaptation: Adaptation, *, strict: bool) -> None:
    reference, test = TABLE[ORIGINAL], TABLE[RESTORED]
    linear = reference @ reduction_matrix(adaptation).T
    mask = out_of_gamut(linear) if strict else outside(linear)
    quality = measure(ORIGINAL, RESTORED, adaptation, strict=strict)
    assert quality.psnr == pytest.approx(psnr(reference, test), abs=1e-4)
    assert quality.rmse == pytest.approx(rmse(reference, test), rel=1e-5)
    # A handful of pixels lie on the gamut's surface.
    assert quality.psnr_og == pytest.approx(psnr(reference[mask], test[mask]), abs=1e-3)
    assert quality.rmse_og == pytest.approx(rmse(reference[mask], test[mask]), rel=1e-4)
    assert quality.og_percent == pytest.approx(100 * mask.mean(), abs=1e-2)


def test_the_original_decides_what_is_out_of_gamut() -> None:
    grey = np.full((4, 4, 3), 30_000, np.uint16)
    green = np.zeros_like(grey)
    green[..., 1] = 60_000
    assert measure(grey, green).og_percent == 0
    assert math.isnan(measure(grey, green).psnr_og)
    assert measure(green, grey).og_percent == 100


def test_perfect() -> None:
    quality = measure(ORIGINAL, ORIGINAL)
    assert (quality.psnr, quality.rmse, quality.psnr_og) == (math.inf, 0, math.inf)


def test_figures() -> None:
    restored, clipped = Quality(50.0, 0.003, 40.0, 0.01, 12.0), Quality(30.0, 0.03, 20.0, 0.1, 12.0)
    assert quality_figures(restored, clipped) == {
        "psnr": 50.0,
        "psnr_og": 40.0,
        "psnr_clip": 30.0,
        "psnr_clip_og": 20.0,
        "og_percent": 12.0,
    }
    assert dataclasses.asdict(restored)["rmse_og"] == 0.01
