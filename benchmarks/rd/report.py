"""The rows as a document: medians over the photographs first, then each photograph."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from string import Template
from typing import Any

from benchmarks.figures import CODINGS, DE_PIXELS
from benchmarks.harness import Result, Row, table

_WORDS = Path(__file__).with_name("explanation.md")
MIN_OG_PERCENT = 10
"""Photographs with fewer out-of-gamut pixels are left out of medians, as in the paper."""

REFERENCE = "reference float32"
_SAME = {"cat02": REFERENCE, "bradford": f"{REFERENCE}, Bradford"}
"""The reference that reduces as a row does, by the row's adaptation: fitted to, and measured on, the same sRGB file."""
_BASES = ("clipping, bradford", "clipping, cat02", *_SAME.values())
TARGET_BUDGETS = (3_000, 6_000, 16_000)
"""Of the targets."""


def label(row: Mapping[str, Any]) -> str:
    return str(row["method"]) if row["budget"] is None else f"{row['method']}, {row['budget']:,} B"


def gained(rows: Iterable[Row]) -> list[Row]:
    """The rows, with what they gain.

    ``gain_og``, ``gain``, ``gain_ig``, ``gain_de``, ``gain_de_og`` are over clipping with the same adaptation;
    ``same_og``, ``same`` over the reference with the same adaptation, and ``over_og``, ``over``, ``over_ig`` over the
    reference with the paper's, on the same coding; None where it was not run.
    """
    rows = list(rows)
    clipping = {
        (row["photograph"], row["coding"], row["adaptation"]): row for row in rows if row["family"] == "clipping"
    }
    reference = {
        (row["photograph"], row["coding"], row["method"]): row for row in rows if row["method"] in _SAME.values()
    }
    result = []
    for row in rows:
        clip = clipping[row["photograph"], row["coding"], row["adaptation"]]
        other = reference.get((row["photograph"], row["coding"], REFERENCE))
        same = reference.get((row["photograph"], row["coding"], _SAME[row["adaptation"]]))
        gains = {"gain_og": "psnr_og", "gain": "psnr", "gain_ig": "psnr_ig"}
        found = {gain: _difference(row, clip, name) for gain, name in gains.items()}
        found |= {f"gain_{name}": _difference(clip, row, name) for name in ("de", "de_og")}
        found |= {gain: _difference(row, same, gains[f"gain{gain[4:]}"]) for gain in ("same_og", "same")}
        found |= {gain: _difference(row, other, gains[f"gain{gain[4:]}"]) for gain in ("over_og", "over", "over_ig")}
        result.append(row | found)
    return result


def _difference(row: Row | None, other: Row | None, name: str) -> float | None:
    if row is None or other is None or row.get(name) is None or other.get(name) is None:
        return None
    return float(row[name] - other[name])


def medians(rows: Iterable[Row], coding: str) -> dict[tuple[str, int | None], dict[str, Any]]:
    """For each method and budget the median of every number, over the photographs with enough out of gamut.

    ``photographs`` is how many these are.
    """
    groups: dict[tuple[str, int | None], list[Row]] = {}
    for row in rows:
        if row["coding"] == coding and row["og_percent"] >= MIN_OG_PERCENT:
            groups.setdefault((row["method"], row["budget"]), []).append(row)
    return {point: {"photographs": len(group)} | _medians(group) for point, group in groups.items()}


def _medians(group: Sequence[Row]) -> dict[str, Any]:
    values = {name: [row[name] for row in group if row.get(name) is not None] for name in {k for r in group for k in r}}
    return {
        name: median(found)
        for name, found in values.items()
        if found and all(isinstance(value, int | float) for value in found)
    }


_COLUMNS = (
    ("added bytes", "added_bytes", "{:,.0f}"),
    ("payload", "payload_bytes", "{:,.0f}"),
    ("OG", "psnr_og", "{:.2f}"),
    ("gain", "gain_og", "{:+.2f}"),
    ("whole", "psnr", "{:.2f}"),
    ("gain", "gain", "{:+.2f}"),
    ("IG", "psnr_ig", "{:.2f}"),
    ("gain", "gain_ig", "{:+.2f}"),
    ("RMSE OG", "rmse_og", "{:.4f}"),
    ("RMSE", "rmse", "{:.4f}"),
    ("dE OG", "de_og", "{:.2f}"),
    ("dE", "de", "{:.2f}"),
    ("over reference: OG", "same_og", "{:+.2f}"),
    ("whole", "same", "{:+.2f}"),
    ("over CAT02 reference: OG", "over_og", "{:+.2f}"),
    ("whole", "over", "{:+.2f}"),
)


def _cell(value: object, form: str) -> str:
    return "" if value is None else form.format(value)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return table(heads, lines, "lr", spaced=True)


