from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.rd.tables import document, gained, label, medians

Row = Callable[..., dict[str, Any]]
Rows = Callable[..., list[dict[str, Any]]]

MACHINE = {"processor": "abacus", "cores": 2, "libraries": {"torch": "9"}}


def test_gains_are_over_clipping_with_the_same_adaptation(rows_of: Rows) -> None:
    found = {(row["method"], row["budget"]): row for row in gained(rows_of("a"))}
    assert found["reference float32", None]["gain_og"] == 9
    assert found["gamutmeta", 3_000]["gain_og"] == 11
    assert found["gamutmeta", 3_000]["gain_de"] == pytest.approx(50 / 20 - 50 / 31)
    assert found["clipping, cat02", None]["gain"] == 0


def test_gains_over_the_reference_are_of_the_plain_psnr(rows_of: Rows) -> None:
    found = {(row["method"], row["budget"]): row for row in gained(rows_of("a"))}
    assert [found["gamutmeta", 6_000][name] for name in ("over_og", "over", "over_ig")] == [3, 3, 3]
    assert found["reference float32", None]["over_og"] == 0


def test_the_reference_with_the_same_adaptation_comes_first(row: Row, rows_of: Rows) -> None:
    bradford = row("a", "reference float32, Bradford", None, 29, adaptation="bradford")
    rows = gained([*rows_of("a"), bradford])
    found = {(row["method"], row["budget"]): row for row in rows}
    ours = found["gamutmeta", 6_000]
    assert (ours["same_og"], ours["over_og"]) == (ours["psnr_og"] - 29, ours["psnr_og"] - 30)
    assert found["reference float32", None]["same_og"] == 0
    targets = document([*rows_of("a"), bradford], MACHINE).split("## The targets")[1].split("## ")[0]
    assert "| gamutmeta, PNG | +2.00 (+2.00) | +2.00 (+2.00) | +4.00" in targets.split("as the paper does")[0]


def test_a_method_with_and_without_a_budget(row: Row, rows_of: Rows) -> None:
    rows = [*rows_of("a"), row("a", "gamutmeta best", None, 40), row("a", "gamutmeta best", 2_400, 32)]
    targets = document(rows, MACHINE).split("## The targets")[1].split("## ")[0]
    assert "| gamutmeta best, PNG | +2.00 (+2.00) | +2.00 (+2.00) |  |  |  |  |" in targets


def test_a_coding_without_the_reference(rows_of: Rows) -> None:
    rows = [row for row in rows_of("a", coding="JPEG q90 4:2:0") if "reference" not in row["method"]]
    found = gained([*rows, *rows_of("a")])
    assert [row["over_og"] for row in found[:4]] == [None] * 4
    assert found[-1]["over_og"] == 3
    text = document([*rows, *rows_of("a")], MACHINE).split("## JPEG q90 4:2:0: photographs")[1]
    assert "Gain over clipping, OG / whole:" in text
    assert "| gamutmeta, 6,000 B | +13.0 / +13.0 |" in text


def test_medians_leave_out_photographs_with_little_out_of_gamut(rows_of: Rows) -> None:
    rows = [*rows_of("a"), *rows_of("b", 1), *rows_of("c", 8), *rows_of("d", 50, og_percent=9.9)]
    found = medians(gained(rows), "PNG")["gamutmeta", 6_000]
    assert found["photographs"] == 3
    assert found["psnr_og"] == 34
    assert found["gain_og"] == 13
    assert medians(gained(rows), "JPEG q95 4:4:4") == {}


def test_missing_figures_are_left_out(row: Row, rows_of: Rows) -> None:
    rows = [*rows_of("a"), row("a", "samples", 3_000, 25, psnr_ig=None)]
    found = medians(gained(rows), "PNG")["samples", 3_000]
    assert "psnr_ig" not in found
    assert found["psnr_og"] == 25
    assert "| samples, 3,000 B | -5.0 / -5.0 |" in document(rows, MACHINE)


def test_the_document_has_the_targets(rows_of: Rows) -> None:
    text = document([*rows_of("a"), *rows_of("b", 2)], MACHINE)
    targets = text.split("## The targets")[1].split("## ")[0]
    assert "| gamutmeta, PNG | +1.00 (+1.00) | +1.00 (+1.00) | +3.00 (+3.00) | +3.00 (+3.00) |  |  |" in targets
    assert targets.index("as the paper does") < targets.index("| gamutmeta, PNG |")  # the other was not run
    assert "| gamutmeta, 3,000 B | 2 | 4,000 | 3,000 | 32.00 | +11.00 |" in text
    assert "| b | 4x4 | 20.0 | 22.00 / 27.00 / 42.00 | 23.00 / 28.00 / 43.00 | 32.00 / 37.00 / 52.00 |" in text
    assert "| gamutmeta, 6,000 B | +3.0 / +3.0 | +3.0 / +3.0 |" in text
    assert "2 photographs, on abacus" in text
    # Every line of a table has as many cells as its head.
    for table in text.split("\n\n"):
        assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) <= 1


def test_clipping_alone(rows_of: Rows) -> None:
    text = document([*rows_of("a"), *rows_of("a", coding="JPEG q90 4:2:0")[:2]], MACHINE)
    text = text.split("## JPEG q90 4:2:0: photographs")[1]
    assert "reference" not in text
    assert "Gain over" not in text
    assert "| a | 4x4 | 20.0 | 20.00 / 25.00 / 40.00 | 21.00 / 26.00 / 41.00 |" in text


def test_labels() -> None:
    assert label({"method": "samples", "budget": 3_000}) == "samples, 3,000 B"
    assert label({"method": "gamutmeta small", "budget": None}) == "gamutmeta small"
