"""Figure 6: where out-of-gamut colours lie in the CIE 1931 chromaticity diagram, restored and true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, expansion_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["SPECTRAL_LOCUS", "draw_diagram", "srgb_triangle"]

SPECTRAL_LOCUS = {
    380: (0.1741, 0.0050), 420: (0.1714, 0.0051), 440: (0.1644, 0.0109), 450: (0.1566, 0.0177), 460: (0.1440, 0.0297),
    470: (0.1241, 0.0578), 480: (0.0913, 0.1327), 485: (0.0687, 0.2007), 490: (0.0454, 0.2950), 495: (0.0235, 0.4127),
    500: (0.0082, 0.5384), 505: (0.0039, 0.6548), 510: (0.0139, 0.7502), 515: (0.0389, 0.8120), 520: (0.0743, 0.8338),
    525: (0.1142, 0.8262), 530: (0.1547, 0.8059), 535: (0.1929, 0.7816), 540: (0.2296, 0.7543), 550: (0.3016, 0.6923),
    560: (0.3731, 0.6245), 570: (0.4441, 0.5547), 580: (0.5125, 0.4866), 590: (0.5752, 0.4242), 600: (0.6270, 0.3725),
    610: (0.6658, 0.3340), 620: (0.6915, 0.3083), 630: (0.7079, 0.2920), 640: (0.7190, 0.2809), 650: (0.7260, 0.2740),
    700: (0.7347, 0.2653),
}  # fmt: skip
"""CIE 1931 xy of monochromatic light, by wavelength in nm (CIE 15:2004, 2 degree observer)."""


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
    locus = np.array(list(SPECTRAL_LOCUS.values()))
    axes.fill(*locus.T, facecolor="#f4f4f4", edgecolor="#999999", linewidth=0.8)
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
