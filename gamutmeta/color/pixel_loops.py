"""Reduction and measurement in machine code, by numba: one pass over each strip. Imported only where it is used.

The twins of what :mod:`gamutmeta.color.gamut` and :mod:`gamutmeta.measure.quality` do with numpy; the codes are the
same bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gamutmeta.color.srgb_codes import FIRST_PATTERN, SEGMENT_BITS

__all__ = ["reduce_pixels", "sum_errors"]

_SMALLEST = np.array(FIRST_PATTERN, np.int32).view(np.float32)[()]


@njit(nogil=True, cache=True)
def _is_outside(lowest, highest, tolerance):  # type: ignore[no-untyped-def]
    """See :func:`gamutmeta.color.gamut.outside`; of one pixel, by its smallest and largest channel."""
    margin = tolerance[0] + tolerance[1] * min(max(highest, np.float32(0)), np.float32(1))
    far = np.float32(1) + margin
    return (lowest < -margin or highest > far) and highest >= -margin and lowest <= far


@njit(nogil=True, cache=True)
def reduce_pixels(wide, table, matrix, tolerance, guesses, nexts, codes):  # type: ignore[no-untyped-def]
    """Reduce 16-bit ROMM pixels (n, 3) to sRGB `codes` (n, 3) and return how many lie outside sRGB.

    `table` is the linear value of each 16-bit code, `matrix` and `tolerance` float32, `guesses` and `nexts` come from
    :func:`~gamutmeta.color.srgb_codes.code_tables`.
    """
    block = 2048
    linear = np.empty(block, np.float32)
    patterns = linear.view(np.int32)
    lowest, highest = np.empty(block, np.float32), np.empty(block, np.float32)
    outside = 0
    for start in range(0, len(wide), block):
        count = min(block, len(wide) - start)
        lowest[:] = np.inf
        highest[:] = -np.inf
        for channel in range(3):
            m0, m1, m2 = matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]
            for at in range(count):
                r, g, b = table[wide[start + at, 0]], table[wide[start + at, 1]], table[wide[start + at, 2]]
                value = (r * m0 + g * m1) + b * m2
                lowest[at] = min(lowest[at], value)
                highest[at] = max(highest[at], value)
                linear[at] = min(max(value, _SMALLEST), np.float32(1))
            for at in range(count):
                code = guesses[(patterns[at] - FIRST_PATTERN) >> SEGMENT_BITS]
                codes[start + at, channel] = code + (linear[at] >= nexts[code])
        for at in range(count):
            outside += _is_outside(lowest[at], highest[at], tolerance)
    return outside


@njit(nogil=True, cache=True)
def sum_errors(original, restored, table, matrix, tolerance):  # type: ignore[no-untyped-def]
    """Squared errors of 16-bit ROMM pixels (n, 3): pixels and sum of all, then of those outside sRGB; float64 (4,)."""
    squares = out_of_gamut_squares = 0.0
    outside = 0
    for at in range(len(original)):
        r, g, b = table[original[at, 0]], table[original[at, 1]], table[original[at, 2]]
        dr, dg, db = table[restored[at, 0]] - r, table[restored[at, 1]] - g, table[restored[at, 2]] - b
        square = np.float64((dr * dr + dg * dg) + db * db)
        lowest, highest = np.float32(np.inf), np.float32(-np.inf)
        for channel in range(3):
            value = (r * matrix[channel, 0] + g * matrix[channel, 1]) + b * matrix[channel, 2]
            lowest, highest = min(lowest, value), max(highest, value)
        squares += square
        if _is_outside(lowest, highest, tolerance):
            outside += 1
            out_of_gamut_squares += square
    return np.array([len(original), squares, outside, out_of_gamut_squares])
