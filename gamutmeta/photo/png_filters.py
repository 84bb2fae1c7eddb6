"""Filters of a PNG's rows: of the five, for each row, that with the smallest sum of magnitudes.

Average makes two values of one where a picture has few, as a drawing has. So it is taken only if its bytes are alike.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 9.2 (filter types) and 12.7 (which to
    choose: the sum of absolute differences).
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.native.library import built_library, library
from gamutmeta.native.pointers import pointer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

__all__ = ["filtered_rows"]

_FILTERS, _AVERAGE = 5, 3


def filtered_rows(rows: Bytes, before: Bytes | None, step: int, *, compiled: bool | None = None) -> Bytes:
    """Filter rows of a PNG.

    Args:
        rows: their bytes, contiguous uint8 (rows, bytes).
        before: the row above the first one, (bytes,); None for the top of the picture.
        step: bytes of a pixel.
        compiled: True for machine code, False for numpy, None for machine code where it is there. The result is the
            same.

    Returns:
        uint8 (rows, 1 + bytes): the number of the filter, and what it leaves.

    Raises:
        OSError: if machine code is requested and not there.
    """
    machine = library() if compiled is None else built_library() if compiled else None
    if machine is None:
        return _by_numpy(rows, before, step)
    count, size = rows.shape
    out = np.empty((count, 1 + size), np.uint8)
    sides = ctypes.c_int64(size), ctypes.c_int64(step)
    machine.png_scratch.restype = ctypes.c_int64
    scratch = np.empty(machine.png_scratch(*sides), np.uint8)
    machine.png_filter(
        pointer(rows, np.uint8),
        ctypes.c_int64(count),
        *sides,
        pointer(before, np.uint8),
        pointer(scratch, np.uint8),
        pointer(out, np.uint8),
    )
    return out


def _by_numpy(rows: Bytes, before: Bytes | None, step: int) -> Bytes:
    count, size = rows.shape
    above = np.empty_like(rows)
    above[0], above[1:] = 0 if before is None else before, rows[:-1]
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], above[:, :-step]
    tried = np.empty((_FILTERS, count, size), np.uint8)
    tried[0] = rows
    np.subtract(rows, left, out=tried[1])
    np.subtract(rows, above, out=tried[2])
    np.subtract(rows, (np.add(left, above, dtype=np.uint16) >> 1).astype(np.uint8), out=tried[3])
    np.subtract(rows, _paeth(left, above, corner), out=tried[4])
    sums = np.minimum(tried, -tried).sum(axis=2, dtype=np.int64)
    average = sums[_AVERAGE].copy()
    sums[_AVERAGE] = np.iinfo(np.int64).max
    best = sums.argmin(axis=0)
    for row in np.flatnonzero(average < sums.min(axis=0)):
        if _equal_pairs(tried[_AVERAGE, row]) >= _equal_pairs(tried[best[row], row]):
            best[row] = _AVERAGE
    out = np.empty((count, 1 + size), np.uint8)
    out[:, 0] = best
    out[:, 1:] = tried[best, np.arange(count)]
    return out


def _equal_pairs(row: Bytes) -> int:
    """How alike bytes are."""
    return int(np.square(np.bincount(row)).sum())


def _paeth(left: Bytes, above: Bytes, corner: Bytes) -> Bytes:
    a, b, c = (part.astype(np.int16) for part in (left, above, corner))
    to_a, to_b, to_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    is_left = (to_a <= to_b) & (to_a <= to_c)
    return np.where(is_left, left, np.where(to_b <= to_c, above, corner))
