from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from carrots import QUICK, quick_presets, write_piece

from benchmarks import rate_distortion
from benchmarks.rd.runs import Budgets, Unit, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("benchmarks.rd.runs.preset_named", lambda _: QUICK)
    monkeypatch.setattr("benchmarks.rd.runs.PRESETS", quick_presets())
    monkeypatch.setattr(rate_distortion, "QUICK", Budgets(caps=(2_400,), gain_map=(1_500,), samples=(1_500,)))
    monkeypatch.setattr(rate_distortion, "RESULTS", tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "photos").mkdir()
    write_piece(tmp_path / "photos" / "one.tif")
    write_piece(tmp_path / "photos" / "two.tif")
    (tmp_path / "photos" / "notes.txt").write_text("not a photograph")
    return tmp_path / "results"


def measure(results: Path, *options: str) -> None:
    folder = results.parent
    cache = str(folder / "rows.jsonl")
    rate_distortion.main([str(folder / "photos"), "--quick", "--name", "try", "--cache", cache, *options])


def test_everything_is_written_and_nothing_measured_twice(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Unit] = []
    monkeypatch.setattr(rate_distortion, "run", lambda unit, points: ran.append(unit) or run(unit, points))
    measure(results, "--methods", "caps", "samples", "--only", "one")
    assert [unit.family for unit in ran] == ["clipping", "caps", "samples"]
    assert {path.name for path in results.iterdir()} == {"try.json", "try.md", "try.png", "try.svg"}
    found = json.loads((results / "try.json").read_text())
    assert [row["method"] for row in found["rows"]] == ["clipping, bradford", "clipping, cat02", "gamutmeta", "samples"]
    assert found["machine"]["cores"] > 0
    assert "| one |" in capsys.readouterr().out

    before = {path.name: path.read_bytes() for path in results.iterdir()}
    measure(results, "--methods", "caps", "samples", "--only", "one")
    assert len(ran) == 3
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before

    measure(results, "--methods", "gain-map")
    assert [(unit.path.stem, unit.family) for unit in ran[3:]] == [
        ("one", "gain-map"), ("two", "clipping"), ("two", "gain-map"),
    ]  # fmt: skip
    measure(results, "--methods", "caps", "--only", "one", "--fresh")
    assert [unit.family for unit in ran[6:]] == ["clipping", "caps"]
    assert len(json.loads((results / "try.json").read_text())["rows"]) == 8
    # Where the photographs lie is nobody's business.
    assert not any(str(results.parent).encode() in path.read_bytes() for path in results.iterdir())


def test_rivals_are_not_run_on_every_coding(results: Path) -> None:
    paths = rate_distortion.photographs(results.parent / "photos", [])
    assert [path.stem for path in paths] == ["one", "two"]
    found = rate_distortion.units(paths[:1], ["samples", "caps"], quick=False)
    assert [(unit.coding.name, unit.family) for unit in found] == [
        ("PNG", "clipping"), ("PNG", "samples"), ("PNG", "caps"),
        ("JPEG q95 4:4:4", "clipping"), ("JPEG q95 4:4:4", "samples"), ("JPEG q95 4:4:4", "caps"),
        ("JPEG q90 4:2:0", "clipping"), ("JPEG q90 4:2:0", "caps"),
    ]  # fmt: skip


def test_rows_are_put_in_order(results: Path) -> None:
    del results
    keys = [
        ("a", "PNG", "clipping", "clipping, bradford", None),
        ("a", "PNG", "caps", "gamutmeta", 960),
        ("a", "PNG", "caps", "gamutmeta", 2_400),
        ("a", "PNG", "reference", "reference float32", None),
        ("a", "PNG", "reference", "reference int8", None),
        ("a", "PNG", "samples", "samples", 1_500),
        ("a", "PNG", "samples", "samples", 7),  # of a budget that is no more
        ("a", "JPEG q95 4:4:4", "clipping", "clipping, bradford", None),
        ("b", "PNG", "clipping", "clipping, bradford", None),
    ]
    names = ("photograph", "coding", "family", "method", "budget")
    rows = [dict(zip(names, key, strict=True)) for key in keys]
    assert rate_distortion.ordered(rows[::-1]) == rows


def test_several_processes_measure_the_same(results: Path) -> None:
    paths = rate_distortion.photographs(results.parent / "photos", [])
    every = rate_distortion.units(paths, [], quick=True)
    work = [(unit, rate_distortion.wanted(unit)) for unit in every]
    alone = {unit.path.stem: rows for unit, rows in rate_distortion.measured(work, 1)}
    assert {unit.path.stem: rows for unit, rows in rate_distortion.measured(work, 2)} == alone


def test_a_folder_without_photographs(results: Path) -> None:
    with pytest.raises(SystemExit, match="no such TIFF photographs"):
        measure(results, "--only", "three")
