"""Passes of numpy over arrays that are kept: what :mod:`gamutmeta.model.vectorised` is made of."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.features import Floats

__all__ = ["Cells", "Kept", "product", "product_across", "romm_codes"]

_GEMM_WORK = 200_000
"""Multiplications of one matrix product. OpenBLAS starts its own threads above 262,144, which would fight with ours."""


class Kept(threading.local):
    """Arrays of each thread by name, made once and used again and again.

    What is given back to the system comes as fresh pages when it is taken again; that took longer than the arithmetic.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: type[Any] = np.float32) -> NDArray[Any]:
        """An array of that shape, with anything in it, that is the caller's until the name is asked for again."""
        size = math.prod(shape)
        array = self._arrays.get(name)
        if array is None or array.size < size:
            array = self._arrays[name] = np.empty(size, dtype)
        return array[:size].reshape(shape)


class Cells:
    """The grid as what bilinear interpolation needs of each cell: a + fx b + fy c + fx fy d.

    The sum of the four is left to the product with the first layer's weights, so that no interpolated feature is ever
    written down.

    Args:
        nodes: the grid, (rows, columns, channels).
        weight: the first layer's share of its features, (channels, H1).
        kept: where arrays come from.
    """

    def __init__(self, nodes: Floats, weight: Floats, kept: Kept) -> None:
        above, below = nodes[:-1], nodes[1:]
        corner = above[:, :-1]
        across, down = above[:, 1:] - corner, below[:, :-1] - corner
        both = (below[:, 1:] - below[:, :-1]) - across
        cells = np.concatenate([corner, across, down, both], axis=-1)
        self._table = np.ascontiguousarray(cells.reshape(-1, cells.shape[-1]).T)
        self._cells_across = corner.shape[1]
        self._weight = np.tile(weight, (4, 1))
        self._kept = kept

    def share(self, y: NDArray[np.intp], x: NDArray[np.intp], fy: Floats, fx: Floats) -> Floats:
        """The first layer's share of the grid, (n, H1), at n pixels: (fy, fx) from the first corner of cell (y, x)."""
        cell = y * self._cells_across
        cell += x
        parts = self._kept("parts", (len(self._table), len(cell)))
        # Without "clip" numpy would fill a buffer first; every cell is in the grid.
        np.take(self._table, cell, axis=1, out=parts, mode="clip")
        _, across, down, both = parts.reshape(4, -1, len(cell))
        across *= fx
        both *= fx
        both *= fy
        down *= fy
        return product(parts.T, self._weight, self._kept("share", (len(cell), self._weight.shape[1])))


def romm_codes(linear: Floats, out: Floats) -> Floats:
    """16-bit ROMM codes, in float32, of linear values, which are lost: the general curve takes twice as many passes."""
    # fmax, so that a not-a-number becomes black rather than undefined.
    np.fmax(linear, np.float32(0), out=linear)
    np.fmin(linear, np.float32(1), out=linear)
    np.power(linear, np.float32(1 / 1.8), out=out)
    # The toe, which lies below the power up to where the two meet, at 1/512, and above it from there on.
    linear *= np.float32(16)
    np.minimum(out, linear, out=out)
    out *= np.float32(65535)
    return np.rint(out, out=out)


def product(values: Floats, weight: Floats, out: Floats) -> Floats:
    """``values @ weight`` into `out`, in pieces small enough that BLAS starts no threads of its own."""
    rows = max(1, _GEMM_WORK // weight.size)
    for start in range(0, len(values), rows):
        np.matmul(values[start : start + rows], weight, out=out[start : start + rows])
    return out


def product_across(weight: Floats, values: Floats) -> Floats:
    """``(values @ weight).T`` at once: BLAS is slower at a result of three columns than at one of three rows."""
    columns = max(1, _GEMM_WORK // weight.size)
    result: Floats = np.empty((weight.shape[1], len(values)), np.float32)
    across = np.ascontiguousarray(weight.T)
    for start in range(0, len(values), columns):
        np.matmul(across, values[start : start + columns].T, out=result[:, start : start + columns])
    return result
