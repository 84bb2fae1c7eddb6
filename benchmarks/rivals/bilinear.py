"""Bilinear interpolation of small grids whose nodes lie at known places of a picture."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Axis:
    """Where each of N coordinates lies among a grid's nodes: those around it, and how far it is from one."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    part: NDArray[np.float32]

    @classmethod
    def of(cls, coordinates: NDArray[np.intp], nodes: NDArray[np.floating[Any]] | NDArray[np.intp]) -> Self:
        """Coordinates in pixels, among ascending node positions in pixels; outside them the last node counts."""
        place = np.interp(coordinates, nodes, np.arange(nodes.size))
        low = np.minimum(place.astype(np.intp), max(nodes.size - 2, 0))
        return cls(low, np.minimum(low + 1, nodes.size - 1), (place - low).astype(np.float32))

    def __getitem__(self, part: slice) -> Self:
        return Axis(self.low[part], self.high[part], self.part[part])


def at_points(grid: NDArray[np.float32], row: Axis, column: Axis) -> NDArray[np.float32]:
    """The grid, float32 (rows, columns, C), at N points, given by row and column: float32 (N, C)."""
    y, x = row.part[:, None], column.part[:, None]
    above = grid[row.low, column.low] * (1 - x) + grid[row.low, column.high] * x
    below = grid[row.high, column.low] * (1 - x) + grid[row.high, column.high] * x
    return np.asarray(above * (1 - y) + below * y, np.float32)


def at_raster(grid: NDArray[np.float32], row: Axis, column: Axis) -> NDArray[np.float32]:
    """The grid, float32 (rows, columns, C), at every crossing of H rows and W columns: float32 (H, W, C)."""
    y, x = row.part[:, None, None], column.part[:, None]
    lines = grid[row.low] * (1 - y) + grid[row.high] * y
    return np.asarray(lines[:, column.low] * (1 - x) + lines[:, column.high] * x, np.float32)
