"""Numpy operations on arrays that are used again: the parts of :mod:`gamutmeta.model.expand_numpy`."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.model.curve import SEGMENT_BITS, TOE_PATTERN, romm_curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.features import Floats

__all__ = ["GridCells", "ScratchArrays", "product", "romm_codes"]


class ScratchArrays(threading.local):
    """Arrays of each thread by name, allocated once and used again.

    Memory that is freed and allocated again consists of new pages. Making these took longer than the arithmetic.
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


class GridCells:
    """Bilinear interpolation between the nodes of a grid.

    Args:
        cells: of :func:`~gamutmeta.model.tables.grid_cells`, (rows, columns, 4 * channels).
        scratch: where arrays come from.
    """

    def __init__(self, cells: Floats, scratch: ScratchArrays) -> None:
        self._table = np.ascontiguousarray(cells.reshape(-1, cells.shape[-1]).T)
        self._columns = cells.shape[1]
        self._scratch = scratch

    def features(self, y: NDArray[np.intp], x: NDArray[np.intp], fy: Floats, fx: Floats) -> Floats:
        """The grid's features, (channels, n), at n pixels: (fy, fx) from the first corner of cell (y, x)."""
        cell = y * self._columns
        cell += x
        parts = self._scratch("parts", (len(self._table), len(cell)))
        # Without "clip" numpy would fill a buffer first; every cell is in the grid.
        np.take(self._table, cell, axis=1, out=parts, mode="clip")
        features, across, down, both = parts.reshape(4, -1, len(cell))
        both *= fx * fy
        features += both
        across *= fx
        down *= fy
        across += down
        features += across
        return features


def romm_codes(linear: Floats, scratch: ScratchArrays) -> Floats:
    """16-bit ROMM codes, as float32, of linear values on [0, 1], (n,), which are overwritten.

    By :func:`~gamutmeta.model.curve.romm_curve`. The result is the caller's until the next call.
    """
    curve, rise = romm_curve()
    pattern = linear.view(np.int32)
    # Shifted before the subtraction, since -0 has the lowest pattern of all.
    piece = np.right_shift(pattern, SEGMENT_BITS, out=scratch("piece", linear.shape, np.int32))
    piece -= TOE_PATTERN >> SEGMENT_BITS
    # Values on the toe have negative indices: "clip" gives them the first piece, which is corrected below.
    codes: Floats = rise.take(piece, out=scratch("codes", linear.shape), mode="clip")
    along = np.bitwise_and(pattern, (1 << SEGMENT_BITS) - 1, out=scratch("along", linear.shape, np.int32))
    codes *= np.multiply(along, np.float32(1 / (1 << SEGMENT_BITS)), out=scratch("share", linear.shape))
    codes += curve.take(piece, out=scratch("share", linear.shape), mode="clip")
    linear *= np.float32(16 * 65535)
    np.copyto(codes, linear, where=np.less(piece, 0, out=scratch("toe", linear.shape, np.bool_)))
    return np.rint(codes, out=codes)


def product(weight: Floats, values: Floats, out: Floats) -> Floats:
    """``weight @ values`` into `out`: (outputs, inputs) by (inputs, n), each sum in the order of the inputs.

    Not by BLAS: its order of sums, and which operations it fuses, depend on the processor, on the number of pixels and
    on a pixel's place among them. In numpy's own loop the sums of a pixel depend on that pixel alone.
    """
    if values.shape[1] == 1:
        # Of a single column numpy would make the inner loop run over the inputs, and add four of them at once.
        out[...] = product(weight, np.repeat(values, 2, axis=1), np.empty((len(weight), 2), np.float32))[:, :1]
        return out
    return np.einsum("oi,ip->op", weight, values, out=out, optimize=False)
