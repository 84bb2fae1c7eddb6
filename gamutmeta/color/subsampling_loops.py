"""Luma and chroma for subsampled JPEGs in machine code, by numba. Imported only where it is used.

The twins of the functions of the same names in :mod:`gamutmeta.color.subsampling`; the samples are the same bit for
bit, since every sum is in the same order.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gamutmeta.color.subsampling import (
    CHROMA_TIE,
    FAR,
    FARTHEST_CHROMA,
    FARTHEST_LUMA,
    LUMA_TIE,
    NEAR,
    PACE,
    SHARES,
    TINY,
)
from gamutmeta.color.sycc import FRACTIONS, sycc_tables

__all__ = ["move_chroma", "move_luma"]

_RED_R, _BLUE_G, _RED_G, _BLUE_B = SHARES
_PARTS = np.float32(FRACTIONS)
_CODES, _LINEAR = sycc_tables()
_TWO = np.float32(2)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _chroma_at(chroma, row, column, down, channel):  # type: ignore[no-untyped-def]
    """One sample of :func:`gamutmeta.color.subsampling.interpolated`."""
    block, across = row // down, column // 2
    beside = across - 1 if column % 2 == 0 else across + 1
    beside = min(max(beside, 0), chroma.shape[1] - 1)
    near, far = chroma[block, across, channel], chroma[block, beside, channel]
    if down == 2:
        other = min(max(block - 1 if row % 2 == 0 else block + 1, 0), chroma.shape[0] - 1)
        near = NEAR * near + FAR * chroma[other, across, channel]
        far = NEAR * far + FAR * chroma[other, beside, channel]
    return NEAR * near + FAR * far


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _state(codes, luma, blue, red, linear, slope, offset):  # type: ignore[no-untyped-def]
    """What is missing in each channel, and the slopes."""
    y = np.int32(codes[0]) * FRACTIONS
    cb, cr = codes[1], codes[2]
    last = len(linear) - 1
    n0 = min(max(np.int32(np.rint((luma + _RED_R * red) * _PARTS)) + offset, 0), last)
    n1 = min(max(np.int32(np.rint(((luma + _BLUE_G * blue) + _RED_G * red) * _PARTS)) + offset, 0), last)
    n2 = min(max(np.int32(np.rint((luma + _BLUE_B * blue) * _PARTS)) + offset, 0), last)
    d0 = _LINEAR[y + _CODES[0, cr]] - linear[n0]
    d1 = _LINEAR[y + _CODES[1, cb] + _CODES[2, cr]] - linear[n1]
    d2 = _LINEAR[y + _CODES[3, cb]] - linear[n2]
    return d0, d1, d2, slope[n0], slope[n1], slope[n2]


@njit(nogil=True, cache=True, error_model="numpy")
def move_luma(codes, luma, chroma, start, stop, down, linear, slope, offset, cost):  # type: ignore[no-untyped-def]
    """See :func:`gamutmeta.color.subsampling._move_luma`."""
    for row in range(start * down, stop * down):
        for column in range(codes.shape[1]):
            blue = _chroma_at(chroma, row, column, down, 0)
            red = _chroma_at(chroma, row, column, down, 1)
            before = luma[row, column]
            d0, d1, d2, s0, s1, s2 = _state(codes[row, column], before, blue, red, linear, slope, offset)
            u0 = (cost[0, 0] * s0 + cost[0, 1] * s1) + cost[0, 2] * s2
            u1 = (cost[1, 0] * s0 + cost[1, 1] * s1) + cost[1, 2] * s2
            u2 = (cost[2, 0] * s0 + cost[2, 1] * s1) + cost[2, 2] * s2
            curvature = (s0 * u0 + s1 * u1) + s2 * u2
            pull = (d0 * u0 + d1 * u1) + d2 * u2
            way = (pull + LUMA_TIE * (np.float32(codes[row, column, 0]) - before)) / (curvature + LUMA_TIE)
            moved = before + min(max(way, -FARTHEST_LUMA), FARTHEST_LUMA)
            luma[row, column] = min(max(moved, np.float32(0)), np.float32(255))


@njit(nogil=True, cache=True, error_model="numpy")
def move_chroma(codes, luma, chroma, plain, moved, start, stop, down, linear, slope, offset, cost):  # type: ignore[no-untyped-def]
    """See :func:`gamutmeta.color.subsampling._move_chroma`."""
    sums, share = np.empty((2, 5), np.float32), np.float32(1 / (2 * down))
    for block in range(start, stop):
        for across in range(chroma.shape[1]):
            for down_row in range(down):
                for side in range(2):
                    row, column = block * down + down_row, 2 * across + side
                    blue = _chroma_at(chroma, row, column, down, 0)
                    red = _chroma_at(chroma, row, column, down, 1)
                    d0, d1, d2, s0, s1, s2 = _state(
                        codes[row, column], luma[row, column], blue, red, linear, slope, offset
                    )
                    u0 = (cost[0, 0] * s0 + cost[0, 1] * s1) + cost[0, 2] * s2
                    u1 = (cost[1, 0] * s0 + cost[1, 1] * s1) + cost[1, 2] * s2
                    u2 = (cost[2, 0] * s0 + cost[2, 1] * s1) + cost[2, 2] * s2
                    q0 = (cost[0, 0] * d0 + cost[0, 1] * d1) + cost[0, 2] * d2
                    q1 = (cost[1, 0] * d0 + cost[1, 1] * d1) + cost[1, 2] * d2
                    q2 = (cost[2, 0] * d0 + cost[2, 1] * d1) + cost[2, 2] * d2
                    curvature = ((s0 * u0 + s1 * u1) + s2 * u2) + TINY
                    pull = (d0 * u0 + d1 * u1) + d2 * u2
                    b1, b2, r0, r1 = _BLUE_G * s1, _BLUE_B * s2, _RED_R * s0, _RED_G * s1
                    along_blue, along_red = b1 * u1 + b2 * u2, r0 * u0 + r1 * u1
                    blue_luma, red_luma = along_blue / curvature, along_red / curvature
                    bb = (b1 * b1) * cost[1, 1] + (_TWO * (b1 * b2)) * cost[1, 2] + (b2 * b2) * cost[2, 2]
                    br = ((b1 * r0) * cost[0, 1] + (b1 * r1) * cost[1, 1]) + (
                        (b2 * r0) * cost[0, 2] + (b2 * r1) * cost[1, 2]
                    )
                    rr = (r0 * r0) * cost[0, 0] + (_TWO * (r0 * r1)) * cost[0, 1] + (r1 * r1) * cost[1, 1]
                    five = (
                        bb - blue_luma * along_blue,
                        br - blue_luma * along_red,
                        rr - red_luma * along_red,
                        (b1 * q1 + b2 * q2) - blue_luma * pull,
                        (r0 * q0 + r1 * q1) - red_luma * pull,
                    )
                    for term in range(5):
                        sums[down_row, term] = sums[down_row, term] + five[term] if side else five[term]
            bb, br, rr, blue, red = _means(sums, down, share)
            bb, rr = bb + CHROMA_TIE, rr + CHROMA_TIE
            blue = blue + CHROMA_TIE * (plain[block, across, 0] - chroma[block, across, 0])
            red = red + CHROMA_TIE * (plain[block, across, 1] - chroma[block, across, 1])
            determinant = bb * rr - br * br
            blue_way = (rr * blue - br * red) / determinant
            red_way = (bb * red - br * blue) / determinant
            moved[block, across, 0] = _stepped(chroma[block, across, 0], blue_way)
            moved[block, across, 1] = _stepped(chroma[block, across, 1], red_way)


@njit(nogil=True, cache=True, inline="always")
def _means(sums, down, share):  # type: ignore[no-untyped-def]
    if down == 2:
        for term in range(5):
            sums[0, term] += sums[1, term]
    return sums[0, 0] * share, sums[0, 1] * share, sums[0, 2] * share, sums[0, 3] * share, sums[0, 4] * share


@njit(nogil=True, cache=True, inline="always")
def _stepped(before, way):  # type: ignore[no-untyped-def]
    step = PACE * min(max(way, -FARTHEST_CHROMA), FARTHEST_CHROMA)
    return min(max(before + step, np.float32(-128)), np.float32(127))
