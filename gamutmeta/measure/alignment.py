"""Whether two pictures of one size show the same scene at the same place, whatever their tone, colour and sharpness.

Tiles are compared by phase correlation (Kuglin and Hines, "The phase correlation image alignment method", 1975): the
phases of a picture's frequencies tell where its details are, and neither a curve nor sharpening moves them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = ["Alignment", "alignment_of"]

_SIDE = 256
"""Pixels along a tile, at most. It finds displacements of up to half of that."""

_TILES = 6
"""Along each side of the picture, at most: 36 tiles take a quarter of a second."""

_BAND = 0.12
"""Cycles per pixel, the width of a bell: above it lie noise and sharpening, which move phases."""

_TOLERANCE = 1.5
"""Pixels by which details may move: filters and different demosaicing do that."""

_CELLS = 16
"""Along each side, for brightness."""

_AGREEMENT, _CORRELATION = 0.7, 0.4
"""The least that counts as the same picture.

Measured on thirteen photographs of 0.4 megapixels. Mapped, toned, sharpened, blurred, in grey, at half resolution, at
JPEG quality 40, equalised, with a vignette, one or two stops darker, one brighter: agreement 1.00, correlation 0.83 or
more. Two stops brighter, and reduced to four levels: 0.87 and 0.61 or more. Moved by 2 to 64 pixels: agreement 0.00.
Enlarged by 1 % and cropped: 0.09 to 0.51; by 2 % and more, 0.19 or less. Mirrored, turned, another photograph: 0.12 or
less. Rotated by 0.2 degrees or enlarged by 0.5 %, which moves details by 1 to 2 pixels, most are accepted.
"""

_LIKELY = 0.7
"""The least rank correlation of what overlaps for a displacement to be told; it decides nothing."""

_FLAT = 0.5
"""Standard deviation in codes below which there are no details, and nothing to compare."""


class Alignment(NamedTuple):
    """What a comparison found.

    Attributes:
        agreement: share of the details that are at the same place, 0 to 1.
        correlation: rank correlation of the brightness of cells, -1 to 1.
        shift: by how many pixels most details of the second picture lie further right and down; None if they are at
            the same place, or no displacement puts them there.
    """

    agreement: float
    correlation: float
    shift: tuple[int, int] | None

    @property
    def is_same(self) -> bool:
        """Whether the pictures show the same at the same place."""
        return self.agreement >= _AGREEMENT and self.correlation >= _CORRELATION


def alignment_of(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Alignment:
    """Compare two pictures.

    Args:
        first: sRGB codes, uint8 (H, W, 3).
        second: likewise, of the same shape.
    """
    agreement, down, right = _compared(first, second)
    shift = None
    if agreement < _AGREEMENT and max(abs(down), abs(right)) > _TOLERANCE:
        # A single tile of another picture lies somewhere, too: what overlaps has to agree.
        moved = second[_overlap(down), _overlap(right)], first[_overlap(-down), _overlap(-right)]
        if moved[0].size and _compared(*moved)[0] >= _AGREEMENT and _correlation(*moved) >= _LIKELY:
            shift = right, down
    return Alignment(agreement, _correlation(first, second), shift)


def _compared(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[float, int, int]:
    """The share of the details that are in place, and by how many rows and columns half of them lie further."""
    found = []
    height, width = first.shape[:2]
    for rows in _places(height):
        for columns in _places(width):
            tiles = [_luma(codes[rows, columns]) for codes in (first, second)]
            found.append((max(float(tile.std()) for tile in tiles), *_displacement(*tiles)))
    weights, down, right = (np.array(part, np.float64) for part in zip(*found, strict=True))
    if weights.max() < _FLAT:
        return 1.0, 0, 0
    near = np.maximum(np.abs(down), np.abs(right)) <= _TOLERANCE
    return float(weights[near].sum() / weights.sum()), _median(down, weights), _median(right, weights)


def _overlap(way: int) -> slice:
    """The rows of a picture that are also in another, whose details lie `way` rows before them."""
    return slice(way, None) if way >= 0 else slice(None, way)


def _places(length: int) -> list[slice]:
    """Where tiles lie along a side: evenly, from end to end."""
    side = min(_SIDE, length)
    count = min(_TILES, -(-length // side))
    starts = np.linspace(0, length - side, count).round().astype(int) if count > 1 else [0]
    return [slice(int(start), int(start) + side) for start in starts]


def _luma(codes: NDArray[np.uint8]) -> Floats:
    return codes.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _displacement(first: Floats, second: Floats) -> tuple[int, int]:
    """By how many rows and columns the details of the second tile lie further down and right."""
    height, width = first.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    spectra = [np.fft.rfft2((tile - tile.mean()) * window) for tile in (first, second)]
    cross = spectra[1] * np.conj(spectra[0])
    squares = np.square(np.fft.fftfreq(height))[:, None] + np.square(np.fft.rfftfreq(width))
    bell = np.exp(-squares / (2 * _BAND**2))
    peaks = np.fft.irfft2(bell * cross / np.maximum(np.abs(cross), 1e-12), first.shape)
    row, column = np.unravel_index(int(peaks.argmax()), peaks.shape)
    return (int(row) + height // 2) % height - height // 2, (int(column) + width // 2) % width - width // 2


def _median(values: Floats, weights: Floats) -> int:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return int(values[order][np.searchsorted(total, total[-1] / 2)])


def _correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Spearman's rank correlation of the brightness of cells.

    It is 1 where both pictures have only one brightness, and 0 where one of them has.
    """
    cells = [_cells(codes) for codes in (first, second)]
    flat = [bool(means.std() < _FLAT) for means in cells]
    if any(flat):
        return float(all(flat))
    ranks = np.argsort(np.argsort(np.stack(cells), axis=1, kind="stable"), axis=1, kind="stable")
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _cells(codes: NDArray[np.uint8]) -> Floats:
    """Mean luma of cells, row by row; of smaller pictures, every pixel is a cell."""
    height, width = codes.shape[:2]
    rows, columns = (np.unique(np.linspace(0, side, min(side, _CELLS) + 1).astype(int)) for side in (height, width))
    parts = [
        _luma(codes[top:bottom, left:right].reshape(-1, 3)).mean()
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]
    return np.array(parts, np.float32)
