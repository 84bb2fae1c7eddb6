"""Luma and chroma for subsampled JPEGs in machine code: gamutmeta/native/subsampling.c.

The twin of the functions of the same names in :mod:`gamutmeta.color.subsampling`; the samples are the same bit for bit,
since every sum is in the same order.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.native.pointers import pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["SubsamplingLoops"]

_ARRAYS = {
    "codes": np.uint8,
    "luma": np.float32,
    "chroma": np.float32,
    "plain": np.float32,
    "moved": np.float32,
    "linear": np.float32,
    "slope": np.float32,
    "cost": np.float32,
    "numbers": np.int32,
    "held": np.float32,
}
_NUMBERS = ("rows", "columns", "down", "offset", "last", "fractions")
_FACTORS = ("near", "far", "pace", "luma_tie", "chroma_tie", "farthest_luma", "farthest_chroma", "tiny")


class _Picture(ctypes.Structure):
    """``Picture`` in gamutmeta/native/subsampling.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        *((name, ctypes.c_int64) for name in _NUMBERS),
        ("shares", ctypes.c_float * 4),
        *((name, ctypes.c_float) for name in _FACTORS),
    )


class SubsamplingLoops:
    """The two loops over one picture; any number of threads may call them for different rows of blocks.

    Args:
        machine: the library.
        arrays: by the names of the structure's fields, contiguous.
        numbers: the other fields.
    """

    def __init__(self, machine: ctypes.CDLL, arrays: Mapping[str, NDArray[Any]], **numbers: Any) -> None:
        self._machine, self._held = machine, arrays
        addresses = {name: pointer(array, _ARRAYS[name]) for name, array in arrays.items()}
        self._picture = _Picture(**addresses, **numbers)

    def move_chroma(self, start: int, stop: int) -> None:
        """A step to the best chroma, if the luma follows, for some rows of blocks; from `chroma` to `moved`."""
        self._machine.subsampling_move_chroma(ctypes.byref(self._picture), ctypes.c_int64(start), ctypes.c_int64(stop))

    def move_luma(self, start: int, stop: int) -> None:
        """The best luma for this chroma, in place, for some rows of blocks."""
        self._machine.subsampling_move_luma(ctypes.byref(self._picture), ctypes.c_int64(start), ctypes.c_int64(stop))
