"""Reduction to YCbCr samples in machine code, by numba: one pass over each strip. Imported only where it is used.

The twin of :func:`gamutmeta.color.sycc.encode_sycc`; the samples are the same bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gamutmeta.color.sycc import CHROMA_SCALES, FIRST_PATTERN, LAST_PATTERN, LINEAR_END, LUMA, SEGMENT_BITS

__all__ = ["reduce_pixels"]

_RED, _GREEN, _BLUE = LUMA
_CB, _CR = CHROMA_SCALES
_BLOCK = 1024


@njit(nogil=True, cache=True, error_model="numpy")
def reduce_pixels(wide, table, matrix, curve, rise, codes):  # type: ignore[no-untyped-def]
    """Reduce 16-bit ROMM pixels (n, 3) to YCbCr samples `codes` (n, 3).

    `table` is the linear value of each 16-bit code, `matrix` float32, `curve` and `rise` are those of
    :func:`~gamutmeta.color.sycc.encode_table`.
    """
    linear, encoded = np.empty(_BLOCK, np.float32), np.empty((3, _BLOCK), np.float32)
    patterns = linear.view(np.int32)
    for start in range(0, len(wide), _BLOCK):
        count = min(_BLOCK, len(wide) - start)
        for channel in range(3):
            m0, m1, m2 = matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]
            for at in range(count):
                r, g, b = table[wide[start + at, 0]], table[wide[start + at, 1]], table[wide[start + at, 2]]
                value = (r * m0 + g * m1) + b * m2
                encoded[channel, at] = value
                linear[at] = abs(value)
            for at in range(count):
                size = linear[at]
                if size <= LINEAR_END:
                    code = size * np.float32(12.92)
                else:
                    pattern = min(patterns[at], LAST_PATTERN - 1) - FIRST_PATTERN
                    segment = pattern >> SEGMENT_BITS
                    part = pattern & ((1 << SEGMENT_BITS) - 1)
                    share = np.float32(part) * np.float32(1 / (1 << SEGMENT_BITS))
                    code = curve[segment] + share * rise[segment]
                encoded[channel, at] = -code if encoded[channel, at] < 0 else code
        for at in range(count):
            _one(encoded[0, at], encoded[1, at], encoded[2, at], codes[start + at])


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _one(red, green, blue, codes):  # type: ignore[no-untyped-def]
    """One pixel's samples of its encoded values."""
    r, g, b = _clipped(red), _clipped(green), _clipped(blue)
    y = (r * _RED + g * _GREEN) + b * _BLUE
    starts = (y * np.float32(255), (b - y) * _CB + np.float32(128), (r - y) * _CR + np.float32(128))
    r, g, b = red - r, green - g, blue - b
    y = (r * _RED + g * _GREEN) + b * _BLUE
    ways = (y * np.float32(255), (b - y) * _CB, (r - y) * _CR)
    share = np.float32(1)
    for k in range(3):
        way = ways[k]
        if way > 0:
            share = min(share, (np.float32(255) - starts[k]) / way)
        elif way < 0:
            share = min(share, -starts[k] / way)
    share = max(share, np.float32(0))
    for k in range(3):
        codes[k] = np.uint8(min(max(np.rint(starts[k] + share * ways[k]), np.float32(0)), np.float32(255)))


@njit(nogil=True, cache=True, inline="always")
def _clipped(value):  # type: ignore[no-untyped-def]
    return min(max(value, np.float32(0)), np.float32(1))
