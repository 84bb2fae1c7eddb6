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
def reduce_pixels(wide, table, matrix, guesses, nexts, codes):  # type: ignore[no-untyped-def]
    """Reduce 16-bit ROMM pixels (n, 3) to sRGB `codes` (n, 3) and return how many are out of gamut.

    `table` is the linear value of each 16-bit code, `matrix` float32, `guesses` and `nexts` come from
    :func:`~gamutmeta.color.srgb_codes.code_tables`.
    """
    block = 2048
    linear = np.empty(block, np.float32)
    patterns = linear.view(np.int32)
    below, above = np.empty(block, np.uint8), np.empty(block, np.uint8)
    outside = 0
    for start in range(0, len(wide), block):
        count = min(block, len(wide) - start)
        below[:] = 0
        above[:] = 0
        for channel in range(3):
            m0, m1, m2 = matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]
            for at in range(count):
                r, g, b = table[wide[start + at, 0]], table[wide[start + at, 1]], table[wide[start + at, 2]]
                value = (r * m0 + g * m1) + b * m2
                below[at] += value < 0
                above[at] += value > 1
                linear[at] = min(max(value, _SMALLEST), np.float32(1))
            for at in range(count):
                code = guesses[(patterns[at] - FIRST_PATTERN) >> SEGMENT_BITS]
                codes[start + at, channel] = code + (linear[at] >= nexts[code])
        for at in range(count):
            outside += (below[at] + above[at] > 0) & (below[at] < 3) & (above[at] < 3)
    return outside


@njit(nogil=True, cache=True)
def sum_errors(original, restored, table, matrix):  # type: ignore[no-untyped-def]
    """Squared errors of 16-bit ROMM pixels (n, 3): pixels and sum of all, then of those out of gamut; float64 (4,)."""
    squares = out_of_gamut_squares = 0.0
    outside = 0
    for at in range(len(original)):
        r, g, b = table[original[at, 0]], table[original[at, 1]], table[original[at, 2]]
        dr, dg, db = table[restored[at, 0]] - r, table[restored[at, 1]] - g, table[restored[at, 2]] - b
        square = np.float64((dr * dr + dg * dg) + db * db)
        below = above = 0
        for channel in range(3):
            value = (r * matrix[channel, 0] + g * matrix[channel, 1]) + b * matrix[channel, 2]
            below += value < 0
            above += value > 1
        squares += square
        if (below + above > 0) and below < 3 and above < 3:
            outside += 1
            out_of_gamut_squares += square
    return np.array([len(original), squares, outside, out_of_gamut_squares])
