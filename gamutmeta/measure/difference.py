"""Visible differences between pictures: CIEDE2000 of single pixels, for error maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.gamut import outside
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["MAP_SIDE", "Differences", "color_differences", "pixel_grid", "scale_end"]

MAP_SIDE = 1_000
"""Differences are those of a grid with at most this many pixels on the longer side."""

_SCALE_ENDS = (1, 2, 4, 8, 12, 20, 40, 100)
_SCALE_COVERS = 99.5
"""Per cent of the differences that a scale shows."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Of one or several pictures from one original.

    Attributes:
        errors: CIEDE2000, float64 (h, w), of each picture.
        og: the original's out-of-gamut pixels, booleans (h, w).
    """

    errors: tuple[NDArray[np.float64], ...]
    og: NDArray[np.bool_]

    @property
    def top(self) -> int:
        """The end of a scale that shows nearly all errors of the first picture, see :func:`scale_end`."""
        return scale_end(self.errors[0])

    def mean(self, picture: int) -> float:
        """Mean CIEDE2000 of a picture, by its place in `errors`."""
        return float(self.errors[picture].mean())

    def mean_og(self, picture: int) -> float | None:
        """The same over the original's out-of-gamut pixels; None if it has none."""
        return float(self.errors[picture][self.og].mean()) if self.og.any() else None


def color_differences(
    original: NDArray[np.uint16], others: Sequence[NDArray[np.uint16]], adaptation: Adaptation
) -> Differences:
    """Compare pictures with the original, on the grid of :func:`pixel_grid`.

    Args:
        original: ROMM RGB, uint16 (H, W, 3).
        others: the same, of the same size.
        adaptation: of the matrix that decides which pixels are out of gamut.
    """
    table = decode_table(PROPHOTO, 65536)
    samples = table[pixel_grid(original)]
    lab = prophoto_to_lab(samples)
    errors = tuple(delta_e_2000(lab, prophoto_to_lab(table[pixel_grid(other)])) for other in others)
    return Differences(errors, outside(apply_matrix(reduction_matrix(adaptation), samples)))


def pixel_grid(array: NDArray[np.uint16], side: int = MAP_SIDE) -> NDArray[np.uint16]:
    """Every n-th pixel in both directions: a view, (H, W, 3) to (h, w, 3). Averages would hide errors.

    Args:
        array: the picture.
        side: the most pixels there may be on the longer side.
    """
    step = -(-max(array.shape[:2]) // side)
    return array[::step, ::step]


def scale_end(errors: NDArray[np.float64]) -> int:
    """A round number of CIEDE2000, 1 to 100, so that a scale up to it shows nearly all of the errors."""
    reach = np.percentile(errors, _SCALE_COVERS)
    return next((end for end in _SCALE_ENDS if end >= reach), _SCALE_ENDS[-1])
