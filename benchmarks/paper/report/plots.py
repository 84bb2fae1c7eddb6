"""The plots: error maps and chromaticity diagrams of each photograph, and the paper's smaller tables."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from benchmarks.paper.report.chromaticity import draw_diagram
from benchmarks.paper.report.figures import quick_share
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.photo.files import atomic_write

mpl.use("agg")
mpl.rcParams["svg.hashsalt"] = "gamutmeta"  # the same picture, the same file

from matplotlib.colors import ListedColormap  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from gamutmeta.color.heat import heat_colours  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.paper.protocol import Measured
    from benchmarks.paper.report.figures import Series

__all__ = ["SHOWN", "draw_ablations", "draw_photograph"]

SHOWN = (
    "clip", "soft-clip", "gamutnet", "sampled", "siren-small-residual", "mlp-23kb-meta", "mlp-23kb",
    "gamutmeta-balanced", "gamutmeta-best",
)  # fmt: skip
"""Methods of the plots of a photograph."""

_HEAT = ListedColormap(heat_colours(np.linspace(0, 1, 256)) / 255)
_COLUMNS = 4
_SCALE_COVERS = 99.5
"""Per cent of the first method's errors that the colour scale shows; that is Clip, where it was measured."""


def draw_photograph(path: Path, name: str, measured: Mapping[str, Measured]) -> None:
    """Draw a photograph's error maps, a chromaticity diagram below each.

    Args:
        path: PNG to write.
        name: of the photograph.
        measured: by the method's key, on this photograph with one coding; `SHOWN` ones in that order.
    """
    found = [measured[key] for key in SHOWN if key in measured]
    height, width = found[0].arrays["error"].shape
    top = float(np.percentile(found[0].arrays["error"].astype(np.float32), _SCALE_COVERS))
    columns = min(_COLUMNS, len(found))
    lines = -(-len(found) // columns)
    tall = 3.2 * height / width
    figure = Figure(figsize=(3.2 * columns + 0.6, lines * (tall + 3.6) + 0.6), layout="constrained")
    grid = figure.subplots(2 * lines, columns, squeeze=False, height_ratios=[tall, 3.3] * lines)
    shown = None
    for k in range(lines * columns):
        above, below = (grid[2 * (k // columns) + i][k % columns] for i in range(2))
        if k >= len(found):
            above.set_axis_off()
            below.set_axis_off()
            continue
        row = found[k].row
        shown = above.imshow(found[k].arrays["error"].astype(np.float32), cmap=_HEAT, vmin=0, vmax=top or 1)
        above.set_title(f"{row['title']}\n{_words(row)}", fontsize=8)
        above.set_xticks([])
        above.set_yticks([])
        adaptation = Adaptation(row["setting"]["adaptation"])
        draw_diagram(below, found[k].arrays["xy"], found[k].arrays["xy_original"], adaptation)
    grid[1][0].legend(fontsize=7, markerscale=4, frameon=False, loc="upper right")
    assert shown is not None  # noqa: S101 - there is one at least
    figure.colorbar(shown, ax=list(grid[::2].flat), label="CIEDE2000", shrink=0.8, fraction=0.02)
    figure.suptitle(f"{name}: errors, and out-of-gamut colours in the CIE 1931 diagram (D50)", fontsize=10)
    _save(figure, path)


def _words(row: Mapping[str, Any]) -> str:
    og = "∞" if row["psnr_og"] is None else f"{row['psnr_og']:.1f}"
    share = quick_share(row)
    flag = "" if share == 1 else f", quick {100 * share:g} %"
    return f"OG {og} dB, {row['metadata_bytes']:,} B{flag}"


def draw_ablations(paths: Sequence[Path], tables: Mapping[str, Mapping[str, Series]]) -> None:
    """Draw Tables 2 and 3 as bars and Figure 8 as a curve.

    Args:
        paths: PNG and SVG to write.
        tables: series by key, of "table2", "table3" and "figure8"; empty ones are left out.
    """
    known = {name: found for name, found in tables.items() if found}
    titles = {"table2": "Table 2: inputs", "table3": "Table 3: encoding", "figure8": "Figure 8: size"}
    for path in paths if known else ():
        figure = Figure(figsize=(4.6 * len(known), 3.8), layout="constrained")
        panels = figure.subplots(1, len(known), squeeze=False)[0]
        for axes, (name, found) in zip(panels, known.items(), strict=True):
            every = list(found.values())
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
        _save(figure, path)


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


def _save(figure: Figure, path: Path) -> None:
    content = io.BytesIO()
    form = path.suffix[1:]
    figure.savefig(content, format=form, dpi=90, metadata={"Date": None} if form == "svg" else None)
    atomic_write(path, content.getvalue(), overwrite=True)
