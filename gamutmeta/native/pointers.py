"""Hands arrays to machine code, which believes what it is told: their type and layout are checked here."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["pointer"]


def pointer(array: NDArray[Any] | None, kind: Any) -> ctypes.c_void_p | None:
    """The address of an array, or None for None.

    Args:
        array: contiguous, in the machine's byte order. The caller keeps it as long as the address is used.
        kind: the type that the machine code expects of its elements, as numpy has it.

    Raises:
        TypeError: if its elements are of another type, or do not follow each other in memory.
    """
    if array is None:
        return None
    if array.dtype != np.dtype(kind) or not array.flags.c_contiguous:
        layout = "contiguous" if array.flags.c_contiguous else "strided"
        raise TypeError(f"machine code takes contiguous {np.dtype(kind)}, not {layout} {array.dtype}")
    return ctypes.c_void_p(array.ctypes.data)
