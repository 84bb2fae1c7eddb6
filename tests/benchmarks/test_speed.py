"""The benchmark of speed: what is made of rows, stopwatches, and all of it on a very small picture."""

import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from carrots import write_piece

from benchmarks.harness import Row, load
from benchmarks.speed import __main__ as speed
from benchmarks.speed import peak, report
from benchmarks.speed.figures import Figure, compared, figures
from benchmarks.speed.rounds import STARTS, Worker
from benchmarks.speed.stages import BESIDE, EXPAND, REDUCE, Stages, _resolve
from benchmarks.speed.tasks import EXPANSIONS
from gamutmeta.native.build import compiler
from gamutmeta.native.library import variant


def timed(part: str, task: str, megapixels: float, seconds: float, **more: Any) -> Row:
    times = {"best": seconds, "median": 2 * seconds, "rounds": 3, "first": seconds + 1}
    place = {"part": part, "task": task, "megapixels": megapixels, "threads": 2}
    return place | times | {"peak_mib": 300, "above_mib": 100} | more


def rows_of(m: float) -> list[Row]:
    quality = {"psnr_clip_og": 30.0, "steps": 1000, "payload_bytes": 5000}
    inside: dict[str, Any] = {"inside": 0.09 * m, "stages": {"read": 1.0, "fit": 2.0, "measure, beside": 0.5}}
    return [
        timed("expand", "copy", m, 0.01 * m),
        timed("expand", "numpy", m, 0.05 * m),
        timed("expand", "machine code", m, 0.02 * m),
        timed("expand", "plain torch", m, 0.8 * m),
        timed("expand", "plain torch, small batches", m, 0.4 * m),
        timed("fit", "balanced", m, 2, psnr_og=41.5, **quality),
        timed("fit", "paper", m, 12, psnr_og=40.0, **quality),
        timed("fit", "paper, Bradford", m, 12, psnr_og=40.5, **quality),
        timed("pipeline", "reduce", m, 0.1 * m, format="jpg", **inside),
        timed("pipeline", "plain reduce", m, 0.04 * m, format="jpg"),
        timed("pipeline", "expand", m, 0.1 * m, format="jpg", peak_mib=30 * m, **inside),
        timed("pipeline", "plain expand", m, 0.05 * m, format="jpg"),
    ]


START_ROWS: list[Row] = [
    {"part": "start", "task": task, "best": best, "median": best, "rounds": 3, "processor": best}
    for task, best in (("numpy and Pillow", 0.1), ("gamutmeta.register()", 0.2))
]


@pytest.mark.parametrize(
    ("kind", "then", "equal", "worse"),
    [
        ("times", 13, [10.1, 30], 9.9),
        ("share", 10, [1, 12.9], 13.1),
        ("MiB", 1000, [10, 1160], 1170),
        ("MiB", 10, [25], 30),
        ("dB", 1, [0.75, 5], 0.65),
    ],
)
def test_worse_by_more_than_chance(kind: Any, then: float, equal: list[float], worse: float) -> None:
    before = Figure("one", 24, 2, then, kind)
    assert not any(replace(before, value=value).is_worse_than(before) for value in equal)
    slower = replace(before, value=worse)
    assert slower.is_worse_than(before)
    assert not before.is_worse_than(before, tolerance=0)
    # Only what both runs have is compared.
    other = replace(before, name="other")
    assert compared([slower, other], [before, replace(before, threads=1)], 0.3) == [(slower, before, True)]


def test_a_run_is_compared_with_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    committed = {"figures": [vars_of(figure) for figure in figures([*rows_of(6), *rows_of(24)])]}
    assert speed.check(committed, rows_of(6), 0.3) == 0
    assert "0 of 15 figures are worse" in capsys.readouterr().out
    slower = [row | ({"best": 2 * row["best"]} if row["task"] == "numpy" else {}) for row in rows_of(24)]
    assert speed.check(committed, slower, 0.3) == 1
    assert "| expand, numpy: times the time of copying | 24 | 2 | 5 | 10 | WORSE |" in capsys.readouterr().out
    assert speed.check(committed, slower, 1.1) == 0
    assert speed.check(committed, rows_of(100), 0.3) == 1
    assert "no figure in common" in capsys.readouterr().out


def vars_of(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in Figure.__slots__}


