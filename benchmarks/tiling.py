"""Photographs of any size, made from one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["tiled"]


def tiled(wide: NDArray[np.uint16], megapixels: float) -> NDArray[np.uint16]:
    """The photograph, repeated to (or cut to) a 3:2 picture of that size; every second copy is mirrored."""
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    width = round(height * 1.5)
    # Where n is the side of a tile: 0, 1, ..., n-1, n-1, ..., 1, 0, 0, 1, ...
    y, x = (
        np.where(i // n % 2, n - 1 - i % n, i % n)
        for i, n in zip((np.arange(height), np.arange(width)), wide.shape, strict=False)
    )
    result = np.empty((height, width, 3), np.uint16)
    for row in range(height):
        result[row] = wide[y[row]][x]
    return result
