from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from paper_rows import clipping, quickly, run_row

from benchmarks.paper.methods import gain_mlp

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = "gain-mlp-like"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gain_mlp, "PLAN", replace(gain_mlp.PLAN, batch=512))


def test_better_than_clipping(wide: NDArray[np.uint16]) -> None:
    metadata, quality = run_row(gain_mlp, KEY, wide, quickly(0.02))
    assert quality.psnr_og > clipping(wide).psnr_og + 5
    # 4,960 weights of two bytes, less what zstd takes off.
    assert 0.85 * 9_921 < len(metadata.data) <= 9_921
    assert "quick: 180 of 9,000 steps" in metadata.note


def test_it_starts_without_a_gain(wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gain_mlp, "PLAN", replace(gain_mlp.PLAN, batch=512, rate=0))
    _, quality = run_row(gain_mlp, KEY, wide, quickly(1e-4))
    # Clipping, but for channels whose clipped value lies so far below zero that a gain cannot reach it.
    assert quality.psnr_og == pytest.approx(clipping(wide).psnr_og, abs=0.05)


def test_a_grey_photograph() -> None:
    grey = np.repeat(np.linspace(0, 65535, 48 * 64).reshape(48, 64, 1), 3, 2).astype(np.uint16)
    _, quality = run_row(gain_mlp, KEY, grey, quickly(1e-3))
    assert quality.psnr > 35
