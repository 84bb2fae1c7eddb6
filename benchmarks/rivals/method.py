"""What a rival method is, and what several of them share: colours, search pixels, interpolation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Floats, Wide
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.convert import encode_codes
from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.runtime.strips import for_each_strip, row_strips

_SEARCH_PIXELS = 1 << 16
"""Out-of-gamut pixels that variants are compared on; more change no choice, only the time it takes."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a method stores with one picture, the seconds it took to make, and which variant was chosen, for people."""

    data: bytes
    seconds: float
    note: str


def linear_of(wide: Wide) -> Floats:
    """Linear ProPhoto on [0, 1], float32 (..., 3), of ROMM codes, uint16 (..., 3)."""
    return decode_table(PROPHOTO, 65536)[wide]


def romm_codes(linear: Floats) -> Wide:
    """ROMM codes, uint16 (..., 3), of linear ProPhoto, float32 (..., 3), clipped to [0, 1]."""
    return encode_codes(linear, PROPHOTO, np.uint16)


def clipped_linear(codes: Codes, adaptation: Adaptation) -> Floats:
    """What sRGB codes are in linear ProPhoto without any metadata, float32 (..., 3)."""
    linear: Floats = apply_matrix(expansion_matrix(adaptation), decode_table(SRGB, 256)[codes])
    return linear


def expanded(
    codes: Codes, adaptation: Adaptation, restore: Callable[[slice, Floats], Floats], pixels: int | None = None
) -> Wide:
    """ROMM codes, uint16 (H, W, 3), of sRGB codes, uint8 (H, W, 3), strip by strip.

    `restore` makes linear ProPhoto of some rows and their clipped linear ProPhoto, both float32 (h, W, 3).
    """
    result = np.empty(codes.shape, np.uint16)
    for rows in row_strips(*codes.shape[:2], *(() if pixels is None else (pixels,))):
        result[rows] = romm_codes(restore(rows, clipped_linear(codes[rows], adaptation)))
    return result


def out_of_gamut_mask(linear: Floats, adaptation: Adaptation) -> NDArray[np.bool_]:
    """Which pixels of linear ProPhoto, float32 (..., 3), lie outside sRGB: booleans (...)."""
    return out_of_gamut(apply_matrix(reduction_matrix(adaptation), linear))


def og_mask(wide: Wide, adaptation: Adaptation) -> NDArray[np.bool_]:
    """Which pixels of a photograph, ROMM RGB, uint16 (H, W, 3), lie outside sRGB: booleans (H, W)."""
    mask = np.empty(wide.shape[:2], np.bool_)

    def work(rows: slice) -> None:
        mask[rows] = out_of_gamut_mask(linear_of(wide[rows]), adaptation)

    for_each_strip(work, *wide.shape[:2])
    return mask


@dataclass(frozen=True, slots=True)
class SearchPixels:
    """N out-of-gamut pixels of a photograph, on which a method compares its variants.

    That is where they are, their sRGB codes, these in linear ProPhoto, and the photograph there, float32 (N, 3).
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    codes: Codes
    clipped: Floats
    wanted: Floats

    @classmethod
    def of(cls, wide: Wide, codes: Codes, adaptation: Adaptation, seed: int) -> Self:
        """Draw them without replacement; all pixels count as out of gamut where none is."""
        mask = og_mask(wide, adaptation)
        candidates = np.flatnonzero(mask) if mask.any() else np.arange(mask.size)
        count = min(_SEARCH_PIXELS, candidates.size)
        chosen = np.sort(np.random.default_rng(seed).choice(candidates, count, replace=False))
        row, column = np.divmod(chosen, wide.shape[1])
        there = codes[row, column]
        return cls(row, column, there, clipped_linear(there, adaptation), linear_of(wide[row, column]))


def squared_error(restored: Floats, wanted: Floats) -> float:
    """Mean squared error of linear ProPhoto, `restored` clipped to [0, 1]."""
    return float(np.mean((np.clip(restored, 0, 1) - wanted) ** 2, dtype=np.float64))


# --- bilinear interpolation of small grids whose nodes lie at known places of a picture -------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """Where each of N coordinates lies among a grid's nodes: those around it, and how far it is from one."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    part: Floats

    @classmethod
    def of(cls, coordinates: NDArray[np.intp], nodes: NDArray[np.floating[Any]] | NDArray[np.intp]) -> Self:
        """Coordinates in pixels, among ascending node positions in pixels; outside them the last node counts."""
        place = np.interp(coordinates, nodes, np.arange(nodes.size))
        low = np.minimum(place.astype(np.intp), max(nodes.size - 2, 0))
        return cls(low, np.minimum(low + 1, nodes.size - 1), (place - low).astype(np.float32))

    def __getitem__(self, part: slice) -> Self:
        return type(self)(self.low[part], self.high[part], self.part[part])


def at_points(grid: Floats, row: Axis, column: Axis) -> Floats:
    """The grid, float32 (rows, columns, C), at N points, given by row and column: float32 (N, C)."""
    y, x = row.part[:, None], column.part[:, None]
    above = grid[row.low, column.low] * (1 - x) + grid[row.low, column.high] * x
    below = grid[row.high, column.low] * (1 - x) + grid[row.high, column.high] * x
    return np.asarray(above * (1 - y) + below * y, np.float32)


def at_raster(grid: Floats, row: Axis, column: Axis) -> Floats:
    """The grid, float32 (rows, columns, C), at every crossing of H rows and W columns: float32 (H, W, C)."""
    y, x = row.part[:, None, None], column.part[:, None]
    lines = grid[row.low] * (1 - y) + grid[row.high] * y
    return np.asarray(lines[:, column.low] * (1 - x) + lines[:, column.high] * x, np.float32)