def _median_table(found: Mapping[tuple[str, int | None], Mapping[str, Any]]) -> str:
    return _table(
        ["method", "n", *(head for head, _, _ in _COLUMNS)],
        [
            [label({"method": method, "budget": budget}), str(row["photographs"])]
            + [_cell(row.get(name), form) for _, name, form in _COLUMNS]
            for (method, budget), row in found.items()
        ],
    )


def _target_table(rows: Sequence[Row], names: tuple[str, str]) -> str:
    """Median and worst gain over a reference at the targets' budgets; `names` of the two gains."""
    lines = []
    for coding in codings_of(rows):
        ours = [row for row in rows if row["coding"] == coding and row["og_percent"] >= MIN_OG_PERCENT]
        for method in dict.fromkeys(row["method"] for row in ours if row["budget"]):
            budgets = {row["budget"] for row in ours if row["method"] == method} - {None}
            cells = [f"{method}, {coding}"]
            for target in TARGET_BUDGETS:
                # The nearest size below, if it is of that order at all.
                budget = max((b for b in budgets if target / 2 < b <= target), default=None)
                group = [row for row in ours if (row["method"], row["budget"]) == (method, budget)]
                for name in names:
                    values = [row[name] for row in group if budget and row[name] is not None]
                    cells.append(f"{median(values):+.2f} ({min(values):+.2f})" if values else "")
            if any(cells[1:]):
                lines.append(cells)
    heads = [f"{budget:,} B: {what}" for budget in TARGET_BUDGETS for what in ("OG", "whole")]
    return _table(["median (worst)", *heads], lines)


def _base_table(rows: Sequence[Row]) -> str:
    """What every photograph starts from, on one coding: clipping, and the reference where it was run."""
    methods = [method for method in _BASES if any(row["method"] == method for row in rows)]
    lines = []
    for name in dict.fromkeys(row["photograph"] for row in rows):
        found = {row["method"]: row for row in rows if row["photograph"] == name}
        first = found[methods[0]]
        cells = [
            " / ".join(_cell(found[method][key], "{:.2f}") for key in ("psnr_og", "psnr", "psnr_ig"))
            if method in found
            else ""
            for method in methods
        ]
        lines.append([name, first["pixels"], f"{first['og_percent']:.1f}", *cells])
    return _table(["photograph", "pixels", "OG %", *methods], lines)


def _photograph_table(rows: Sequence[Row]) -> str:
    """What every method gains on every photograph of one coding: OG / whole, over the reference or over clipping."""
    names = list(dict.fromkeys(row["photograph"] for row in rows))
    points = list(dict.fromkeys((row["method"], row["budget"]) for row in rows if row["method"] not in _BASES))
    found = {(row["photograph"], row["method"], row["budget"]): row for row in rows}
    keys = ("over_og", "over") if any(row["over_og"] is not None for row in rows) else ("gain_og", "gain")
    lines = [
        [label({"method": method, "budget": budget})]
        + [
            " / ".join(_cell(row[key], "{:+.1f}") for key in keys) if (row := found.get((name, method, budget))) else ""
            for name in names
        ]
        for method, budget in points
    ]
    over = "the reference" if keys[0] == "over_og" else "clipping"
    return f"Gain over {over}, OG / whole:\n\n" + _table(["method", *names], lines)


def codings_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the codings that rows have, in their order."""
    present = {row["coding"] for row in rows}
    return [coding.name for coding in CODINGS if coding.name in present]


def document(result: Result) -> str:
    rows, machine = result["rows"], result["machine"]
    words = Template(_WORDS.read_text(encoding="utf-8"))
    every = gained(rows)
    codings = codings_of(every)
    count = len({row["photograph"] for row in rows})
    parts = [
        "# Quality against bytes",
        f"{count} photographs, on {machine['processor']}, one thread, torch {machine['libraries']['torch']}.",
        words.substitute(de_pixels=f"{DE_PIXELS:,}", least=MIN_OG_PERCENT).strip(),
        "## The targets' budgets",
        "Gain over the reference that reduces the photograph with the same adaptation:",
        _target_table(every, ("same_og", "same")),
        "Gain over the reference that reduces it with CAT02, as the paper does:",
        _target_table(every, ("over_og", "over")),
    ]
    for coding in codings:
        parts += [f"## {coding}: medians", _median_table(medians(every, coding))]
    for coding in codings:
        of_coding = [row for row in every if row["coding"] == coding]
        parts += [f"## {coding}: photographs", "PSNR of OG / whole / IG pixels:", _base_table(of_coding)]
        if any(row["method"] not in _BASES for row in of_coding):
            parts.append(_photograph_table(of_coding))
    return "\n\n".join(parts) + "\n"
