"""The parts of the GPU's benchmark, on the CPU and with tiny pictures: they run, and give rows that make tables.

Here and not beside the benchmark's other tests, since it is the kernel's interpreter that runs.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from fit.test_engine import colourful  # noqa: E402

from benchmarks.gpu import work  # noqa: E402
from benchmarks.gpu.report import document, with_figures  # noqa: E402
from benchmarks.gpu.work import fit_share  # noqa: E402
from gamutmeta.fit.config import preset_named  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = {
    "card": {"name": "none", "gib": 0, "capability": "0.0", "cuda": "0", "torch": "0", "triton": "0"},
    "machine": {"processor": "none", "cores": 0, "python": "0"},
    "photograph": "none",
}


def timed(task: Any, repeat: int) -> dict[str, Any]:
    start = time.perf_counter()
    for _ in range(repeat):
        task()
    seconds = (time.perf_counter() - start) / repeat
    return {"best": seconds, "median": seconds, "rounds": repeat}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps and pictures; and on the CPU where there is no GPU."""
    config = replace(preset_named("balanced"), steps=30, batch=64)
    training, fit = work.Training, work.fit
    monkeypatch.setattr(work, "preset_named", lambda _: config)
    monkeypatch.setattr(work, "_TIMED_STEPS", 1)
    monkeypatch.setattr(work, "_BATCHES", (64, 1 << 20))
    monkeypatch.setattr(work, "_PICTURES", (1, 2))
    monkeypatch.setattr(work, "Training", lambda **settings: training(**settings | {"steps": 2}))
    monkeypatch.setattr(torch, "compile", lambda function: function)
    if not torch.cuda.is_available():
        for name, value in (("_CUDA", torch.device("cpu")), ("timed", timed)):
            monkeypatch.setattr(work, name, value)
        monkeypatch.setattr(work, "fit", lambda *arguments, **_: fit(*arguments, device="cpu"))
        monkeypatch.setattr(work, "_DEVICE", "cpu")
        monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_expansion_and_fit_give_rows() -> None:
    wide = colourful(40, 60)
    rows = [*work.expansions(wide, 24, 1), *work.fits(wide, 24, 1)]
    tasks = [(row["part"], row["task"]) for row in rows]
    assert tasks[:5] == [("expand", task) for task in (
        "on the GPU", "on the GPU, tf32x3", "from main memory and back", "paper", "paper, compiled")]  # fmt: skip
    assert tasks[5:] == [("fit", task) for task in ("balanced", "paper", "paper, compiled")]
    first = with_figures(rows)[0]
    assert first["bytes"] == 9 * 40 * 60
    assert 0 < first["acting"] < 1
    assert {"times_paper", "times_compiled", "gb_per_s", "tflop_per_s"} <= first.keys()
    assert all(np.isfinite(row["psnr_og"]) for row in rows if row["part"] == "fit")
    assert "| balanced | 24 |" in document(ABOUT | {"rows": rows})


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_steps_give_rows() -> None:
    """Where there is no GPU, by Triton's interpreter."""
    wide = colourful(40, 60)
    rows = [*work.batches(wide, 1), *work.pictures(wide, 1), *work.together(wide, 24, 1)]
    found = {part: [row for row in rows if row["part"] == part] for part in ("batch", "pictures", "together")}
    assert [(row["task"], row["batch"]) for row in found["batch"]] == [(task, 64) for task in work._KINDS]
    assert {(row["task"], row["pictures"]) for row in found["pictures"]} == {
        (task, count) for task in work._KINDS for count in (1, 2)
    }
    assert [(row["task"], row["pictures"]) for row in found["together"]][:2] == [("ieee", 1), ("tf32x3", 1)]
    for row in found["pictures"] + found["together"]:
        assert row["each"] * row["pictures"] == pytest.approx(row["best"])
    text = document(ABOUT | {"rows": rows})
    assert "| Triton, tf32 | 2 |" in text
    assert "| tf32x3 | 2 | 24 |" in text


@pytest.mark.usefixtures("tiny")
def test_the_papers_settings_give_rows() -> None:
    rows = list(work.papers(colourful(40, 60), 24, 1, quick=1e-9))
    assert [row["metadata"] // 1000 for row in rows] == [22, 22, 53, 53]
    assert ["9,000" in row["note"] for row in rows] == [True, False, True, False]
    assert ["learned start" in row["note"] for row in rows] == [False, True, False, True]
    assert all(np.isfinite(row["psnr_og"]) and row["best"] > 0 and row["expand"] > 0 for row in rows)
    text = document(ABOUT | {"rows": rows})
    assert "| MLP + enc. (23 KB) | 24 |" in text
    assert "quick: 1 of 1,200 steps" in text


def test_folders_are_converted_by_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, str, str, str, int]] = []

    def converted(task: str, source: Path, target: Path, device: str, jobs: int) -> tuple[float, float | None]:
        asked.append((task, source.name, target.name, device, jobs))
        return 2.0, 0.5 if task == "reduce" else None

    monkeypatch.setattr(work, "_converted", converted)
    rows = list(work.folders(colourful(9, 12), 24, tmp_path, images=3, jobs=[1, 2], repeat=1))
    assert len(list((tmp_path / "photographs").iterdir())) == 3
    assert asked[0] == ("reduce", "photographs", "reduced", "cpu", 1)
    assert asked[-1] == ("expand", "reduced", "restored", "cuda", 2)
    assert with_figures(rows)[0]["per_minute"] == 90
    assert {row["fit_share"] for row in rows} == {0.5, None}


def test_the_command_is_one_that_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        runs.append(command)
        return type("Done", (), {"stdout": '{"seconds": 2.0, "fit_seconds": 1.0}\n'})

    monkeypatch.setattr(work.subprocess, "run", run)
    _, share = work._converted("expand", tmp_path, tmp_path / "out", "cuda", 2)
    assert share == 0.5
    from click import Context  # noqa: PLC0415

    from gamutmeta.cli import app  # noqa: PLC0415

    known = app.get_command(Context(app), "expand")
    assert known is not None
    known.make_context("expand", runs[0][4:])


def test_the_fits_share() -> None:
    reports = [{"seconds": 3.0, "fit_seconds": 1.0}, {"seconds": 1.0}, {"seconds": 4.0, "fit_seconds": 1.0}]
    assert fit_share(reports) == pytest.approx(0.25)
    assert fit_share([{"seconds": 3.0}]) is None
