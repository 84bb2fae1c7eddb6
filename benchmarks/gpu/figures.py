"""What the rows say: shares of what the card can do, times as fast as the paper's model, and the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Row", "multiplications", "with_figures"]

Row = dict[str, Any]

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
