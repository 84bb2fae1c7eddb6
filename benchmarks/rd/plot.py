"""The curves: median gain over clipping against added bytes, one line per method."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.harness import Result, Row
from benchmarks.rd.report import codings_of, gained, medians

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


def curves(rows: Sequence[Row], coding: str) -> dict[str, list[Mapping[str, Any]]]:
    """The medians of each line of one coding, ascending in bytes."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for (method, _), row in medians(gained(rows), coding).items():
        name = _line_of(method)
        if name is not None:
            found.setdefault(name, []).append(row)
    return {name: sorted(found[name], key=lambda row: row["added_bytes"]) for name in _STYLES if name in found}


def draw(result: Result) -> Any:
    """One row of panels per coding, as a figure of matplotlib; None where there is nothing but clipping."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    rows = result["rows"]
    lines = {coding: found for coding in codings_of(rows) if (found := curves(rows, coding))}
    if not lines:
        return None
    figure = Figure(figsize=(15, 1 + 4.2 * len(lines)), layout="constrained", dpi=110)
    panels = figure.subplots(len(lines), len(_PANELS), squeeze=False, sharex=True)
    for (coding, found), line in zip(lines.items(), panels, strict=True):
        for axes, (key, title) in zip(line, _PANELS, strict=True):
            _panel(axes, found, key)
            axes.set_xscale("log")
            axes.set_xticks(_TICKS)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1000:g} KB"))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.grid(color="#dddddd", linewidth=0.7)
            axes.axhline(0, color="#555555", linewidth=1)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_title(f"{coding}: {title}", fontsize=11)
            axes.set_xlabel("bytes added to the sRGB file")
            axes.tick_params(labelbottom=True)
    handles: dict[str, Any] = {}
    for axes in panels.flat:
        of_panel, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, of_panel, strict=True))
    figure.suptitle("Median gain over clipping, against bytes", fontsize=14)
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False, fontsize=11
    )
    return figure


def _panel(axes: Any, lines: Mapping[str, Sequence[Mapping[str, Any]]], key: str) -> None:
    for name, points in lines.items():
        known = [point for point in points if key in point]
        places = [[point[what] for point in known] for what in ("added_bytes", key)]
        axes.plot(*places, label=_NAMES[name], **({"markersize": 5, "linewidth": 1.5} | _STYLES[name]))
