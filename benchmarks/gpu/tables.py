"""The rows as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.gpu.figures import targets, with_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.gpu.figures import Row

__all__ = ["document"]

_COLUMNS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "card": (("task", "", ""), ("best", "ms", "ms"), ("gb_per_s", "GB/s", ".0f"), ("tflop_per_s", "TFLOP/s", ".1f")),
    "expand": (
        ("task", "", ""),
        ("megapixels", "megapixels", "g"),
        ("best", "ms", "ms"),
        ("median", "median ms", "ms"),
        ("megapixels_per_s", "megapixels/s", ".0f"),
        ("gb_per_s", "GB/s", ".0f"),
        ("copy_share", "of copying", "%"),
        ("tflop_per_s", "TFLOP/s", ".2f"),
        ("float32_share", "of float32", "%"),
        ("times_paper", "times the paper's", ".1f"),
        ("times_compiled", "times the compiled", ".1f"),
    ),
    "fit": (
        ("task", "", ""),
        ("megapixels", "megapixels", "g"),
        ("best", "s", ".3f"),
        ("median", "median s", ".3f"),
        ("steps", "steps", "d"),
        ("psnr_og", "OG PSNR, dB", ".2f"),
        ("times_paper", "times the paper's", ".1f"),
        ("times_compiled", "times the compiled", ".1f"),
    ),
    "batch": (("task", "", ""), ("batch", "samples", "d"), ("best", "ms", "ms"), ("median", "median ms", "ms")),
    "pictures": (
        ("task", "", ""),
        ("pictures", "pictures", "d"),
        ("best", "ms", "ms"),
        ("median", "median ms", "ms"),
        ("each", "ms a picture", "ms"),
    ),
    "together": (
        ("task", "products", ""),
        ("pictures", "pictures", "d"),
        ("megapixels", "megapixels", "g"),
        ("best", "s", ".3f"),
        ("median", "median s", ".3f"),
        ("each", "s a picture", ".3f"),
        ("psnr_og", "OG PSNR, dB", ".2f"),
    ),
    "paper": (
        ("task", "", ""),
        ("megapixels", "megapixels", "g"),
        ("best", "fit, s", ".3f"),
        ("median", "median s", ".3f"),
        ("expand", "expand, s", ".3f"),
        ("metadata", "bytes", ",d"),
        ("psnr_og", "OG PSNR, dB", ".2f"),
        ("note", "settings", ""),
    ),
    "folder": (
        ("task", "", ""),
        ("device", "device", ""),
        ("jobs", "jobs", "d"),
        ("images", "pictures", "d"),
        ("per_minute", "a minute", ".1f"),
        ("fit_share", "the fit's share", "%"),
    ),
}

_TITLES = {
    "card": "The card",
    "expand": "Expansion",
    "fit": "Fit",
    "batch": "One step of the fit",
    "pictures": "One step of several pictures' fits",
    "together": "Several pictures fitted together",
    "paper": "The paper's sizes and settings",
    "folder": "Folders, from file to file",
}


def document(result: Mapping[str, Any]) -> str:
    """All tables of a result with card, machine, photograph and rows."""
    card, machine, rows = result["card"], result["machine"], with_figures(result["rows"])
    parts = [
        "# One GPU",
        (
            f"{card['name']} ({card['gib']} GiB, compute capability {card['capability']}), CUDA {card['cuda']}, torch "
            f"{card['torch']}, Triton {card['triton']}; {machine['processor']}, {machine['cores']} cores, Python "
            f"{machine['python']}; photograph {result['photograph']}, tiled to each size. Best of all rounds; what is "
            "measured, and how: benchmarks/gpu/."
        ),
        "## Targets\n\n" + _targets(rows),
    ]
    for part, title in _TITLES.items():
        found = [row for row in rows if row["part"] == part]
        if found:
            parts.append(f"## {title}\n\n" + _of_part(part, found))
    return "\n\n".join(parts) + "\n"


def _of_part(part: str, rows: Sequence[Row]) -> str:
    columns = _COLUMNS[part]
    lines = [[_cell(row.get(key), form) for key, _, form in columns] for row in rows]
    return _table([head for _, head, _ in columns], lines)


def _targets(rows: Sequence[Row]) -> str:
    marks = {True: "yes", False: "NO", None: ""}
    lines = [
        [name, wanted, "" if value is None else f"{value:.3g}", marks[met]]
        for name, wanted, value, met in targets(rows)
    ]
    return _table(["target", "wanted", "measured", "met"], lines)


def _cell(value: Any, form: str) -> str:
    if value is None:
        return ""
    if form == "ms":
        return f"{1000 * value:.3g}"
    return f"{100 * value:.0f} %" if form == "%" else format(value, form)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *lines])
