"""Four panels: expansion and memory by size, quality by time of the fit, and where a pipeline's time goes."""

from collections.abc import Sequence
from typing import Any

from benchmarks.harness import Result, Row, plain_axes
from benchmarks.speed.report import STREETS
from benchmarks.speed.stages import BESIDE

# Okabe and Ito's colours, which people with any colour vision tell apart; and markers, for print in grey.
_LINES: dict[str, dict[str, Any]] = {
    "plain torch": {"color": "#D55E00", "marker": "s"},
    "plain torch, small batches": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "numpy, no gate": {"color": "#56B4E9", "marker": "o", "linestyle": "--"},
    "numpy": {"color": "#56B4E9", "marker": "o"},
    "machine code, no gate": {"color": "#0072B2", "marker": "D", "linestyle": "--"},
    "machine code": {"color": "#0072B2", "marker": "D"},
    "copy": {"color": "#000000", "marker": "x"},
}
_LOOKS: dict[tuple[str, str], dict[str, Any]] = {
    ("reduce", "jpg"): {"color": "#D55E00", "marker": "s"},
    ("reduce", "png"): {"color": "#E69F00", "marker": "D"},
    ("expand", "jpg"): {"color": "#0072B2", "marker": "o"},
    ("expand", "png"): {"color": "#009E73", "marker": "^"},
}
_STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "start and end": ("#999999", ("import", "start and end")),
    "read": ("#56B4E9", ("read",)),
    "decode": ("#009E73", ("decode",)),
    "colour": ("#F0E442", ("colour",)),
    "fit": ("#D55E00", ("fit",)),
    "measure": ("#CC79A7", ("measure",)),
    "expand, encode and write": ("#0072B2", ("expand, encode and write",)),
    "encode and write": ("#E69F00", ("encode", "write")),
}
"""Colour of each bar, and the stages that it stands for; the others are "the rest"."""
_BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": 5}
_SIZE = 24
"""Megapixels of the panels for one size; the nearest measured one is taken."""


def draw(result: Result) -> Any:
    """What was measured with the most threads, as a figure of matplotlib; None where there is nothing."""
    from matplotlib.figure import Figure as Canvas

    threads = max((row["threads"] for row in result["rows"] if "threads" in row), default=0)
    rows = [row for row in result["rows"] if row.get("threads") == threads]
    if not rows:
        return None
    figure = Canvas(figsize=(14, 10), layout="constrained", dpi=110)
    panels = figure.subplots(2, 2)
    _draw_expansion(panels[0, 0], rows)
    _draw_fit(panels[0, 1], rows)
    _draw_stages(panels[1, 0], rows)
    _draw_memory(panels[1, 1], rows)
    for axes in panels.flat:
        plain_axes(axes)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=9, **({} if axes is not panels[1, 0] else _BELOW))
    figure.suptitle(f"Speed and memory, {threads} thread{'s' * (threads > 1)}", fontsize=14)
    return figure


def _by_size(axes: Any, rows: Sequence[Row]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted({row["megapixels"] for row in rows}))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("megapixels")


def _draw_expansion(axes: Any, rows: Sequence[Row]) -> None:
    found = [row for row in rows if row["part"] == "expand"]
    for task, style in _LINES.items():
        points = sorted((row["megapixels"], row["best"]) for row in found if row["task"] == task)
        if points:
            axes.plot(*zip(*points, strict=True), label=task, markersize=5, **style)
    _by_size(axes, found)
    axes.set_title("Expansion in memory [s]", fontsize=11)


def _draw_fit(axes: Any, rows: Sequence[Row]) -> None:
    found = _nearest([row for row in rows if row["part"] == "fit"])
    for row in found:
        paper = row["task"].startswith("paper")
        axes.scatter(row["best"], row["psnr_og"], color="#D55E00" if paper else "#0072B2", marker="s" if paper else "o")
        axes.annotate(row["task"], (row["best"], row["psnr_og"]), xytext=(6, 4), textcoords="offset points", fontsize=9)
    axes.set_xlabel("seconds")
    axes.set_ylabel("PSNR of out-of-gamut pixels [dB]")
    axes.margins(0.15)
    axes.set_title("Fit: quality against time" + _size_of(found), fontsize=11)


def _draw_stages(axes: Any, rows: Sequence[Row]) -> None:
    found = _nearest([row for row in rows if row.get("stages")])
    left = [0.0] * len(found)
    for name, (colour, stages) in [*_STAGES.items(), ("the rest", ("#DDDDDD", ()))]:
        widths = [sum(row["stages"].get(stage, 0.0) for stage in stages) for row in found]
        if not stages:
            widths = [_waited(row) - start for row, start in zip(found, left, strict=True)]
        axes.barh(range(len(found)), widths, left=left, color=colour, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(found)), [STREETS[row["task"], row["format"]] for row in found])
    axes.set_xlabel("seconds")
    axes.set_title("From file to file" + _size_of(found), fontsize=11)


def _waited(row: Row) -> float:
    """Seconds of all stages but those on other threads."""
    return float(sum(seconds for name, seconds in row["stages"].items() if not name.endswith(BESIDE)))


def _draw_memory(axes: Any, rows: Sequence[Row]) -> None:
    found = [row for row in rows if row["part"] == "pipeline"]
    for (task, suffix), style in _LOOKS.items():
        points = sorted((r["megapixels"], r["peak_mib"]) for r in found if (r["task"], r["format"]) == (task, suffix))
        if points:
            axes.plot(*zip(*points, strict=True), label=STREETS[task, suffix], markersize=5, **style)
    _by_size(axes, found)
    axes.set_title("Peak memory of the whole process [MiB]", fontsize=11)


def _nearest(rows: Sequence[Row]) -> list[Row]:
    """Those of the size that is nearest to the one wanted."""
    sizes = {row["megapixels"] for row in rows}
    return [row for row in rows if row["megapixels"] == min(sizes, key=lambda size: abs(size - _SIZE))]


def _size_of(rows: Sequence[Row]) -> str:
    return f", {rows[0]['megapixels']:g} megapixels" if rows else ""
