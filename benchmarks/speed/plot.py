"""The rows as four panels: expansion and memory by size, quality by time of the fit, and where a street's time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from benchmarks.speed.stages import BESIDE

mpl.use("agg")
mpl.rcParams["svg.hashsalt"] = "gamutmeta"  # the same picture, the same file

from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["draw"]

Row = dict[str, Any]

# Okabe and Ito's colours, which people with any colour vision tell apart; and markers, for print in grey.
_LINES: dict[str, dict[str, Any]] = {
    "plain torch": {"color": "#D55E00", "marker": "s"},
    "plain torch, small batches": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "numpy, no gate": {"color": "#56B4E9", "marker": "o", "linestyle": "--"},
    "numpy": {"color": "#56B4E9", "marker": "o"},
    "numba, no gate": {"color": "#0072B2", "marker": "D", "linestyle": "--"},
    "numba": {"color": "#0072B2", "marker": "D"},
    "copy": {"color": "#000000", "marker": "x"},
}
_STREETS: dict[tuple[str, str], dict[str, Any]] = {
    ("reduce", "jpg"): {"color": "#D55E00", "marker": "s", "label": "TIFF to JPEG"},
    ("reduce", "png"): {"color": "#E69F00", "marker": "D", "label": "TIFF to PNG"},
    ("expand", "jpg"): {"color": "#0072B2", "marker": "o", "label": "JPEG to TIFF"},
    ("expand", "png"): {"color": "#009E73", "marker": "^", "label": "PNG to TIFF"},
}
_STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "start and end": ("#999999", ("import", "start and end")),
    "read": ("#56B4E9", ("read",)),
    "decode": ("#009E73", ("decode",)),
    "colour": ("#F0E442", ("colour",)),
    "fit": ("#D55E00", ("fit",)),
    "measure": ("#CC79A7", ("measure",)),
    "expand": ("#0072B2", ("expand",)),
    "encode and write": ("#E69F00", ("encode", "encode and write", "write")),
}
"""Colour of each bar, and the stages that it stands for; the others are "the rest"."""
_BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": 5}
_SIZE = 24
"""Megapixels of the panels for one size; the nearest measured one is taken."""


def draw(rows: Sequence[Row], paths: Sequence[Path]) -> None:
    """Draw what was measured with the most threads, and save it under every path, as PNG or SVG."""
    threads = max((row["threads"] for row in rows if "threads" in row), default=0)
    here = [row for row in rows if row.get("threads") == threads]
    for path in paths if here else ():
        # A figure lays itself out a little differently the second time: a new one for each file.
        _figure(here, threads).savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)


def _figure(rows: Sequence[Row], threads: int) -> Figure:
    figure = Figure(figsize=(14, 10), layout="constrained")
    panels = figure.subplots(2, 2)
    _expansion(panels[0, 0], rows)
    _fit(panels[0, 1], rows)
    _stages(panels[1, 0], rows)
    _memory(panels[1, 1], rows)
    for axes in panels.flat:
        axes.grid(color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=9, **({} if axes is not panels[1, 0] else _BELOW))
    figure.suptitle(f"Speed and memory, {threads} thread{'s' * (threads > 1)}", fontsize=14)
    return figure


def _by_size(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sorted({row["megapixels"] for row in rows}))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("megapixels")


def _expansion(axes: Axes, rows: Sequence[Row]) -> None:
    found = [row for row in rows if row["part"] == "expand"]
    for task, style in _LINES.items():
        points = sorted((row["megapixels"], row["best"]) for row in found if row["task"] == task)
        if points:
            axes.plot(*zip(*points, strict=True), label=task, markersize=5, **style)
    _by_size(axes, found)
    axes.set_title("Expansion in memory [s]", fontsize=11)


def _fit(axes: Axes, rows: Sequence[Row]) -> None:
    found = _nearest([row for row in rows if row["part"] == "fit"])
    for row in found:
        paper = row["task"].startswith("paper")
        axes.scatter(row["best"], row["psnr_og"], color="#D55E00" if paper else "#0072B2", marker="s" if paper else "o")
        axes.annotate(row["task"], (row["best"], row["psnr_og"]), xytext=(6, 4), textcoords="offset points", fontsize=9)
    axes.set_xlabel("seconds")
    axes.set_ylabel("PSNR of out-of-gamut pixels [dB]")
    axes.margins(0.15)
    axes.set_title("Fit: quality against time" + _size_of(found), fontsize=11)


def _stages(axes: Axes, rows: Sequence[Row]) -> None:
    found = _nearest([row for row in rows if row.get("stages")])
    left = [0.0] * len(found)
    for name, (colour, stages) in [*_STAGES.items(), ("the rest", ("#DDDDDD", ()))]:
        widths = [sum(row["stages"].get(stage, 0.0) for stage in stages) for row in found]
        if not stages:
            widths = [_waited(row) - start for row, start in zip(found, left, strict=True)]
        axes.barh(range(len(found)), widths, left=left, color=colour, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(found)), [_STREETS[row["task"], row["format"]]["label"] for row in found])
    axes.set_xlabel("seconds")
    axes.set_title("From file to file" + _size_of(found), fontsize=11)


def _waited(row: Row) -> float:
    """Seconds of all stages but those on other threads."""
    return sum(seconds for name, seconds in row["stages"].items() if not name.endswith(BESIDE))


def _memory(axes: Axes, rows: Sequence[Row]) -> None:
    found = [row for row in rows if row["part"] == "street"]
    for (task, suffix), style in _STREETS.items():
        points = sorted((r["megapixels"], r["peak_mib"]) for r in found if (r["task"], r["format"]) == (task, suffix))
        if points:
            axes.plot(*zip(*points, strict=True), markersize=5, **style)
    _by_size(axes, found)
    axes.set_title("Peak memory of the whole process [MiB]", fontsize=11)


def _nearest(rows: Sequence[Row]) -> list[Row]:
    """Those of the size that is nearest to the one wanted."""
    sizes = {row["megapixels"] for row in rows}
    return [row for row in rows if row["megapixels"] == min(sizes, key=lambda size: abs(size - _SIZE))]


def _size_of(rows: Sequence[Row]) -> str:
    return f", {rows[0]['megapixels']:g} megapixels" if rows else ""
