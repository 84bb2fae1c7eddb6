"""The learned start weights in the layout of :mod:`benchmarks.rivals.reference`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rivals.reference import OUTPUT_SCALE
from gamutmeta.fit.starts import learned_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["load_start", "to_package"]

_OCTAVES = 12


def load_start(width: int) -> list[NDArray[np.float32]] | None:
    """Start weights for the paper's model with two hidden layers of `width`.

    Args:
        width: 32 or 64; there is none for others.

    Returns:
        Weights (outputs, inputs) of shapes (width, 120), (width, width), (3, width), float32, for a network without
        biases whose inputs are ``benchmarks.rivals.reference.octaves`` of row, column, red, green, blue (all sines,
        then all cosines), and whose output times ``OUTPUT_SCALE`` is added to clipped linear ProPhoto. None where no
        start was learned for that width.
    """
    start = learned_start((5 * 2 * _OCTAVES, width, width, 3))
    if start is None:
        return None
    first, second, third = (start[f"weight{k}"] for k in range(3))
    return [np.ascontiguousarray(first[:, _package_feature()]), second, third / np.float32(OUTPUT_SCALE)]


def to_package(weights: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Weights in the layout of :func:`load_start` as the payload's descriptor names and lays them out."""
    first, second, third = weights
    ordered = np.empty_like(first)
    ordered[:, _package_feature()] = first
    return {"weight0": ordered, "weight1": second, "weight2": third * np.float32(OUTPUT_SCALE)}


def _package_feature() -> NDArray[np.intp]:
    """Which feature of the descriptor each feature of the reference is, (120,).

    The descriptor has x, y, red, green, blue, and for each its sines, then its cosines; the reference has row (y),
    column (x), red, green, blue, first the sines of all, then the cosines of all.
    """
    of_package = np.arange(5 * 2 * _OCTAVES).reshape(5, 2, _OCTAVES)
    return of_package[[1, 0, 2, 3, 4]].transpose(1, 0, 2).ravel()
