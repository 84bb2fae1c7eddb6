"""Linear sRGB to 8-bit codes by thresholds: exact, and as fast as a power.

A code is the number of thresholds that a value reaches. The threshold of a code is computed once, in double precision,
and is a float32; so the codes do not depend on how a machine computes powers, nor on which of our loops found them.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.transfer import decode_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FIRST_PATTERN", "SEGMENT_BITS", "Rounding", "clip_to_codes", "code_tables"]

FIRST_PATTERN = (127 - 13) << 23
"""The float32 pattern of 2^-13, below which every code is 0."""

SEGMENT_BITS = 15
"""A segment is 2^15 float32 patterns, 1/256 of an octave: no two thresholds lie in one."""

_LAST_PATTERN = 127 << 23


class Rounding(StrEnum):
    """How an encoded value becomes an 8-bit code."""

    HALF_EVEN = "half-even"
    """To the nearest code, ties to even: the default."""
    TRUNCATE = "truncate"
    """Downwards, as the paper's code does."""


@cache
def code_tables(rounding: Rounding) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The code at the start of each segment from 2^-13 to 1, and by code the threshold of the next one; read-only.

    Nothing reaches the code after the last: its threshold is infinite.
    """
    exact = decode_srgb((np.arange(255) + (0.5 if rounding is Rounding.HALF_EVEN else 1.0)) / 255)
    thresholds = exact.astype(np.float32)
    if rounding is Rounding.HALF_EVEN:
        # The first float32 that is not below; none is equal, so that there are no ties. Where codes are truncated, the
        # nearest one: it is what the code itself decodes to.
        thresholds = np.where(thresholds < exact, np.nextafter(thresholds, np.float32(1)), thresholds)
    starts = np.arange(FIRST_PATTERN, _LAST_PATTERN + 1, 1 << SEGMENT_BITS, dtype=np.int32).view(np.float32)
    guesses = np.searchsorted(thresholds, starts, side="right").astype(np.uint8)
    nexts = np.append(thresholds, np.float32(np.inf))
    for table in (guesses, nexts):
        table.setflags(write=False)
    return guesses, nexts


def clip_to_codes(linear_srgb: NDArray[np.floating[Any]], rounding: Rounding = Rounding.HALF_EVEN) -> NDArray[np.uint8]:
    """Clip to [0, 1], encode with the sRGB curve and round to 8-bit codes.

    Args:
        linear_srgb: shape (..., 3), unclipped linear sRGB; taken as float32.
        rounding: see :class:`Rounding`.

    Returns:
        uint8 of the same shape.
    """
    guesses, nexts = code_tables(rounding)
    smallest = np.array(FIRST_PATTERN, np.int32).view(np.float32)
    clipped = np.clip(linear_srgb, smallest, 1, dtype=np.float32)
    codes: NDArray[np.uint8] = guesses.take((clipped.view(np.int32) - FIRST_PATTERN) >> SEGMENT_BITS)
    codes += clipped >= nexts.take(codes)
    return codes
