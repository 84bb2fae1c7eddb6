"""Cells of a picture: exact means on a grid, what honest handling may change of them, and what edits change.

Sums are integers up to the last division, and no BLAS multiplies matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Numbers = NDArray[Any]

__all__ = ["CHROMA", "FINE", "LUMA", "averaged", "cells_of", "changes", "merged", "variances", "ycc"]

LUMA, CHROMA = 10, 5
"""Cells of luma and of chroma along each side."""

FINE = 40
"""Cells along each side of the grid by which a picture to be compared is known."""

_YCC = ((77, 150, 29), (-43, -85, 128), (128, -107, -21))
"""Y, Cb, Cr of R, G, B, times 256."""

_STEP = 0.5
"""Codes by which stored means are rounded."""

_LUMA_DEVIATION, _CHROMA_DEVIATION = 0.2, 0.12
"""Codes by which JPEG moves the means of cells."""
_CLIPPED = (0.02, 0.06, 0.03)
"""Of the contrast inside a cell, where colours are clipped: there a decoder's clamping does not average out."""
_SMALL_SIDE, _CLIPPED_SIDE = 16, 60
"""Pixels: smaller cells average fewer errors; at larger ones clipped edges matter less."""
_NEAR = 32
"""Codes from 0 and 255 within which a colour counts as more or less clipped."""

_EXPOSURE = 0.05
_KELVIN = (0.0173, -0.0024, -0.0321)
"""Stops by which 100 K at 5,500 K change linear R, G and B."""
_SATURATION = 0.025
_PIXELS = 4.0
"""Half of the smallest edits to be noticed: in stops, by Kelvin, as a share, in pixels of the fitted picture."""


def cells_of(codes: NDArray[np.uint8], cells: int) -> NDArray[np.int64]:
    """Sums of codes over a grid of equal cells.

    A pixel counts by the part of it that lies in a cell, in units of 1/cells pixel in both directions, so that the
    weights of a cell sum to height * width.

    Args:
        codes: uint8 (H, W, 3).
        cells: along each side.

    Returns:
        int64 (cells, cells, 3).
    """
    height, width = codes.shape[:2]
    edges = np.arange(cells + 1, dtype=np.int64) * width
    whole, part = edges // cells, (edges % cells)[:, None]
    result = np.empty((cells, cells, 3), np.int64)
    sums, upto = np.zeros((width + 1, 3), np.int64), np.zeros((width + 1, 3), np.int64)
    for row in range(cells):
        (top, above), (bottom, below) = divmod(row * height, cells), divmod((row + 1) * height, cells)
        line = sums[:width]
        line[:] = np.add.reduce(codes[top:bottom], axis=0, dtype=np.uint32)
        line *= cells
        if above:
            line -= above * codes[top].astype(np.int64)
        if below:
            line += below * codes[bottom].astype(np.int64)
        np.cumsum(line, axis=0, out=upto[1:])
        # Of the pixel that an edge cuts, the part before the edge; the pixel behind the last one is 0.
        result[row] = np.diff(cells * upto[whole] + part * sums[whole], axis=0)
    return result


def ycc(rgb: Numbers) -> Numbers:
    """Y, Cb and Cr, times 256: shape (..., 3) to (3, ...)."""
    return np.stack([a * rgb[..., 0] + b * rgb[..., 1] + c * rgb[..., 2] for a, b, c in _YCC])


def merged(fine: Numbers, cells: int) -> Numbers:
    """Sums over a coarser grid: (n, n, ...) to (cells, cells, ...)."""
    return np.asarray(_blocks(fine, cells).sum((1, 3)))


def _blocks(fine: Numbers, cells: int) -> Numbers:
    each = len(fine) // cells
    return fine.reshape(cells, each, cells, each, *fine.shape[2:])


def averaged(fine: Floats) -> tuple[Floats, Floats]:
    """Values of R, G, B on the fine grid, (40, 40, 3), as stored: luma (10, 10), and Cb and Cr (2, 5, 5)."""
    luma, blue, red = ycc(fine) / 256
    chroma: Floats = np.stack([merged(blue, CHROMA), merged(red, CHROMA)]) / (FINE // CHROMA) ** 2
    return merged(luma, LUMA) / (FINE // LUMA) ** 2, chroma


def variances(fine: Floats, pixels: int) -> tuple[Floats, Floats]:
    """Mean squares of what re-encoding and resizing change, in codes.

    Args:
        fine: means of codes on the fine grid of the picture as it is now.
        pixels: that it has.

    Returns:
        Of luma (10, 10), and of Cb and Cr (2, 5, 5).
    """
    planes = ycc(fine) / 256
    near = np.clip(np.maximum(_NEAR - fine, fine - (255 - _NEAR)) / _NEAR, 0, 1).max(-1)
    luma = _variance(planes[:1], near, LUMA, pixels, deviation=_LUMA_DEVIATION, clipped=_CLIPPED[0])
    chroma = [
        _variance(planes[1:], near, CHROMA, pixels, deviation=_CHROMA_DEVIATION, clipped=share)
        for share in _CLIPPED[1:]
    ]
    return luma, np.stack(chroma)


def _variance(planes: Floats, near: Floats, cells: int, pixels: int, *, deviation: float, clipped: float) -> Floats:
    square = pixels / cells**2  # pixels of a cell
    contrast = sum((_blocks(plane, cells).var((1, 3)) for plane in planes), np.zeros((cells, cells)))
    near = _blocks(near, cells).mean((1, 3))
    coding = deviation**2 * (1 + _SMALL_SIDE**2 / square)
    at_edges = clipped**2 * near * min(1.0, _CLIPPED_SIDE / square**0.5) + 1 / square
    return np.asarray(coding + at_edges * contrast + _STEP**2 / 12)


def changes(fine: Floats, size: tuple[int, int]) -> dict[str, Floats]:
    """What half of the smallest edits that are to be noticed would change, on the fine grid, to first order.

    Args:
        fine: means of codes on the fine grid of the picture as it is now.
        size: width and height of the picture that the likeness was made of.

    Returns:
        By the edit's name, codes of R, G and B, (40, 40, 3).
    """
    stop = np.minimum((fine + 14) * 0.2888, fine * 0.693) * np.clip((255 - fine) / 16, 0, 1)
    gray = (ycc(fine)[0] / 256)[..., None]
    found = {
        "exposure": stop * _EXPOSURE,
        "white balance": stop * np.array(_KELVIN),
        "saturation": (fine - gray) * _SATURATION,
    }
    place = (np.arange(FINE) + 0.5) / FINE
    for axis, near, far in ((1, "left", "right"), (0, "top", "bottom")):
        slope = np.gradient(fine, axis=axis) * (FINE * _PIXELS / size[1 - axis])
        share = place[None, :, None] if axis else place[:, None, None]
        found[f"{near} edge"], found[f"{far} edge"] = slope * (1 - share), slope * share
        found[f"shift from {near} to {far}"] = slope
    return found
