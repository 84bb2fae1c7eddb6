"""The CIE 1931 chromaticity diagram: the colours of photographs, and the triangles of gamuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.locus import SPECTRAL_LOCUS
from gamutmeta.color.spaces import SPACES, SRGB, apply_matrix, conversion_matrix, decode_table, space_named
from gamutmeta.errors import PhotoError
from gamutmeta.measure.difference import pixel_grid
from gamutmeta.plot.axes import axes_or_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gamutmeta.choices import Space
    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.photo.wide import WideImage

__all__ = ["chromaticities", "chromaticity", "triangle"]

_SIDE = 500
"""Photographs are sampled on a grid with at most this many pixels on the longer side."""
_CELL = 0.002
"""Chromaticities are drawn once for each cell of this width."""
_DARKEST = 0.001
"""Luminance (white is 1) below which a chromaticity is noise."""

_COLOURS = ("#D55E00", "#009E73", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9")
"""Of photographs. They can be told apart whatever kind of colour vision one has (Okabe and Ito, 2008)."""
_DASHES = ("-", "--", "-.", ":", (0, (1, 1)))


def chromaticity(
    *photos: WideImage,
    labels: Sequence[str] = (),
    spaces: Iterable[Space] = ("srgb", "display-p3", "rec2020", "prophoto"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the diagram with the colours of photographs and the triangles of gamuts, all adapted to D65 (Bradford).

    Args:
        photos: at most six, in any known spaces; later ones are drawn above earlier ones. Every n-th pixel is looked
            at, and pixels darker than 0.1 % of white are left out.
        labels: a name for each photograph, for the legend.
        spaces: names of the known spaces whose triangles are drawn.
        ax: where to draw; None for a new figure.

    Returns:
        The axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        PhotoError: a space is unknown, labels do not match, or there are too many photographs.
    """
    if labels and len(labels) != len(photos):
        raise PhotoError(f"labels: {len(labels)} for {len(photos)} photographs; give one for each, or none")
    if len(photos) > len(_COLOURS):
        raise PhotoError(f"a diagram holds at most {len(_COLOURS)} photographs, not {len(photos)}")
    gamuts = [space_named(name) for name in spaces]
    axes = axes_or_new(ax)
    axes.fill(*np.transpose(SPECTRAL_LOCUS), facecolor="#f4f4f4", edgecolor="#999999", linewidth=0.8)
    for k, photo in enumerate(photos):
        label = labels[k] if labels else None
        x, y = chromaticities(photo).T
        axes.scatter(x, y, s=3, color=_COLOURS[k], linewidths=0, alpha=0.5, label=label, rasterized=True)
    for gamut in gamuts:
        dashes = _DASHES[list(SPACES).index(gamut.name)]
        axes.fill(*triangle(gamut).T, fill=False, edgecolor="#222222", linestyle=dashes, linewidth=1, label=gamut.title)
    axes.plot(*SRGB.white, marker="+", color="#222222", linestyle="none", label="white, D65")
    axes.set(xlim=(-0.02, 0.78), ylim=(-0.02, 0.92), xlabel="x", ylabel="y", title="CIE 1931 chromaticities")
    axes.set_aspect("equal")
    axes.legend(loc="upper right", fontsize="small", markerscale=2)
    return axes


def triangle(space: RgbSpace) -> NDArray[np.float64]:
    """Chromaticities x, y of the space's red, green and blue as they are seen under D65: float64 (3, 2)."""
    return _xy(_to_xyz(space).T)


def chromaticities(photo: WideImage) -> NDArray[np.float64]:
    """The x, y of a photograph's colours under D65, each cell of 0.002 once: float64 (n, 2).

    A photograph that is dark all over has none.
    """
    space = space_named(photo.space)
    linear = decode_table(space, 65536)[pixel_grid(photo.array, _SIDE).reshape(-1, 3)]
    xyz = apply_matrix(_to_xyz(space), linear).astype(np.float64)
    xy = _xy(xyz[xyz[:, 1] >= _DARKEST])
    return np.unique(np.rint(xy / _CELL), axis=0) * _CELL


def _to_xyz(space: RgbSpace) -> NDArray[np.float64]:
    """3x3 matrix from linear RGB of the space to XYZ under sRGB's white, D65."""
    return SRGB.to_xyz() @ conversion_matrix(space, SRGB)


def _xy(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) to (n, 2)."""
    return np.asarray(xyz[:, :2] / xyz.sum(-1, keepdims=True))
