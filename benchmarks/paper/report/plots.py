"""The plots: error maps and chromaticity diagrams of each photograph, and the paper's smaller tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.arrays import Floats
from benchmarks.harness import Result
from benchmarks.paper.protocol import Coding, Measured
from benchmarks.paper.registry import TABLES
from benchmarks.paper.report.series import Series, quick_share, series_of
from benchmarks.paper.report.tables import learned_from, unseen
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.locus import SPECTRAL_LOCUS
from gamutmeta.color.spaces import PROPHOTO, expansion_matrix
from gamutmeta.measure.colormap import heat_colours

_DPI = 90
SHOWN = (
    "clip", "soft-clip", "gamutnet", "sampled", "siren-small-residual", "mlp-23kb-meta", "mlp-23kb",
    "gamutmeta-balanced", "gamutmeta-best",
)  # fmt: skip
"""Methods of the plots of a photograph."""

_COLUMNS = 4
_SCALE_COVERS = 99.5
"""Per cent of the first method's errors that the colour scale shows; that is Clip, where it was measured."""


def draw_photograph(name: str, measured: Mapping[str, Measured], keys: Sequence[str] = SHOWN) -> Figure:
    """A photograph's error maps, a chromaticity diagram below each, of what was measured with one coding, by key."""
    heat = ListedColormap(heat_colours(np.linspace(0, 1, 256)) / 255)
    found = [measured[key] for key in keys if key in measured]
    height, width = found[0].arrays["error"].shape
    top = float(np.percentile(found[0].arrays["error"].astype(np.float32), _SCALE_COVERS))
    columns = min(_COLUMNS, len(found))
    lines = -(-len(found) // columns)
    tall = 3.2 * height / width
    figure = Figure(figsize=(3.2 * columns + 0.6, lines * (tall + 3.6) + 0.6), layout="constrained", dpi=_DPI)
    grid = figure.subplots(2 * lines, columns, squeeze=False, height_ratios=[tall, 3.3] * lines)
    shown = None
    for k in range(lines * columns):
        above, below = (grid[2 * (k // columns) + i][k % columns] for i in range(2))
        if k >= len(found):
            above.set_axis_off()
            below.set_axis_off()
            continue
        row = found[k].row
        shown = above.imshow(found[k].arrays["error"].astype(np.float32), cmap=heat, vmin=0, vmax=top or 1)
        above.set_title(f"{row['title']}\n{_words(row)}", fontsize=8)
        above.set_xticks([])
        above.set_yticks([])
        adaptation = Adaptation(row["setting"]["adaptation"])
        draw_diagram(below, found[k].arrays["xy"], found[k].arrays["xy_original"], adaptation)
    grid[1][0].legend(fontsize=7, markerscale=4, frameon=False, loc="upper right")
    assert shown is not None  # noqa: S101 - there is one at least
    figure.colorbar(shown, ax=list(grid[::2].flat), label="CIEDE2000", shrink=0.8, fraction=0.02)
    figure.suptitle(f"{name}: errors, and out-of-gamut colours in the CIE 1931 diagram (D50)", fontsize=10)
    return figure


def _words(row: Mapping[str, Any]) -> str:
    og = "∞" if row["psnr_og"] is None else f"{row['psnr_og']:.1f}"
    share = quick_share(row)
    flag = "" if share == 1 else f", quick {100 * share:g} %"
    return f"OG {og} dB, {row['metadata_bytes']:,} B{flag}"


def draw_ablations(result: Result) -> Figure | None:
    """Tables 2 and 3 as bars and Figure 8 as a curve, of one coding: the first of those that were measured."""
    rows, device = result["rows"], result.get("device", "cpu")
    coding = next(coding for coding in Coding if any(row["coding"] == coding for row in rows)).value
    tested = unseen(rows, learned_from(rows))
    titles = {"table2": "Table 2: inputs", "table3": "Table 3: encoding", "figure8": "Figure 8: size"}
    tables = {name: series_of(tested, keys, coding, device) for name, keys in TABLES.items()}
    known = {name: list(found.values()) for name, found in tables.items() if found}
    if not known:
        return None
    figure = Figure(figsize=(4.6 * len(known), 3.8), layout="constrained", dpi=_DPI)
    panels = figure.subplots(1, len(known), squeeze=False)[0]
    for axes, (name, every) in zip(panels, known.items(), strict=True):
        quick = sorted({series.quick for series in every if series.quick != 1})
        flag = f" (quick: {', '.join(f'{100 * share:g} %' for share in quick)} of the steps)" if quick else ""
        axes.set_title(titles[name] + flag, fontsize=9)
        axes.set_ylabel("mean PSNR, dB")
        (_curve if name == "figure8" else _bars)(axes, every)
        axes.grid(axis="y", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(y=0.18)
        axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper left")
    return figure


_LINES = (("psnr_og", "out of gamut", "#D55E00"), ("psnr", "whole image", "#0072B2"))


def _bars(axes: Any, every: Sequence[Series]) -> None:
    for k, (name, label, colour) in enumerate(_LINES):
        values = [series.mean(name) or 0 for series in every]
        axes.bar(np.arange(len(every)) + 0.4 * k - 0.2, values, 0.38, color=colour, label=label)
    axes.set_xticks(range(len(every)), [series.first["title"] for series in every], fontsize=7, rotation=15)


def _curve(axes: Any, every: Sequence[Series]) -> None:
    sizes = [(series.mean("metadata_bytes") or 0) / 1000 for series in every]
    for name, label, colour in _LINES:
        axes.plot(sizes, [series.mean(name) for series in every], marker="o", color=colour, label=label)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("metadata, KB")


def srgb_triangle(adaptation: Adaptation) -> NDArray[np.float64]:
    """Xy of sRGB's red, green and blue as they are seen under ProPhoto's white, D50: (3, 2)."""
    xyz = PROPHOTO.to_xyz() @ expansion_matrix(adaptation)
    return np.asarray((xyz[:2] / xyz.sum(0)).T)


def draw_diagram(axes: Any, restored: Floats, true: Floats, adaptation: Adaptation) -> None:
    """Figure 6: where out-of-gamut colours lie in the CIE 1931 diagram, restored and true, xy of float32 (N, 2)."""
    axes.fill(*np.transpose(SPECTRAL_LOCUS), facecolor="#f4f4f4", edgecolor="#999999", linewidth=0.8)
    for corners, colour in ((np.array(PROPHOTO.primaries), "#666666"), (srgb_triangle(adaptation), "#000000")):
        axes.fill(*corners.T, fill=False, edgecolor=colour, linewidth=0.9)
    for xy, colour, label in ((true, "#009E73", "true"), (restored, "#D55E00", "restored")):
        axes.scatter(*xy.T, s=2, color=colour, linewidths=0, alpha=0.5, label=label, rasterized=True)
    axes.set_xlim(0, 0.76)
    axes.set_ylim(0, 0.86)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
