"""Expansion in machine code: gamutmeta/native/expand.c, twin of :mod:`gamutmeta.model.expand_numpy`, bit for bit.

One pass over each strip, in blocks that stay in the first-level cache. For models that see the 8-bit code and the
position; see :meth:`MachineExpander.supports`.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.sycc import FRACTIONS
from gamutmeta.model.curve import SEGMENT_BITS, TOE_PATTERN, romm_curve
from gamutmeta.model.descriptor import Head
from gamutmeta.native.pointers import pointer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Tables

__all__ = ["MachineExpander"]

_NUMBERS = ("width", "head", "layers", "channels", "cells_across", "fractions", "segment_bits", "toe")
_ARRAYS = {
    "linear": np.float32,
    "chroma": np.int32,
    "matrix": np.float32,
    "gate": np.float32,
    "code_rows": np.float32,
    "column_rows": np.float32,
    "row_rows": np.float32,
    "cells": np.float32,
    "column": np.int64,
    "row": np.int64,
    "column_fraction": np.float32,
    "row_fraction": np.float32,
    "grid_weight": np.float32,
    "bias": np.float32,
    "widths": np.int64,
    "weights": np.float32,
    "biases": np.float32,
    "curve": np.float32,
    "rise": np.float32,
}
_HEADS = {Head.CLIP: 0, Head.WIDE_RESIDUAL: 1, Head.SRGB_EXCESS: 2}
_ALIGNMENT = 64

_ROW = 8
"""``ROW`` in gamutmeta/native/expand.c: rows of the first layer's tables are vectors of as many floats."""


class _Model(ctypes.Structure):
    """``Model`` in gamutmeta/native/expand.c."""

    _fields_ = (*((name, ctypes.c_int64) for name in _NUMBERS), *((name, ctypes.c_void_p) for name in _ARRAYS))


class MachineExpander:
    """Expands strips of rows of one picture; any number of threads may call it.

    Args:
        tables: of the model and the picture.
        library: the machine code.
    """

    def __init__(self, tables: Tables, library: ctypes.CDLL) -> None:
        self._library = library
        grid = tables.grid
        further = [(np.ascontiguousarray(weight.T).ravel(), bias) for weight, bias in tables.layers]
        units, none = len(tables.bias), np.zeros(0, np.float32)
        code_rows = np.zeros((3, 256, units), np.float32) if tables.code_rows is None else tables.code_rows
        widths = [units, *(weight.shape[1] for weight, _ in tables.layers)]
        curve, rise = romm_curve()
        arrays: dict[str, NDArray[Any] | None] = {
            "linear": tables.linear,
            "chroma": tables.chroma,
            "matrix": tables.matrix,
            "gate": tables.gate,
            "code_rows": _padded(code_rows),
            "column_rows": _padded(tables.column_rows),
            "row_rows": _padded(tables.row_rows),
            "cells": None if grid is None else grid.cells,
            "column": None if grid is None else grid.column,
            "row": None if grid is None else grid.row,
            "column_fraction": None if grid is None else grid.column_fraction,
            "row_fraction": None if grid is None else grid.row_fraction,
            "grid_weight": tables.grid_weight.T,
            "bias": _padded(tables.bias),
            "widths": np.array(widths),
            "weights": np.concatenate([none, *(weight for weight, _ in further)]),
            "biases": np.concatenate([none, *(bias for _, bias in further)]),
            "curve": curve,
            "rise": rise,
        }
        # Kept as long as the structure, which has but their addresses.
        self._held = {
            name: None if array is None else np.ascontiguousarray(array, _ARRAYS[name])
            for name, array in arrays.items()
        }
        self._model = _Model(
            width=0,
            head=_HEADS[tables.descriptor.head],
            layers=len(widths),
            channels=0 if grid is None else grid.cells.shape[2] // 4,
            cells_across=0 if grid is None else grid.cells.shape[1],
            fractions=FRACTIONS,
            segment_bits=SEGMENT_BITS,
            toe=TOE_PATTERN,
            **{name: pointer(array, _ARRAYS[name]) for name, array in self._held.items()},
        )
        library.expand_memory.restype = ctypes.c_int64
        self._memory = library.expand_memory(ctypes.byref(self._model))

    @staticmethod
    def supports(tables: Tables) -> bool:
        """Whether a model can be expanded: none that uses linear ProPhoto, or positions computed per pixel."""
        return tables.wide_weight is None and tables.skew is None

    def __call__(self, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
        """Expand the rows of `codes`, (rows, W, 3), which start at row `top` of the picture, into `out`."""
        source, target = np.ascontiguousarray(codes), np.ascontiguousarray(out)
        model = _Model.from_buffer_copy(self._model)
        model.width = codes.shape[1]
        memory = np.empty(self._memory + _ALIGNMENT, np.uint8)
        self._library.expand_strip(
            ctypes.byref(model),
            pointer(source, np.uint8),
            ctypes.c_int64(codes.shape[0] * codes.shape[1]),
            ctypes.c_int64(top),
            pointer(memory[-memory.ctypes.data % _ALIGNMENT :], np.uint8),
            pointer(target, np.uint16),
        )
        if target is not out:
            out[...] = target


def _padded(rows: Floats | None) -> Floats | None:
    """Rows of the first layer's units, with zeros behind them."""
    if rows is None:
        return None
    return np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, -rows.shape[-1] % _ROW)])
