"""matplotlib, imported when something is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gamutmeta.runtime.extras import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_or_new", "matplotlib_module"]


def matplotlib_module(name: str) -> Any:
    """A module of matplotlib, "pyplot" for example.

    Raises:
        MissingExtraError: it is not installed.
    """
    return optional(f"matplotlib.{name}", "matplotlib", "plot", "drawing a figure")


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure of pyplot.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    if ax is not None:
        return ax
    axes: Axes = matplotlib_module("pyplot").subplots(layout="constrained")[1]
    return axes
