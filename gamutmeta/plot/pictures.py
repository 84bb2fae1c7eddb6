"""Photographs side by side, and maps of their differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import PhotoError
from gamutmeta.measure.colormap import heat_colours
from gamutmeta.photo.notebook import preview
from gamutmeta.photo.upright import turned_upright
from gamutmeta.pipeline.comparison import differences_of
from gamutmeta.plot.axes import axes_or_new, matplotlib_module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gamutmeta.choices import Space
    from gamutmeta.photo.wide import WideImage

__all__ = ["error_map", "side_by_side"]

_PANEL = 4.0
"""Width and height of a photograph's panel, inches."""


def error_map(original: WideImage, restored: WideImage, *, top: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw how far a photograph is from the original: CIEDE2000 of single pixels, with a scale.

    Args:
        original: in any known space.
        restored: likewise, of the same size.
        top: CIEDE2000 at the end of the scale, and beyond; None for a round number that fits. Give the same to maps
            that are to be compared.
        ax: where to draw; None for a new figure.

    Returns:
        The axes; the title has the mean over all and over the out-of-gamut pixels looked at.

    Raises:
        MissingExtraError: matplotlib is not installed.
        PhotoError: the sizes differ, or `top` is not above 0.
    """
    if top is not None and not top > 0:
        raise PhotoError(f"top: the end of the scale must be above 0, not {top}")
    differences = differences_of(original, [restored], Adaptation.BRADFORD)
    axes = axes_or_new(ax)
    outside = differences.mean_og(0)
    figures = f"mean {differences.mean(0):.2f}"
    if outside is not None:
        figures += f", out of gamut {outside:.2f}"
    colours = matplotlib_module("colors").ListedColormap(heat_colours(np.linspace(0, 1, 256)) / 255)
    upright: NDArray[Any] = turned_upright(differences.errors[0], original.orientation)
    image = axes.imshow(upright, cmap=colours, vmin=0, vmax=differences.top if top is None else top)
    axes.figure.colorbar(image, ax=axes, label="CIEDE2000", extend="max", shrink=0.8)
    axes.set_title(f"CIEDE2000: {figures}")
    axes.set_axis_off()
    return axes


def side_by_side(
    *photos: WideImage, titles: Sequence[str] = (), space: Space = "display-p3", side: int = 1200
) -> NDArray[np.object_]:
    """Show photographs in a row, upright and scaled down.

    matplotlib does not manage colour: it passes the numbers of `space` on unchanged, and an untagged figure is shown as
    if it were sRGB, somewhat paler than the photographs. A figure that is saved with the profile is correct::

        axes = plot.side_by_side(clipped, restored)
        profile = restored.convert("display-p3").icc_profile
        axes[0].figure.savefig("both.png", pil_kwargs={"icc_profile": profile})

    Args:
        photos: one or several, in any known spaces and of any sizes.
        titles: one for each.
        space: name of the known space of the figure's numbers; colours outside it are clipped.
        side: most pixels on the longer side of each.

    Returns:
        The axes, an array of one dimension.

    Raises:
        MissingExtraError: matplotlib is not installed.
        PhotoError: there is no photograph, titles do not match, or the space is unknown.
    """
    if not photos:
        raise PhotoError("side_by_side needs at least one photograph")
    if titles and len(titles) != len(photos):
        raise PhotoError(f"titles: {len(titles)} for {len(photos)} photographs; give one for each, or none")
    pictures = [np.asarray(preview(photo, side, space)) for photo in photos]
    size = (_PANEL * len(photos), _PANEL)
    _, grid = matplotlib_module("pyplot").subplots(1, len(photos), figsize=size, squeeze=False, layout="constrained")
    axes: NDArray[np.object_] = grid[0]
    for k, (panel, picture) in enumerate(zip(axes, pictures, strict=True)):
        panel.imshow(picture)
        panel.set_title(titles[k] if titles else "")
        panel.set_axis_off()
    return axes
