"""Chromatic adaptation and the 3x3 matrices between linear RGB spaces, in float64.

References:
    Lindbloom, "Chromatic Adaptation" (the von Kries form with a cone matrix); CIE 159:2004 for CAT02;
    ICC.1:2022 annex E for Bradford.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Adaptation", "adaptation_matrix", "xyz_of_xy"]


class Adaptation(StrEnum):
    """The method that converts colours from one white to another."""

    BRADFORD = "bradford"
    """As in ICC workflows; the default."""
    CAT02 = "cat02"
    """As in the paper (its Eq. 7)."""


_CONE_MATRIX = {
    Adaptation.BRADFORD: np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]],
    ),
    Adaptation.CAT02: np.array(
        [[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]],
    ),
}


def xyz_of_xy(xy: tuple[float, float]) -> NDArray[np.float64]:
    """XYZ of a chromaticity with Y = 1."""
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def adaptation_matrix(
    source_white: tuple[float, float],
    target_white: tuple[float, float],
    method: Adaptation = Adaptation.BRADFORD,
) -> NDArray[np.float64]:
    """3x3 matrix that takes XYZ seen under `source_white` to XYZ under `target_white` (both CIE xy).

    Complete adaptation, in the von Kries form: cone responses are scaled by the ratio of the whites.
    """
    cone = _CONE_MATRIX[method]
    gain = (cone @ xyz_of_xy(target_white)) / (cone @ xyz_of_xy(source_white))
    result: NDArray[np.float64] = np.linalg.inv(cone) @ (gain[:, None] * cone)
    return result