def test_a_part_can_be_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(photograph: str, *options: str) -> list[Row]:
        rows = [row for row in rows_of(24) if row["part"] in options]
        monkeypatch.setattr(speed, "rows_of", lambda _: iter([rows]))
        replace(speed.BENCHMARK, draw=None).main([photograph, "--out", str(tmp_path), "--only", *options])
        found: list[Row] = load(tmp_path / "speed.json")["rows"]
        return found

    run("carrots.tif", "fit", "expand")
    assert {row["part"] for row in run("carrots.tif", "fit")} == {"fit", "expand"}
    assert {row["part"] for row in run("parsnips.tif", "fit")} == {"fit"}, "another photograph"


def test_a_function_inside_another_counts_for_its_own_stage() -> None:
    stages = Stages()
    inner = stages.timed(lambda: time.sleep(0.05), "inner")

    def work() -> None:
        inner()
        time.sleep(0.02)
        inner()
        raise KeyError

    with pytest.raises(KeyError):  # what fails is timed as well
        stages.timed(work, "outer")()
    assert stages.seconds["inner"] >= 0.1
    assert 0.02 <= stages.seconds["outer"] < stages.seconds["inner"]
    thread = Thread(target=stages.timed(lambda: None, "one"))
    thread.start()
    thread.join()
    assert list(stages.seconds)[2:] == [f"one{BESIDE}"], "other threads are told apart"


def test_arithmetic_is_a_share_of_what_the_cores_compute() -> None:
    counts = {"peak": 10**10, "peak, fused": 2 * 10**10}
    peaks = [timed("expand", name, 24, 0.1, multiply_adds=count) for name, count in counts.items()]
    ours = timed("expand", "machine code", 24, 0.5, multiply_adds=3 * 10**10)
    text = report._arithmetic([*rows_of(24), *peaks, ours])
    assert "| 24 | 2 | machine code | 120.0 | 30 | 60 |" in text
    assert "| 24 | 2 | peak with fused instructions | 400.0 | 100 | 200 |" in text
    assert not report._arithmetic(rows_of(24)), "an earlier run has none"


@pytest.mark.parametrize("is_fused", [True, False])
def test_the_peak_is_counted(is_fused: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    if compiler() is None:
        pytest.skip("there is no C compiler")
    monkeypatch.setattr(peak, "_ROUNDS", 1000)
    lanes = 8 if variant() == "avx2" else 4
    assert peak.Peak(3, is_fused=is_fused)() == 3 * 1000 * 12 * lanes


@pytest.mark.parametrize(("name", "stage"), [*REDUCE, *EXPAND])
def test_all_the_functions_are_there(name: str, stage: str) -> None:
    owner, attribute = _resolve(name)
    assert callable(getattr(owner, attribute)), stage


@pytest.mark.slow
def test_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_FEW_FITS", ("balanced",))
    size = ["--megapixels", "0.02", "--threads", "1", "--repeat", "1", "--out", str(tmp_path / "out")]
    assert speed.BENCHMARK.main([str(write_piece(tmp_path / "photo.tif")), *size]) == 0
    rows = load(tmp_path / "out" / "speed.json")["rows"]
    expansions = {row["task"]: row for row in rows if row["part"] == "expand"}
    assert list(expansions) == list(EXPANSIONS)
    assert [row["task"] for row in rows if row["part"] == "start"] == list(STARTS)
    assert (
        expansions["machine code, no gate"]["active_percent"] == 100 > expansions["machine code"]["active_percent"] > 0
    )
    assert all(0 < row["above_mib"] <= row["peak_mib"] for row in expansions.values())
    [fit] = [row for row in rows if row["part"] == "fit"]
    assert fit["psnr_og"] > fit["psnr_clip_og"] + 5
    assert fit["payload_bytes"] <= 6_000
    pipelines = {(row["task"], row["format"]): row for row in rows if row["part"] == "pipeline"}
    assert len(pipelines) == 8
    for (task, suffix), row in pipelines.items():
        if not task.startswith("plain"):
            stages = {"read", "fit", "encode", "write"} if task == "reduce" else {"read", "expand, encode and write"}
            assert stages < row["stages"].keys(), suffix
            assert row["inside"] < row["best"]
            # What others waited for is all of the time.
            waited = sum(seconds for name, seconds in row["stages"].items() if not name.endswith("beside"))
            assert waited == pytest.approx(row["best"], abs=0.02)


def test_a_worker_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 1"):
        Worker("expand", "copy", tmp_path, 1)
