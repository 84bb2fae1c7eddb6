"""ProPhoto samples: some pixels of the photograph itself, from which the reader fits a colour correction.

The samples lie on a regular grid, three uint16 each. The reader pairs them with the clipped colours at the same places
and fits a polynomial by least squares. Variants: the polynomial's terms; whether what remains at the samples is
interpolated between them, and added ("local"); whether every pixel is corrected, or only those with a code at, or
within eight of, the ends of the range, where clipping happens (the polynomial is then fitted to such samples); and how
far the least squares are regularised. The encoder tries all of them, and names the one that restores the out-of-gamut
pixels best in the first byte.

References:
    Le, Afifi, Brown: "Improving Color Space Conversion for Camera-Captured Images via Wide-Gamut Metadata", CIC 2020,
    for the idea. Hong, Luo, Rhodes: "A Study of Digital Camera Colorimetric Characterisation Based on Polynomial
    Modelling", Color Research and Application 26(1), 2001, for the 11 terms.
"""

import struct
import time
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.rivals.method import (
    Axis,
    Metadata,
    SearchPixels,
    at_points,
    at_raster,
    clipped_linear,
    expanded,
    linear_of,
    squared_error,
)
from gamutmeta.color.adaptation import Adaptation

_HEAD = struct.Struct("<BHH")
"""Variant, rows and columns of the grid."""
_SAMPLE_BYTES = 6
_TERMS = (4, 11, 20)
_MARGINS = (0, 8, 255)
_RIDGES = (1e-6, 1e-3)


class _Variant(NamedTuple):
    terms: int
    local: bool
    margin: int
    """Pixels with a code of at most this, or at least 255 minus this, are corrected; 255: all."""
    ridge: float
    """Of the least squares, relative to the mean square of the terms: keeps few samples from large coefficients."""

    def __str__(self) -> str:
        where = {0: "clipped pixels", 8: "pixels near the clip", 255: "all pixels"}[self.margin]
        return f"{self.terms} terms{', local' if self.local else ''}, {where}, ridge {self.ridge:g}"


_VARIANTS = tuple(_Variant(*choice) for choice in product(_TERMS, (False, True), _MARGINS, _RIDGES))


def polynomial(rgb: Floats, terms: int) -> Floats:
    """Terms of a polynomial in three channels, float32 (..., 3) to (..., terms).

    4: linear with a constant. 11: Hong's, all of second degree and rgb. 20: all of third degree.
    """
    r, g, b = np.moveaxis(rgb, -1, 0)
    result = [np.ones_like(r), r, g, b]
    if terms > 4:
        result += [r * g, r * b, g * b, r * r, g * g, b * b, r * g * b]
    if terms > 11:
        result += [x * x * y for x in (r, g, b) for y in (r, g, b)]
    return np.stack(result, -1)


def grid_size(height: int, width: int, samples: int) -> tuple[int, int]:
    """Rows and columns of the most nearly square mesh of at most `samples` samples on a picture."""
    rows = min(height, max(1, int((samples * height / width) ** 0.5)))
    columns = min(width, max(1, samples // rows))
    return min(height, max(1, samples // columns)), columns


def _places(size: int, count: int) -> NDArray[np.intp]:
    """The pixels in the middle of `count` equal parts of 0..size-1."""
    return ((np.arange(count) + 0.5) * size / count).astype(np.intp)


def _inside(codes: Codes, margin: int) -> NDArray[np.bool_]:
    return np.asarray(((codes <= margin) | (codes >= 255 - margin)).any(-1))


class _Correction:
    """What the reader derives from samples, float32 (rows, columns, 3), and the codes at their places."""

    def __init__(self, variant: _Variant, samples: Floats, codes: Codes, adaptation: Adaptation) -> None:
        self.variant = variant
        clipped = clipped_linear(codes, adaptation)
        inside = _inside(codes, variant.margin)
        # Too few corrected samples say nothing about so many coefficients; then all samples have a say.
        used = inside if np.count_nonzero(inside) >= 2 * variant.terms else np.ones_like(inside)
        terms = polynomial(clipped[used], variant.terms).astype(np.float64)
        gram = terms.T @ terms
        gram += variant.ridge * np.trace(gram) / variant.terms * np.eye(variant.terms)
        # The difference is fitted, so that the ridge draws towards no correction.
        right = terms.T @ (samples - clipped)[used]
        self.coefficients: Floats = np.linalg.solve(gram, right).astype(np.float32)
        if variant.local:
            left = samples - clipped - polynomial(clipped, variant.terms) @ self.coefficients
            # The fourth channel tells which samples have one; the others do not dilute their neighbours'.
            self.residual = np.concatenate([left, np.ones_like(left[..., :1])], -1) * inside[..., None]

    def of(self, codes: Codes, clipped: Floats, residual: Floats | None) -> Floats:
        """Restored linear ProPhoto, float32 (..., 3); `residual` is interpolated, (..., 4)."""
        change = polynomial(clipped, self.variant.terms) @ self.coefficients
        if residual is not None:
            weight = residual[..., 3:]
            change += np.where(weight > 0, residual[..., :3] / np.maximum(weight, 1e-6), 0)
        return clipped + change * _inside(codes, self.variant.margin)[..., None]


class Samples:
    """ProPhoto samples and a colour correction that the reader fits, measured at byte budgets; see the module."""

    name = "samples"

    def __init__(self, budgets: tuple[int | None, ...], adaptation: Adaptation = Adaptation.BRADFORD) -> None:
        self.budgets = budgets
        self.adaptation = adaptation

    def fit(self, wide: Wide, codes: Codes, budget: int | None, seed: int) -> Metadata:
        if budget is None:
            raise ValueError("samples need a budget")
        start = time.perf_counter()
        height, width, _ = wide.shape
        shape = grid_size(height, width, (budget - _HEAD.size) // _SAMPLE_BYTES)
        rows, columns = _places(height, shape[0]), _places(width, shape[1])
        samples = wide[np.ix_(rows, columns)]
        test = SearchPixels.of(wide, codes, self.adaptation, seed)
        row, column = Axis.of(test.row, rows), Axis.of(test.column, columns)

        def error(variant: _Variant) -> float:
            correction = _Correction(variant, linear_of(samples), codes[np.ix_(rows, columns)], self.adaptation)
            residual = at_points(correction.residual, row, column) if variant.local else None
            return squared_error(correction.of(test.codes, test.clipped, residual), test.wanted)

        best = min(_VARIANTS, key=error)
        data = _HEAD.pack(_VARIANTS.index(best), *shape) + samples.astype("<u2").tobytes()
        return Metadata(data, time.perf_counter() - start, f"{shape[0]}x{shape[1]} samples, {best}")

    def expand(self, codes: Codes, metadata: bytes) -> Wide:
        height, width, _ = codes.shape
        number, *shape = _HEAD.unpack_from(metadata)
        samples = np.frombuffer(metadata, "<u2", offset=_HEAD.size).reshape(*shape, 3)
        rows, columns = _places(height, shape[0]), _places(width, shape[1])
        correction = _Correction(_VARIANTS[number], linear_of(samples), codes[np.ix_(rows, columns)], self.adaptation)
        row, column = Axis.of(np.arange(height), rows), Axis.of(np.arange(width), columns)

        def restore(rows: slice, clipped: Floats) -> Floats:
            residual = at_raster(correction.residual, row[rows], column) if correction.variant.local else None
            return correction.of(codes[rows], clipped, residual)

        return expanded(codes, self.adaptation, restore)
