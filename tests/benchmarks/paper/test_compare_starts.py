from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carrots import CARROTS

from benchmarks.paper import compare_starts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def row(photograph: str, start: str, steps: int, og: float, seed: int = 0) -> compare_starts.Row:
    return {"photograph": photograph, "start": start, "steps": steps, "seed": seed, "og": og}


def test_the_table_has_means_over_seeds_and_over_photographs() -> None:
    rows = [
        row("a", "random", 400, 40), row("a", "random", 400, 42, seed=1), row("a", "learned", 400, 43),
        row("b", "random", 400, 50), row("b", "learned", 400, 49),
        row("a", "random", 4_000, 45),
    ]  # fmt: skip
    lines = compare_starts.table(rows).splitlines()
    assert lines[0] == ("| photograph | random, 400 steps | learned | gain | random, 4,000 steps | learned | gain |")
    assert lines[2:4] == ["| a | 41.00 | 43.00 | +2.00 |  |  |  |", "| b | 50.00 | 49.00 | -1.00 |  |  |  |"]
    assert "+0.50" in lines[4]
    assert len({line.count("|") for line in lines}) == 1


def test_rows_that_are_there_are_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "carrots.tif").symlink_to(CARROTS)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"training": ["x"], "unseen": ["carrots"]}))
    monkeypatch.setattr(compare_starts, "RESULTS", tmp_path)
    arguments = [str(tmp_path), "--split", str(split), "--steps", "20"]
    compare_starts.main(arguments)
    rows = json.loads((tmp_path / "paper_starts.json").read_text())["rows"]
    assert [(row["photograph"], row["start"], row["steps"]) for row in rows] == [
        ("carrots", "random", 20), ("carrots", "learned", 20)
    ]  # fmt: skip
    assert rows[1]["og"] > rows[0]["og"] + 1

    def none(*_: object) -> compare_starts.Row:
        raise AssertionError

    monkeypatch.setattr(compare_starts, "measured", none)
    compare_starts.main(arguments)
    assert json.loads((tmp_path / "paper_starts.json").read_text())["rows"] == rows
