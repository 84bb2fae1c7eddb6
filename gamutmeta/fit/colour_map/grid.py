"""A coarse grid over a picture: enlarged bilinearly as readers of gain maps do, and the sums that a fit needs of it.

Cells lie at the middles of equal parts of the picture, and beyond the outermost ones their values go on. All sums over
pixels are taken square by square, a square being the pixels between four neighbouring cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = ["Axis", "Grid", "Stencil"]


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Where pixels lie between cells, along one side.

    Attributes:
        cells: how many there are, two at least.
        first: the cell before each pixel, never the last one; it grows along the side.
        near, far: weights of that cell and of the next one, float32; they add up to 1.
    """

    cells: int
    first: NDArray[np.intp]
    near: Floats
    far: Floats

    @classmethod
    def of(cls, size: int, cells: int, pixels: NDArray[np.intp] | None = None) -> Axis:
        """The axis of a side of `size` pixels; only some `pixels` of it, in order, if they are given."""
        places = np.arange(size) if pixels is None else pixels
        position = np.clip((places + 0.5) * cells / size - 0.5, 0, cells - 1)
        first = np.minimum(position.astype(np.intp), cells - 2)
        far = (position - first).astype(np.float32)
        return cls(cells, first, 1 - far, far)


class Grid:
    """Cells over the pixels of a picture.

    Args:
        rows, columns: along its sides.
    """

    def __init__(self, rows: Axis, columns: Axis) -> None:
        self.rows, self.columns = rows, columns
        self._row_starts = np.unique(rows.first, return_index=True)
        self._column_starts = np.unique(columns.first, return_index=True)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.rows.cells, self.columns.cells

    def part(self, rows: slice) -> Grid:
        """The same cells over some rows of the pixels alone."""
        axis = self.rows
        return Grid(Axis(axis.cells, axis.first[rows], axis.near[rows], axis.far[rows]), self.columns)

    def enlarged(self, cells: Floats, rows: slice = slice(None)) -> Floats:
        """Values of cells, float32 (channels, rows, columns), at the pixels of some rows."""
        first, near, far = (part[rows] for part in (self.rows.first, self.rows.near, self.rows.far))
        tall = cells[:, first] * near[:, None] + cells[:, first + 1] * far[:, None]
        first, near, far = self.columns.first, self.columns.near, self.columns.far
        wide: Floats = tall[:, :, first] * near + tall[:, :, first + 1] * far
        return wide

    def gathered(self, values: Floats) -> Floats:
        """The transpose of :meth:`enlarged`: what pixels, float32 (channels, H, W), add up to at each cell."""
        sums = self._sums(values, [(axis.near, axis.far) for axis in (self.rows, self.columns)])
        result = np.zeros((values.shape[0], *self.cells), np.float32)
        for down in (0, 1):
            for right in (0, 1):
                _corner(result, down, right)[...] += sums[down][right]
        return result

    def stencil(self, curvature: Floats) -> Stencil:
        """What `gathered(curvature * enlarged(x))` is as a function of the cells; see :class:`Stencil`."""
        axes = (self.rows, self.columns)
        sums = self._sums(curvature, [(a.near * a.near, a.near * a.far, a.far * a.far) for a in axes])
        return Stencil(sums, self.cells)

    def _sums(self, values: Floats, weights: list[tuple[Floats, ...]]) -> list[list[Floats]]:
        """Weighted sums over every square, by each weight down and each weight to the right."""
        found, starts = self._row_starts
        result = []
        for down in weights[0]:
            tall = np.zeros((values.shape[0], self.cells[0] - 1, values.shape[2]), np.float32)
            tall[:, found] = np.add.reduceat(values * down[:, None], starts, axis=1)
            result.append([self._summed_along(tall, right) for right in weights[1]])
        return result

    def _summed_along(self, tall: Floats, weight: Floats) -> Floats:
        found, starts = self._column_starts
        wide = np.zeros((*tall.shape[:2], self.cells[1] - 1), np.float32)
        wide[:, :, found] = np.add.reduceat(tall * weight, starts, axis=2)
        return wide


_PLACES = ((0, 1, 2), (1, 3, 4), (2, 4, 5))
"""Of the entries of a symmetric 3x3 matrix among its six different ones."""


class Stencil:
    """A quadratic form over cells: each is tied to its eight neighbours, and the three channels to each other.

    Args:
        sums: over every square, by the product of weights (near near, near far, far far) down and to the right;
            float32 (6, rows - 1, columns - 1), the different entries of a symmetric 3x3 matrix.
        cells: rows and columns.
    """

    def __init__(self, sums: list[list[Floats]], cells: tuple[int, int]) -> None:
        # By the offset of the neighbour; those not here follow, as the form is symmetric.
        self.ties = {step: np.zeros((6, *cells), np.float32) for step in ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))}
        for down in (0, 1):
            for right in (0, 1):
                _corner(self.ties[0, 0], down, right)[...] += sums[2 * down][2 * right]
            _corner(self.ties[0, 1], down, 0)[...] += sums[2 * down][1]
            _corner(self.ties[1, 0], 0, down)[...] += sums[1][2 * down]
        _corner(self.ties[1, 1], 0, 0)[...] += sums[1][1]
        _corner(self.ties[1, -1], 0, 1)[...] += sums[1][1]

    @classmethod
    def sum(cls, parts: Sequence[Stencil]) -> Stencil:
        """The sum of forms over the same cells; the first one is changed."""
        total, *others = parts
        for other in others:
            for step, tie in other.ties.items():
                total.ties[step] += tie
        return total

    @property
    def diagonal(self) -> Floats:
        """Its diagonal, float32 (3, rows, columns)."""
        diagonal: Floats = self.ties[0, 0][[0, 3, 5]]
        return diagonal

    def times(self, x: Floats) -> Floats:
        """Its product with values of cells, float32 (3, rows, columns)."""
        result = _product(self.ties[0, 0], x)
        for (down, right), tie in self.ties.items():
            if (down, right) != (0, 0):
                here, there = _overlap(down, right)
                part = tie[:, *here]
                result[:, *here] += _product(part, x[:, *there])
                result[:, *there] += _product(part, x[:, *here])
        return result


def _overlap(down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The cells that have a neighbour there, and those neighbours."""
    rows = (slice(None, -1), slice(1, None)) if down else (slice(None), slice(None))
    columns = {
        0: (slice(None), slice(None)),
        1: (slice(None, -1), slice(1, None)),
        -1: (slice(1, None), slice(None, -1)),
    }
    return (rows[0], columns[right][0]), (rows[1], columns[right][1])


def _corner(cells: Floats, down: int, right: int) -> Floats:
    """The upper or lower, left or right cell of every square; a view."""
    rows, columns = (slice(1, None) if far else slice(None, -1) for far in (down, right))
    return cells[:, rows, columns]


def _product(matrices: Floats, x: Floats) -> Floats:
    """Symmetric 3x3 matrices (6, ...) times vectors (3, ...)."""
    result = np.empty(x.shape, np.float32)
    for row, places in enumerate(_PLACES):
        np.multiply(matrices[places[0]], x[0], out=result[row])
        for column in (1, 2):
            result[row] += matrices[places[column]] * x[column]
    return result
