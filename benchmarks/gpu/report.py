"""What the rows say: shares of what the card can do, times as fast as the paper's model, targets; and the tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.harness import Result, Row, table
from gamutmeta.model.descriptor import Descriptor

_RIVALS = {"paper": "times_paper", "paper, compiled": "times_compiled"}


def multiplications(descriptor: Descriptor) -> int:
    """Multiplications that the layers of a model take for one pixel it acts on, each with an addition.

    Of the first layer those alone whose inputs are the grid's features: the others' shares are tables.
    """
    widths = descriptor.layer_widths
    first = descriptor.grid.channels if descriptor.grid is not None else 0
    return sum(a * b for a, b in zip([first, *widths[1:-1]], widths[1:], strict=True))


def with_figures(rows: Iterable[Row]) -> list[Row]:
    """The rows, each with the figures that can be had of it and the others.

    ``gb_per_s`` and ``tflop_per_s`` are what it did; ``copy_share`` and ``float32_share`` those as shares of what the
    card was measured to do; ``times_paper`` and ``times_compiled`` how many times as fast it is as the paper's model on
    the same card at the same size; ``megapixels_per_s``; ``per_minute`` of folders.
    """
    rows = list(rows)
    card = {row["task"]: row for row in rows if row["part"] == "card"}
    paper = {(row["part"], row["megapixels"], row["task"]): row for row in rows if row.get("task") in _RIVALS}
    return [row | _figures(row, card, paper) for row in rows]


def _figures(row: Row, card: Mapping[str, Row], paper: Mapping[tuple[Any, ...], Row]) -> Row:
    found: Row = {}
    for of, rate, unit, measure, share in (
        ("bytes", "gb_per_s", 1e9, "copy", "copy_share"),
        ("flop", "tflop_per_s", 1e12, "float32", "float32_share"),
    ):
        if of in row:
            found[rate] = row[of] / row["best"] / unit
            if measure in card and row["part"] != "card":
                found[share] = row[of] / row["best"] / (card[measure][of] / card[measure]["best"])
    if "megapixels" in row and row["part"] == "expand":
        found["megapixels_per_s"] = row["megapixels"] / row["best"]
    if row["part"] in {"expand", "fit"} and row["task"] not in _RIVALS:
        for rival, name in _RIVALS.items():
            other = paper.get((row["part"], row["megapixels"], rival))
            if other is not None:
                found[name] = other["best"] / row["best"]
    if row["part"] == "folder":
        found["per_minute"] = 60 * row["images"] / row["best"]
    return found


def targets(rows: Sequence[Row]) -> list[tuple[str, str, float | None, bool | None]]:
    """The issue's targets at 24 megapixels: name, wanted, found, met; None where it was not measured."""
    known = {(row["part"], row.get("task"), row.get("megapixels")): row for row in with_figures(rows)}
    expand, fit = known.get(("expand", "on the GPU", 24)), known.get(("fit", "balanced", 24))
    asked = (
        ("expand 24 MP on the GPU, ms", "<= 5", expand, "best", 1000, 5.0),
        ("fit 24 MP, s", "<= 0.1", fit, "best", 1, 0.1),
        ("expand, times as fast as the paper's model", ">= 20", expand, "times_paper", 1, 20.0),
        ("fit, times as fast as the paper's", ">= 10", fit, "times_paper", 1, 10.0),
    )
    result: list[tuple[str, str, float | None, bool | None]] = []
    for name, wanted, row, key, scale, bound in asked:
        value = None if row is None or key not in row else row[key] * scale
        met = None if value is None else value <= bound if wanted.startswith("<") else value >= bound
        result.append((name, wanted, value, met))
    return result


# --- tables -----------------------------------------------------------------------------------------------------------

_COLUMNS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "card": (("task", "", ""), ("best", "ms", "ms"), ("gb_per_s", "GB/s", ".0f"), ("tflop_per_s", "TFLOP/s", ".1f")),
    "expand": (("task", "", ""), ("megapixels", "megapixels", "g"), ("best", "ms", "ms"),
             ("median", "median ms", "ms"), ("megapixels_per_s", "megapixels/s", ".0f"), ("gb_per_s", "GB/s", ".0f"),
             ("copy_share", "of copying", "%"), ("tflop_per_s", "TFLOP/s", ".2f"),
             ("float32_share", "of float32", "%"), ("times_paper", "times the paper's", ".1f"),
             ("times_compiled", "times the compiled", ".1f")),
    "fit": (("task", "", ""), ("megapixels", "megapixels", "g"), ("best", "s", ".3f"), ("median", "median s", ".3f"),
             ("steps", "steps", "d"), ("psnr_og", "OG PSNR, dB", ".2f"), ("times_paper", "times the paper's", ".1f"),
             ("times_compiled", "times the compiled", ".1f")),
    "batch": (("task", "", ""), ("batch", "samples", "d"), ("best", "ms", "ms"), ("median", "median ms", "ms")),
    "pictures": (("task", "", ""), ("pictures", "pictures", "d"), ("best", "ms", "ms"), ("median", "median ms", "ms"),
             ("each", "ms a picture", "ms")),
    "together": (("task", "products", ""), ("pictures", "pictures", "d"), ("megapixels", "megapixels", "g"),
             ("best", "s", ".3f"), ("median", "median s", ".3f"), ("each", "s a picture", ".3f"),
             ("psnr_og", "OG PSNR, dB", ".2f")),
    "paper": (("task", "", ""), ("megapixels", "megapixels", "g"), ("best", "fit, s", ".3f"),
             ("median", "median s", ".3f"), ("expand", "expand, s", ".3f"), ("metadata", "bytes", ",d"),
             ("psnr_og", "OG PSNR, dB", ".2f"), ("note", "settings", "")),
    "folder": (("task", "", ""), ("device", "device", ""), ("jobs", "jobs", "d"), ("images", "pictures", "d"),
             ("per_minute", "a minute", ".1f"), ("fit_share", "the fit's share", "%")),
}  # fmt: skip
"""Of each part: key of the row, head, and form."""

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


def document(result: Result) -> str:
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
    return table([head for _, head, _ in columns], lines, spaced=True)


def _targets(rows: Sequence[Row]) -> str:
    marks = {True: "yes", False: "NO", None: ""}
    lines = [
        [name, wanted, "" if value is None else f"{value:.3g}", marks[met]]
        for name, wanted, value, met in targets(rows)
    ]
    return table(["target", "wanted", "measured", "met"], lines, spaced=True)


def _cell(value: Any, form: str) -> str:
    if value is None:
        return ""
    if form == "ms":
        return f"{1000 * value:.3g}"
    return f"{100 * value:.0f} %" if form == "%" else format(value, form)
