"""The whole benchmark of speed on a very small picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from carrots import write_piece

from benchmarks.speed import __main__ as speed
from benchmarks.speed.rounds import STARTS, Worker
from benchmarks.speed.tasks import EXPANSIONS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(speed, "RESULTS", tmp_path)
    size = ["--megapixels", "0.02", "--threads", "1", "--repeat", "1", "--only", "expand", "street", "start"]
    assert speed.main([str(write_piece(tmp_path / "photo.tif")), *size]) == 0
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert [row["task"] for row in rows if row["part"] == "expand"] == list(EXPANSIONS)
    assert [row["task"] for row in rows if row["part"] == "start"] == list(STARTS)
    expansions = {row["task"]: row for row in rows if row["part"] == "expand"}
    assert expansions["numba, no gate"]["active_percent"] == 100 > expansions["numba"]["active_percent"] > 0
    assert all(0 < row["above_mib"] <= row["peak_mib"] for row in expansions.values())
    streets = {(row["task"], row["format"]): row for row in rows if row["part"] == "street"}
    assert len(streets) == 8
    for (task, suffix), row in streets.items():
        if not task.startswith("plain"):
            expected = (
                {"read", "fit", "encode", "write"} if task == "reduce" else {"read", "expand", "encode and write"}
            )
            assert expected < row["stages"].keys(), suffix
            assert row["inside"] < row["best"]
            # What others waited for is all of the time.
            waited = sum(seconds for name, seconds in row["stages"].items() if not name.endswith("beside"))
            assert waited == pytest.approx(row["best"], abs=0.02)
    assert str(tmp_path) not in (tmp_path / "speed.json").read_text()
    capsys.readouterr()


@pytest.mark.slow
def test_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed.__main__._FEW_FITS", ("balanced",))
    monkeypatch.setattr(speed, "RESULTS", tmp_path)
    size = ["--megapixels", "0.02", "--threads", "1", "--repeat", "1", "--only", "fit"]
    speed.main([str(write_piece(tmp_path / "photo.tif")), *size])
    (row,) = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert (row["part"], row["task"]) == ("fit", "balanced")
    assert row["psnr_og"] > row["psnr_clip_og"] + 5
    assert row["payload_bytes"] <= 6_000


def test_a_worker_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 1"):
        Worker("expand", "copy", tmp_path, 1)
