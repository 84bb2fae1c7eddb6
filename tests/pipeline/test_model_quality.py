from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb
from gamutmeta.model.expand import STRIP_PIXELS, expand
from gamutmeta.pipeline.model_quality import measure_models

MODEL = Descriptor(head=Head.SRGB_EXCESS, grid=Grid(2, 4, 5), rgb=Rgb(1), hidden=(6,), gate=0)
WEIGHTS = {
    spec.name: (np.random.default_rng(1).standard_normal(spec.shape) * 0.2).astype(np.float32)
    for spec in MODEL.tensor_specs()
}


def picture(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    wide = np.random.default_rng(0).integers(0, 65536, (height, width, 3), np.uint16)
    return wide, reduce_to_codes(wide, Adaptation.BRADFORD)[0]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (301, 700), (5, 70_000)])
def test_equals_measuring_the_expanded_pictures(shape: tuple[int, int], *, compiled: bool) -> None:
    wide, codes = picture(*shape)
    models = [(Descriptor(), {}), (MODEL, WEIGHTS)]
    for model, quality in zip(models, measure_models(wide, codes, models, compiled=compiled), strict=True):
        twin = measure(wide, expand(*model, codes, compiled=compiled), compiled=False)
        for name in ("psnr", "psnr_og", "rmse", "rmse_og", "og_percent"):
            assert getattr(quality, name) == pytest.approx(getattr(twin, name), rel=1e-5, nan_ok=True), name


def test_the_expanded_picture_is_never_held() -> None:
    wide, codes = picture(4000, 1000)
    measure_models(wide[:2], codes[:2], [(Descriptor(), {})])
    tracemalloc.start()
    measure_models(wide, codes, [(Descriptor(), {})])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < codes.size * 2


@pytest.mark.parametrize("apart", [2, 3, 100])
def test_some_strips_alone(apart: int) -> None:
    wide, codes = picture(2000, 1000)
    rows = STRIP_PIXELS // 1000
    chosen = [slice(top, top + rows) for top in range(0, 2000, rows)][::apart]
    (quality,) = measure_models(wide, codes, [(Descriptor(), {})], apart=apart)
    some_wide, some_codes = (np.concatenate([array[part] for part in chosen]) for array in (wide, codes))
    (twin,) = measure_models(some_wide, some_codes, [(Descriptor(), {})])
    assert (quality.psnr, quality.psnr_og) == pytest.approx((twin.psnr, twin.psnr_og), abs=1e-9)
