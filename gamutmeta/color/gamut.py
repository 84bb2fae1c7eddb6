"""Gamut reduction: photograph to 8-bit sRGB codes by clipping, and the out-of-gamut (OG) mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.pixels_machine import machine_code, reduce_pixels
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.srgb_codes import FIRST_PATTERN, SEGMENT_BITS, Rounding, clip_to_codes, code_tables
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.color.transfer import Floats

__all__ = [
    "OUTSIDE",
    "STRICT",
    "Rounding",
    "clip_to_codes",
    "has_outside",
    "is_gray",
    "out_of_gamut",
    "outside",
    "reduce_to_codes",
]

OUTSIDE = (0.0005, 0.008)
"""How far beyond [0, 1] linear light may lie and still count as inside: at least, and per unit of the largest channel.

About one 8-bit code of black and of white. Rounding moves a colour on the gamut's edge by no more if it is stored with
16 bits, or with 8 bits in Display P3 or Adobe RGB; with 8 bits in Rec.2020 and ProPhoto, it moves half a percent of
these colours farther."""

STRICT = (0.0, 0.0)
"""The same for the paper's mask."""


def out_of_gamut(linear_srgb: Floats) -> NDArray[np.bool_]:
    """The paper's OG mask.

    A pixel is out of gamut if any channel of linear sRGB is below 0 or above 1, except where all three are below 0 or
    all three above 1 (brightness, not colour, is out of range there).

    Args:
        linear_srgb: shape (..., 3), unclipped linear sRGB.

    Returns:
        Booleans of shape (...).
    """
    below = linear_srgb < 0
    above = linear_srgb > 1
    return np.asarray((below | above).any(-1) & ~below.all(-1) & ~above.all(-1))


def outside(linear: Floats, tolerance: tuple[float, float] = OUTSIDE) -> NDArray[np.bool_]:
    """Which pixels lie outside a gamut: the one definition behind every figure that is told.

    As :func:`out_of_gamut`, but what rounding of the picture explains does not count.

    Args:
        linear: float32, shape (..., 3), unclipped linear RGB of the gamut.
        tolerance: see `OUTSIDE`; `STRICT` for the paper's mask.

    Returns:
        Booleans of shape (...).
    """
    lowest, highest = linear.min(axis=-1), linear.max(axis=-1)
    least, share = np.float32(tolerance[0]), np.float32(tolerance[1])
    margin = least + share * np.clip(highest, 0, 1)
    below, above = lowest < -margin, highest > 1 + margin
    return np.asarray((below | above) & ~(highest < -margin) & ~(lowest > 1 + margin))


def is_gray(wide: NDArray[np.uint16]) -> bool:
    """Whether red, green and blue are equal everywhere: shape (H, W, 3)."""
    return all(
        np.array_equal(wide[rows, :, 0], wide[rows, :, channel])
        for rows in row_strips(*wide.shape[:2])
        for channel in (1, 2)
    )


def has_outside(wide: NDArray[np.uint16], adaptation: Adaptation) -> bool:
    """Whether any pixel of a photograph, ROMM RGB, uint16 (H, W, 3), lies outside sRGB; looks no further than that."""
    return any(reduce_to_codes(wide[rows], adaptation)[1] for rows in row_strips(*wide.shape[:2]))


def reduce_to_codes(
    wide: NDArray[np.uint16],
    adaptation: Adaptation,
    rounding: Rounding = Rounding.HALF_EVEN,
    *,
    compiled: bool | None = None,
) -> tuple[NDArray[np.uint8], int]:
    """Reduce a photograph to 8-bit sRGB by clipping, strip by strip.

    Args:
        wide: ROMM RGB, uint16 (H, W, 3).
        adaptation: of the matrix to linear sRGB.
        rounding: see :class:`Rounding`.
        compiled: True for machine code, False for numpy, None for machine code where it is there. The codes are the
            same.

    Returns:
        The sRGB codes, uint8 (H, W, 3), and how many pixels lie outside sRGB (:func:`outside`).

    Raises:
        OSError: if machine code is requested and not there.
    """
    codes = np.empty(wide.shape, np.uint8)
    matrix = reduction_matrix(adaptation)
    table = decode_table(PROPHOTO, 65536)
    counts = []

    def work(rows: slice) -> None:
        linear = apply_matrix(matrix, table[wide[rows]])
        counts.append(int(np.count_nonzero(outside(linear))))
        codes[rows] = clip_to_codes(linear, rounding)

    machine = machine_code(compiled=compiled)
    if machine is not None:
        constants = table, matrix.astype(np.float32), np.array(OUTSIDE, np.float32), *code_tables(rounding)
        pieces = FIRST_PATTERN, SEGMENT_BITS

        def work(rows: slice) -> None:
            counts.append(reduce_pixels(machine, wide[rows], constants, pieces, codes[rows]))

    for_each_strip(work, *wide.shape[:2])
    return codes, sum(counts)
