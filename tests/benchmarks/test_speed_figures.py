"""What is made of rows: figures, comparison with committed ones, growth, targets, tables and plots."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from benchmarks.speed import __main__ as speed
from benchmarks.speed.figures import Figure, compared, figures, growths, targets
from benchmarks.speed.tables import document

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
MACHINE = {"processor": "a processor", "cores": 2, "python": "3.11"}


def timed(part: str, task: str, megapixels: float, seconds: float, **more: Any) -> Row:
    times = {
        "best": seconds,
        "median": 2 * seconds,
        "rounds": 3,
        "first": seconds + 1,
        "peak_mib": 300,
        "above_mib": 100,
    }
    return {"part": part, "task": task, "megapixels": megapixels, "threads": 2} | times | more


def rows_of(megapixels: float) -> list[Row]:
    quality = {"psnr_clip_og": 30.0, "steps": 1000, "payload_bytes": 5000}
    stages = {"read": 1.0, "fit": 2.0, "measure, beside": 0.5}
    m = megapixels
    return [
        timed("expand", "copy", m, 0.01 * m),
        timed("expand", "numpy", m, 0.05 * m),
        timed("expand", "numba", m, 0.02 * m),
        timed("expand", "plain torch", m, 0.8 * m),
        timed("expand", "plain torch, small batches", m, 0.4 * m),
        timed("fit", "balanced", m, 2, psnr_og=41.5, **quality),
        timed("fit", "paper", m, 12, psnr_og=40.0, **quality),
        timed("fit", "paper, Bradford", m, 12, psnr_og=40.5, **quality),
        timed("street", "reduce", m, 0.1 * m, format="jpg", inside=0.09 * m, stages=stages),
        timed("street", "plain reduce", m, 0.04 * m, format="jpg"),
        timed("street", "expand", m, 0.1 * m, format="jpg", inside=0.09 * m, stages=stages, peak_mib=30 * m),
        timed("street", "plain expand", m, 0.05 * m, format="jpg"),
    ]


STARTS = [
    {"part": "start", "task": task, "best": best, "median": best, "rounds": 3, "processor": best}
    for task, best in (("numpy and Pillow", 0.1), ("gamutmeta.register()", 0.2))
]


def test_figures_are_ratios_of_one_size_and_number_of_threads() -> None:
    found = {figure.name: figure.value for figure in figures([*rows_of(24), *STARTS])}
    assert found == {
        "expand, numpy: times as fast as plain torch": 16,
        "expand, numpy: times as fast as plain torch, small batches": 8,
        "expand, numpy: times the time of copying": 5,
        "expand, numpy: MiB above input and output": 100,
        "expand, numba: times as fast as plain torch": 40,
        "expand, numba: times as fast as plain torch, small batches": 20,
        "expand, numba: times the time of copying": 2,
        "expand, numba: MiB above input and output": 100,
        "fit, balanced: times as fast as the paper's fit": 6,
        "fit, balanced: dB above the paper's fit, out of gamut": 1.5,
        "fit, balanced: dB above the paper's fit with Bradford, out of gamut": 1,
        "street, reduce, jpg: MiB at its peak": 300,
        "street, reduce, jpg: times the time of plain conversion": 2.5,
        "street, expand, jpg: MiB at its peak": 720,
        "street, expand, jpg: times the time of plain conversion": 2,
    }
    apart = [*rows_of(1)[:1], *rows_of(6)[1:2], timed("expand", "plain torch", 6, 1) | {"threads": 1}]
    assert [figure.name for figure in figures(apart)] == ["expand, numpy: MiB above input and output"]


@pytest.mark.parametrize(
    ("kind", "then", "equal", "worse"),
    [
        ("times", 13, [10.1, 30], [9.9]),
        ("share", 10, [1, 12.9], [13.1]),
        ("MiB", 1000, [10, 1160], [1170]),
        ("MiB", 10, [25], [30]),
        ("dB", 1, [0.75, 5], [0.65]),
    ],
)
def test_worse_by_more_than_chance(kind: Any, then: float, equal: list[float], worse: list[float]) -> None:
    before = Figure("one", 24, 2, then, kind)
    for value, is_worse in [*((v, False) for v in equal), *((v, True) for v in worse)]:
        assert replace(before, value=value).is_worse_than(before) is is_worse
    assert replace(before, value=then).is_worse_than(before, tolerance=0) is False


def test_only_what_both_runs_have_is_compared() -> None:
    one, other, third = (Figure(name, 24, 2, 10, "times") for name in ("one", "other", "third"))
    slower = replace(one, value=1)
    assert compared([slower, other], [third, other, one, replace(one, threads=1)], 0.3) == [
        (slower, one, True),
        (other, other, False),
    ]


def test_growth_is_told_by_the_larger_sizes() -> None:
    rows = [timed("expand", "numpy", size, 5 + 0.01 * size) for size in (1, 12, 50)]
    rows += [timed("expand", "numba", size, 0.001 * size**1.5, peak_mib=100 * size) for size in (1, 12, 24, 50)]
    rows += [timed("expand", "copy", 1, 1), timed("expand", "copy", 50, 1), timed("fit", "balanced", 50, 1)]
    found = {(growth.name, growth.of): growth for growth in growths([*rows, *STARTS])}
    assert set(found) == {(f"expand, {task}", of) for task in ("numpy", "numba") for of in ("seconds", "MiB")}
    assert found["expand, numpy", "seconds"].is_linear
    assert found["expand, numba", "seconds"].exponent == 1.5
    assert not found["expand, numba", "seconds"].is_linear
    assert (found["expand, numba", "MiB"].exponent, found["expand, numba", "MiB"].per_megapixel) == (1, 100)


def test_targets() -> None:
    rows = [*rows_of(24), *rows_of(50), *STARTS]
    found = targets(rows)
    assert all(target.is_met for target in found)
    assert [target.found for target in found] == [
        "16.0x", "40.0x", "100 MiB", "6.0x", "1.5 dB", "2.16 s", "300 MiB", "0.10 s", "all",
    ]  # fmt: skip
    slow = [row | ({"best": 8 * row["best"], "above_mib": 700} if row["task"] == "numba" else {}) for row in rows]
    assert [target.is_met for target in targets(slow)][:3] == [True, False, False]
    assert {target.is_met for target in targets(rows_of(1))} == {None}


def test_every_part_has_its_table() -> None:
    rows = [*rows_of(24), *rows_of(50), *STARTS]
    text = document({"machine": MACHINE, "photograph": "carrots", "note": "A note.", "rows": rows})
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Targets (24 megapixels, 2 threads)", "Expansion in memory", "Fit", "From file to file",
        "Stages of the streets", "Growth", "Start",
    ]  # fmt: skip
    assert "| 24 | 2 | numpy | 1.20 (2.40) | 20.0 | 16.0 | 8.0 | 5.0 | 100 | 1.00 |" in text
    assert "| 24 | 2 | balanced | 1,000 | 2.00 (4.00) | 6.0 | 41.50 | 30.00 | 5,000 | 300 |" in text
    assert "| 24 | 2 | TIFF to JPEG | 2.40 (4.80) | 2.16 | 300 | 13.1 | 0.96 (1.92) | 300 |" in text
    assert "| megapixels | threads | street | read | fit | measure, beside |" in text
    assert "| gamutmeta.register() | 0.20 (0.20) | +0.100 | 0.20 |" in text
    assert "## " not in document({"machine": MACHINE, "photograph": "carrots", "rows": []})


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(speed, "RESULTS", tmp_path)
    return tmp_path


def test_results_are_written_and_checked(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*rows_of(6), *rows_of(24), *STARTS]
    speed.write("try", {"machine": MACHINE, "photograph": "carrots", "note": "", "rows": rows})
    assert {path.name for path in results.iterdir()} == {"try.json", "try.md", "try.png", "try.svg"}
    with Image.open(results / "try.png") as picture:
        assert picture.width > 1000
    found = json.loads((results / "try.json").read_text())
    assert found["rows"] == rows
    assert {growth["linear"] for growth in found["growth"]} == {True}

    assert speed.check("try", rows_of(6), 0.3) == 0
    assert "0 of 15 figures are worse" in capsys.readouterr().out
    slower = [row | ({"best": 2 * row["best"]} if row["task"] == "numpy" else {}) for row in rows_of(24)]
    assert speed.check("try", slower, 0.3) == 1
    assert "| expand, numpy: times the time of copying | 24 | 2 | 5 | 10 | WORSE |" in capsys.readouterr().out
    assert speed.check("try", slower, 1.1) == 0
    capsys.readouterr()
    assert speed.check("try", rows_of(100), 0.3) == 1
    assert "no figure in common" in capsys.readouterr().out


def test_a_part_can_be_measured_anew(results: Path) -> None:
    assert speed.kept("try", "carrots", ["fit"]) == []
    rows = rows_of(24)
    speed.write("try", {"machine": MACHINE, "photograph": "carrots", "note": "", "rows": rows})
    assert results.exists()
    assert {row["part"] for row in speed.kept("try", "carrots", ["fit"])} == {"expand", "street"}
    assert speed.kept("try", "parsnips", ["fit"]) == []
