"""Quality against bytes: codings, figures, runs, the document and the curves."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from carrots import QUICK, quick_presets, write_piece
from whole_metrics import psnr, rmse

from benchmarks import rate_distortion
from benchmarks.arrays import Wide
from benchmarks.figures import CODINGS, Coding, Original, added_bytes, coding_named
from benchmarks.harness import load
from benchmarks.rate_distortion import CAPS, FAMILIES, SAMPLE_BUDGETS, Budgets, Unit, run, wanted
from benchmarks.rivals import reference
from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce

FEW = Budgets(caps=(900, 3_000), gain_map=(1_500,), samples=(1_500,))
FIGURES = {"psnr", "psnr_og", "psnr_ig", "rmse", "rmse_og", "rmse_ig", "de", "de_og", "og_percent"}


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.name)
def test_codes_and_bytes_are_those_of_a_reduction(coding: Coding, wide: Wide) -> None:
    reduction = reduce(WideImage(wide), preset=QUICK, device="cpu", **coding.options)
    with_payload, without = reduction.to_bytes(), reduction.to_bytes("sidecar")
    assert added_bytes(coding.format, len(reduction.payload.to_bytes())) == len(with_payload) - len(without)
    codes = coding.decoded(wide, Adaptation.BRADFORD)
    if coding.format == "png":
        np.testing.assert_array_equal(codes, reduction.pixels)
    else:
        assert without == reduction.coded == coding.encode(reduction.pixels)
        assert (codes != reduction.pixels).any()


def test_figures_are_those_of_the_pixels(wide: Wide, monkeypatch: pytest.MonkeyPatch) -> None:
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
    # All pixels are in the sample of so small a picture; in larger ones the sample is always the same.
    assert (found["de"], found["de_og"]) == (
        pytest.approx(de.mean(), abs=1e-4),
        pytest.approx(de[mask].mean(), abs=1e-4),
    )
    monkeypatch.setattr("benchmarks.figures.DE_PIXELS", 4_000)
    one, other = (Original(wide).figures(restored, Adaptation.CAT02) for _ in range(2))
    assert one == other
    assert one["de"] == pytest.approx(found["de"], rel=0.05)
    grey = np.full((6, 5, 3), 30_000, np.uint16)
    nothing = Original(grey).figures(grey, Adaptation.BRADFORD)
    assert nothing["psnr"] is nothing["psnr_og"] is nothing["psnr_ig"] is nothing["de_og"] is None
    assert (nothing["rmse"], nothing["de"], nothing["og_percent"]) == (0, 0, 0)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("benchmarks.rate_distortion.preset_named", lambda _: QUICK)
    monkeypatch.setattr("benchmarks.rate_distortion.PRESETS", quick_presets())
    monkeypatch.setattr(reference, "Training", partial(reference.Training, steps=5))
    monkeypatch.setattr(rate_distortion, "QUICK", Budgets(caps=(2_400,), gain_map=(1_500,), samples=(1_500,)))
    (tmp_path / "photos").mkdir()
    write_piece(tmp_path / "photos" / "one.tif")
    write_piece(tmp_path / "photos" / "two.tif")
    return tmp_path / "photos"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("coding", ["PNG", "JPEG q95 4:4:4"])
def test_every_family_gives_the_rows_it_promises(family: str, coding: str, photographs: Path) -> None:
    unit = Unit(photographs / "one.tif", coding_named(coding), family, FEW)
    rows = run(unit, wanted(unit))
    assert [(row["method"], row["budget"]) for row in rows] == wanted(unit)
    for row in rows:
        assert (row["photograph"], row["pixels"], row["coding"]) == ("one", "96x64", coding)
        assert row.keys() >= FIGURES
        assert row["added_bytes"] >= row["payload_bytes"]
        assert row["budget"] is None or row["payload_bytes"] <= row["budget"]
        by_paper = family == "reference" or "cat02" in row["method"]
        assert row["adaptation"] == ("cat02" if by_paper else "bradford")
    assert [row["budget"] for row in run(unit, wanted(unit)[-1:])] == [wanted(unit)[-1][1]], "what is asked for alone"


def test_what_is_wanted_of_each_coding(photographs: Path) -> None:
    assert [method for method, _ in wanted(Unit(photographs, CODINGS[0], "presets", FEW))] == [
        f"gamutmeta {name}" for name in PRESETS
    ]
    assert [budget for _, budget in wanted(Unit(photographs, CODINGS[0], "caps", Budgets()))] == [*CAPS, 6_000]
    assert [budget for _, budget in wanted(Unit(photographs, CODINGS[0], "samples", Budgets()))] == [*SAMPLE_BUDGETS]
    found = rate_distortion.units([photographs / "one.tif"], ["samples", "caps"], quick=False)
    assert [(unit.coding.name, unit.family) for unit in found] == [
        ("PNG", "clipping"), ("PNG", "samples"), ("PNG", "caps"),
        ("JPEG q95 4:4:4", "clipping"), ("JPEG q95 4:4:4", "samples"), ("JPEG q95 4:4:4", "caps"),
        ("JPEG q90 4:2:0", "clipping"), ("JPEG q90 4:2:0", "caps"),
    ]  # fmt: skip


@pytest.mark.slow
def test_everything_is_written_and_nothing_measured_twice(photographs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, str]] = []
    monkeypatch.setattr(
        rate_distortion, "run", lambda unit, points: ran.append((unit.path.stem, unit.family)) or run(unit, points)
    )
    out = photographs.parent / "out"

    def measure(*options: str) -> dict[str, bytes]:
        rate_distortion.BENCHMARK.main([str(photographs), "--quick", "--out", str(out), *options])
        return {path.name: path.read_bytes() for path in out.iterdir()}

    files = measure("--methods", "caps", "samples", "--only", "one")
    assert ran == [("one", "clipping"), ("one", "caps"), ("one", "samples")]
    assert set(files) == {f"rate_distortion.{suffix}" for suffix in ("json", "md", "png", "svg")}
    rows = load(out / "rate_distortion.json")["rows"]
    assert [row["method"] for row in rows] == ["clipping, bradford", "clipping, cat02", "gamutmeta", "samples"]
    assert measure("--methods", "caps", "samples", "--only", "one") == files
    assert len(ran) == 3
    measure("--methods", "gain-map")
    assert ran[3:] == [("one", "gain-map"), ("two", "clipping"), ("two", "gain-map")]
    measure("--methods", "caps", "--only", "one", "--fresh")
    assert ran[6:] == [("one", "clipping"), ("one", "caps")]
    rows = load(out / "rate_distortion.json")["rows"]
    assert len(rows) == 8
    assert rate_distortion.ordered(rows[::-1]) == rows
