from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from carrots import QUICK, write_piece

from benchmarks import alternatives

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def row(photograph: str, way: str, size: int, og: float) -> dict[str, object]:
    return {"photograph": photograph, "way": way, "bytes": size, "pixels": 1000, "og": og, "psnr": og + 1}


def test_the_table_has_medians_relative_to_the_plain_file_of_each_photograph() -> None:
    rows = [
        row("a", alternatives.PLAIN, 100, 30), row("a", "other", 50, math.inf),
        row("b", alternatives.PLAIN, 1000, 40), row("b", "other", 1500, math.inf),
    ]  # fmt: skip
    assert alternatives.table(rows)[2:] == [
        f"| {alternatives.PLAIN} | 1.00 | 4.40 | 35.0 | 36.0 |",
        "| other | 1.00 | 6.20 | inf | inf |",
    ]


def test_the_results_are_of_one_run() -> None:
    rows = json.loads((alternatives.RESULTS / "alternatives.json").read_text(encoding="utf-8"))["rows"]
    text = (alternatives.RESULTS / "alternatives.md").read_text(encoding="utf-8")
    assert text.splitlines()[2:] == alternatives.table(rows)


def test_a_photograph_in_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alternatives, "PRESETS", (QUICK,))
    monkeypatch.setattr(alternatives, "WAYS", (*alternatives.WAYS[:1], alternatives.WAYS[2]))
    rows = list(alternatives.rows_of(write_piece(tmp_path / "photo.tif"), tmp_path))
    plain, restored, p3, prophoto = rows
    assert plain["way"] == alternatives.PLAIN
    assert plain["bytes"] < restored["bytes"]
    assert min(restored["og"], p3["og"], prophoto["og"]) > plain["og"]
    assert {row["pixels"] for row in rows} == {96 * 64}
