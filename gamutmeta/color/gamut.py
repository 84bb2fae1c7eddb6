"""Gamut reduction: photograph to 8-bit sRGB codes by clipping, and the out-of-gamut (OG) mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.srgb_codes import Rounding, clip_to_codes, code_tables
from gamutmeta.runtime.compiled import kernel_for
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.color.transfer import Floats

__all__ = ["Rounding", "clip_to_codes", "is_gray", "out_of_gamut", "reduce_to_codes"]


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


def is_gray(wide: NDArray[np.uint16]) -> bool:
    """Whether red, green and blue are equal everywhere: shape (H, W, 3)."""
    return all(
        np.array_equal(wide[rows, :, 0], wide[rows, :, channel])
        for rows in row_strips(*wide.shape[:2])
        for channel in (1, 2)
    )


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
        compiled: whether by numba; None where it is installed and the picture large. The codes are the same.

    Returns:
        The sRGB codes, uint8 (H, W, 3), and how many pixels were out of gamut.
    """
    codes = np.empty(wide.shape, np.uint8)
    matrix = reduction_matrix(adaptation)
    table = decode_table(PROPHOTO, 65536)
    counts = []

    def work(rows: slice) -> None:
        linear = apply_matrix(matrix, table[wide[rows]])
        counts.append(int(np.count_nonzero(out_of_gamut(linear))))
        codes[rows] = clip_to_codes(linear, rounding)

    kernel = kernel_for("gamutmeta.color.pixel_loops", wide.shape[0] * wide.shape[1], compiled=compiled)
    if kernel is not None:
        constants = table, matrix.astype(np.float32), *code_tables(rounding)

        def work(rows: slice) -> None:
            counts.append(int(kernel.reduce_pixels(wide[rows].reshape(-1, 3), *constants, codes[rows].reshape(-1, 3))))

    for_each_strip(work, *wide.shape[:2])
    return codes, sum(counts)
