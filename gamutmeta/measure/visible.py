"""How much of a change of an sRGB picture the eye can see: CIEDE2000 of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, conversion_matrix, decode_table
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MEAN_SHARE", "VisibleChange", "differences", "visible_change"]

MEAN_SHARE = 0.1
"""Where a change is allowed up to some 99th percentile, its mean is allowed up to this share of it."""

_PIXELS = 1 << 20
"""Of larger pictures evenly spaced rows are taken."""


class VisibleChange(NamedTuple):
    """CIEDE2000 between two sRGB pictures.

    Attributes:
        mean: over the pixels.
        percentile_99: what 99 of 100 pixels do not exceed.
    """

    mean: float
    percentile_99: float

    @classmethod
    def of(cls, differences: NDArray[np.float64]) -> VisibleChange:
        """Of the differences of all pixels, (n,)."""
        return cls(float(differences.mean()), float(np.percentile(differences, 99)))


def visible_change(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> VisibleChange:
    """How much two pictures of one size differ to the eye; of more than a megapixel, on evenly spaced rows.

    Args:
        one: sRGB, uint8 (H, W, 3).
        other: the same.
    """
    height, width = one.shape[:2]
    rows = slice(None, None, -(-height * width // _PIXELS))
    return VisibleChange.of(differences(one[rows].reshape(-1, 3), other[rows].reshape(-1, 3)))


def differences(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIEDE2000 of sRGB pixels (n, 3), each by itself: (n,)."""
    result = np.zeros(len(one))
    at = np.flatnonzero((one != other).any(1))
    result[at] = delta_e_2000(_lab(one[at]), _lab(other[at]))
    return result


def _lab(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    wide = apply_matrix(conversion_matrix(SRGB, PROPHOTO), decode_table(SRGB, 256)[codes])
    return prophoto_to_lab(wide)
