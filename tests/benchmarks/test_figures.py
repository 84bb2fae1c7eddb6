from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from whole_metrics import psnr, rmse

from benchmarks.rd.figures import Original
from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.delta_e import delta_e_2000, prophoto_to_lab

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_figures_are_those_of_the_pixels(wide: NDArray[np.uint16]) -> None:
    noise = np.random.default_rng(0).integers(-900, 900, wide.shape)
    restored = np.clip(wide.astype(int) + noise, 0, 65535).astype(np.uint16)
    found = Original(wide).figures(restored, Adaptation.CAT02)
    a, b = linear_of(wide), linear_of(restored)
    mask = out_of_gamut_mask(a, Adaptation.CAT02)
    de = delta_e_2000(prophoto_to_lab(a), prophoto_to_lab(b))
    assert found["og_percent"] == pytest.approx(100 * mask.mean(), abs=1e-4)
    for name, chosen in (("", np.ones_like(mask)), ("_og", mask), ("_ig", ~mask)):
        assert found[f"psnr{name}"] == pytest.approx(psnr(a[chosen], b[chosen]), abs=1e-3)
        assert found[f"rmse{name}"] == pytest.approx(rmse(a[chosen], b[chosen]), abs=1e-6)
    # All pixels are in the sample of so small a picture.
    assert found["de"] == pytest.approx(de.mean(), abs=1e-4)
    assert found["de_og"] == pytest.approx(de[mask].mean(), abs=1e-4)


def test_no_figure_where_there_is_none() -> None:
    grey = np.full((6, 5, 3), 30_000, np.uint16)
    found = Original(grey).figures(grey, Adaptation.BRADFORD)
    assert found["psnr"] is found["psnr_og"] is found["psnr_ig"] is found["de_og"] is None
    assert (found["rmse"], found["de"], found["og_percent"]) == (0, 0, 0)


def test_colour_differences_are_of_one_fixed_sample(wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> None:
    restored = wide // 2
    whole = Original(wide).figures(restored, Adaptation.BRADFORD)
    monkeypatch.setattr("benchmarks.rd.figures.DE_PIXELS", 4_000)
    one, other = (Original(wide).figures(restored, Adaptation.BRADFORD) for _ in range(2))
    assert one == other
    assert one["de"] != whole["de"]
    assert one["de"] == pytest.approx(whole["de"], rel=0.05)
    assert one["psnr"] == whole["psnr"]
