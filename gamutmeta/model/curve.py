"""The ROMM curve times 65,535, as a table of straight pieces, with which an expansion encodes its samples.

A power function takes five times as long, and its last bit depends on the processor and its library. A table look-up
and two float32 operations give the same code everywhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.transfer import encode_romm

if TYPE_CHECKING:
    from gamutmeta.model.features import Floats

__all__ = ["SEGMENT_BITS", "TOE_PATTERN", "romm_curve"]

TOE_PATTERN, _ONE_PATTERN = 118 << 23, 127 << 23
"""The float32 patterns of 1/512, where the straight toe of the ROMM curve ends, and of 1."""

SEGMENT_BITS = 13
"""Bits of the mantissa within one piece. 1,024 pieces for each octave approximate the curve to 1/500 of a 16-bit code,
and a shift of the pattern of a value gives its piece."""


@cache
def romm_curve() -> tuple[Floats, Floats]:
    """The curve at the start of each piece from 1/512 to 1, and its rise over the piece; float32 (9,217,), read-only.

    ISO 22028-2, times 65,535, computed in double precision.
    """
    starts = np.arange(TOE_PATTERN, _ONE_PATTERN + 1, 1 << SEGMENT_BITS, dtype=np.int32)
    values = encode_romm(starts.view(np.float32).astype(np.float64)) * 65535
    curve, rise = values.astype(np.float32), np.append(np.diff(values), 0).astype(np.float32)
    for table in (curve, rise):
        table.setflags(write=False)
    return curve, rise
