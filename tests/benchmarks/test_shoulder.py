"""The committed results of the benchmark of shoulders, and what the manual says of them."""

from __future__ import annotations

from statistics import median

from benchmarks.harness import RESULTS, load
from benchmarks.shoulder import BUDGETS, document


def test_the_committed_results_keep_what_is_promised() -> None:
    result = load(RESULTS / "shoulder.json")
    rows = [row for row in result["rows"] if row["cap"] == 6_000]
    least = {0.5: 1.5, 1.0: 2.5}
    for budget in BUDGETS:
        sides = [row[f"{budget:g}"] for row in rows]
        gains = [side["og"] - row["0"]["og"] for side, row in zip(sides, rows, strict=True)]
        assert median(gains) >= least[budget]
        assert min(gains) >= 0
        assert all(side["seen_99"] <= budget for side in sides)
        assert all(side["seen"] <= budget / 10 for side in sides)
        assert all(side["png_bytes"] <= 1.02 * row["0"]["png_bytes"] for side, row in zip(sides, rows, strict=True))
        assert all(side["bytes"] <= 6_000 for side in sides)
    assert (RESULTS / "shoulder.md").read_text(encoding="utf-8") == document(result)
