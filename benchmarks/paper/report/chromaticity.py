"""Figure 6: where out-of-gamut colours lie in the CIE 1931 chromaticity diagram, restored and true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.locus import SPECTRAL_LOCUS
from gamutmeta.color.spaces import PROPHOTO, expansion_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["draw_diagram", "srgb_triangle"]


def srgb_triangle(adaptation: Adaptation) -> NDArray[np.float64]:
    """Xy of sRGB's red, green and blue as they are seen under ProPhoto's white, D50: (3, 2)."""
    xyz = PROPHOTO.to_xyz() @ expansion_matrix(adaptation)
    return np.asarray((xyz[:2] / xyz.sum(0)).T)


def draw_diagram(axes: Axes, restored: NDArray[np.float32], true: NDArray[np.float32], adaptation: Adaptation) -> None:
    """Draw one diagram.

    Args:
        axes: where.
        restored: xy, float32 (N, 2).
        true: xy of the same pixels, likewise.
        adaptation: of the matrix to sRGB.
    """
    axes.fill(*np.transpose(SPECTRAL_LOCUS), facecolor="#f4f4f4", edgecolor="#999999", linewidth=0.8)
    for corners, colour in ((np.array(PROPHOTO.primaries), "#666666"), (srgb_triangle(adaptation), "#000000")):
        axes.fill(*corners.T, fill=False, edgecolor=colour, linewidth=0.9)
    axes.scatter(true[:, 0], true[:, 1], s=2, color="#009E73", linewidths=0, alpha=0.5, label="true", rasterized=True)
    axes.scatter(
        restored[:, 0], restored[:, 1], s=2, color="#D55E00", linewidths=0, alpha=0.5, label="restored", rasterized=True
    )
    axes.set_xlim(0, 0.76)
    axes.set_ylim(0, 0.86)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
