"""The curves: median gain over clipping against added bytes, one line per method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from benchmarks.rd.coding import CODINGS
from benchmarks.rd.tables import gained, medians

mpl.use("agg")
mpl.rcParams["svg.hashsalt"] = "gamutmeta"  # the same picture, the same file

from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["draw"]

_PANELS = (
    ("gain_og", "PSNR gain, out-of-gamut pixels [dB]"),
    ("gain", "PSNR gain, whole image [dB]"),
    ("gain_de", "mean ΔE₀₀, whole image: how much less"),
)
_TICKS = (300, 1_000, 3_000, 10_000, 30_000, 100_000)

# Okabe and Ito's colours, which people with any colour vision tell apart; and markers, for print in grey.
_STYLES: dict[str, dict[str, Any]] = {
    "gamutmeta": {"color": "#0072B2", "marker": "o", "linewidth": 2.2, "zorder": 5},
    "gamutmeta presets": {"color": "#0072B2", "marker": "*", "markersize": 12, "linestyle": "none", "zorder": 6},
    "gamutmeta paper": {"color": "#CC79A7", "marker": "P", "markersize": 8, "linestyle": "none", "zorder": 6},
    "reference": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "samples": {"color": "#009E73", "marker": "^"},
    "gain map": {"color": "#E69F00", "marker": "D"},
}
_NAMES = {
    "gamutmeta": "gamutmeta, any cap",
    "gamutmeta presets": "gamutmeta: small, balanced, best",
    "gamutmeta paper": "gamutmeta: paper",
    "reference": "reference: paper's model, int8, float16, float32",
    "samples": "ProPhoto samples",
    "gain map": "JPEG gain map",
}


def _line_of(method: str) -> str | None:
    if method.startswith("clipping") or method.endswith("Bradford"):
        return None
    if method.startswith("reference"):
        return "reference"
    if method == "gamutmeta paper":
        return method
    return "gamutmeta presets" if method.startswith("gamutmeta ") else method


def curves(rows: Sequence[dict[str, Any]], coding: str) -> dict[str, list[Mapping[str, Any]]]:
    """The medians of each line of one coding, ascending in bytes."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for (method, _), row in medians(gained(rows), coding).items():
        name = _line_of(method)
        if name is not None:
            found.setdefault(name, []).append(row)
    return {name: sorted(found[name], key=lambda row: row["added_bytes"]) for name in _STYLES if name in found}


def _panel(axes: Axes, lines: Mapping[str, Sequence[Mapping[str, Any]]], key: str) -> None:
    for name, points in lines.items():
        known = [point for point in points if key in point]
        axes.plot(
            [point["added_bytes"] for point in known],
            [point[key] for point in known],
            label=_NAMES[name],
            **({"markersize": 5, "linewidth": 1.5} | _STYLES[name]),
        )
    axes.set_xscale("log")
    axes.set_xticks(_TICKS)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1000:g} KB"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.axhline(0, color="#555555", linewidth=1)
    axes.spines[["top", "right"]].set_visible(False)


def _figure(lines: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> Figure:
    """One row of panels per coding."""
    figure = Figure(figsize=(15, 1 + 4.2 * len(lines)), layout="constrained")
    panels = figure.subplots(len(lines), len(_PANELS), squeeze=False, sharex=True)
    for (coding, found), line in zip(lines.items(), panels, strict=True):
        for axes, (key, title) in zip(line, _PANELS, strict=True):
            _panel(axes, found, key)
            axes.set_title(f"{coding}: {title}", fontsize=11)
            axes.set_xlabel("bytes added to the sRGB file")
            axes.tick_params(labelbottom=True)
    handles: dict[str, Artist] = {}
    for axes in panels.flat:
        of_panel, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, of_panel, strict=True))
    figure.suptitle("Median gain over clipping, against bytes", fontsize=14)
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False, fontsize=11
    )
    return figure


def draw(rows: Sequence[dict[str, Any]], paths: Sequence[Path]) -> None:
    """Draw one row of panels per coding, and save it under every path, as PNG or SVG."""
    codings = [coding.name for coding in CODINGS if any(row["coding"] == coding.name for row in rows)]
    lines = {coding: found for coding in codings if (found := curves(rows, coding))}
    for path in paths if lines else ():
        # A figure lays itself out a little differently the second time: a new one for each file.
        _figure(lines).savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)
