from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from carrots import QUICK, quick_presets, write_piece

from benchmarks.rd.coding import coding_named
from benchmarks.rd.runs import CAPS, FAMILIES, SAMPLE_BUDGETS, Budgets, Unit, run, wanted
from benchmarks.rivals.reference import Training
from gamutmeta.fit.config import PRESETS

if TYPE_CHECKING:
    from pathlib import Path

FEW = Budgets(caps=(900, 3_000), gain_map=(1_500,), samples=(1_500,))
FIGURES = {"psnr", "psnr_og", "psnr_ig", "rmse", "rmse_og", "rmse_ig", "de", "de_og", "og_percent"}


@pytest.fixture
def photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("benchmarks.rd.runs.preset_named", lambda _: QUICK)
    monkeypatch.setattr("benchmarks.rd.runs.PRESETS", quick_presets())
    monkeypatch.setattr("benchmarks.rd.runs.Training", partial(Training, steps=5))
    return write_piece(tmp_path / "piece.tif")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("coding", ["PNG", "JPEG q95 4:4:4"])
def test_every_family_gives_the_rows_it_promises(family: str, coding: str, photograph: Path) -> None:
    unit = Unit(photograph, coding_named(coding), family, FEW)
    rows = run(unit, wanted(unit))
    assert [(row["method"], row["budget"]) for row in rows] == wanted(unit)
    for row in rows:
        assert (row["photograph"], row["pixels"], row["coding"]) == ("piece", "96x64", coding)
        assert row.keys() >= FIGURES
        assert row["added_bytes"] >= row["payload_bytes"]
        assert row["budget"] is None or row["payload_bytes"] <= row["budget"]
        by_paper = family == "reference" or "cat02" in row["method"]
        assert row["adaptation"] == ("cat02" if by_paper else "bradford")


def test_only_what_is_asked_for_is_run(photograph: Path) -> None:
    unit = Unit(photograph, coding_named("PNG"), "caps", FEW)
    assert [row["budget"] for row in run(unit, [("gamutmeta", 3_000)])] == [3_000]


def test_presets_and_caps(photograph: Path) -> None:
    unit = Unit(photograph, coding_named("PNG"), "presets", Budgets())
    assert [method for method, _ in wanted(unit)] == [f"gamutmeta {name}" for name in PRESETS]
    caps = Unit(photograph, coding_named("PNG"), "caps", Budgets())
    assert [budget for _, budget in wanted(caps)] == [*CAPS, 6_000]
    samples = Unit(photograph, coding_named("PNG"), "samples", Budgets())
    assert wanted(samples) == [("samples", budget) for budget in SAMPLE_BUDGETS]
    row, *_ = run(unit, wanted(unit)[:1])
    assert row["note"].startswith("grid")
    assert row["fit_seconds"] > 0
