"""The tables that depend only on the payload and the size of the picture, computed before the first pixel.

Everything that depends on one 8-bit code is a table of 256 rows; everything that depends on x or y alone is a vector
per column or row. The first layer is linear, so its share of each of these is multiplied in beforehand.

After a rotation by 90 degrees, the columns of the picture are rows of the fitted one. Then the grid is transposed, and
the vectors are exchanged. If an affine mixes rows and columns, or a side is so long that the vectors would need more
memory than the picture, positions are computed per pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.spaces import expansion_matrix
from gamutmeta.color.sycc import sycc_tables
from gamutmeta.model.descriptor import RgbSource, SampleCoding
from gamutmeta.model.features import (
    code_coordinate,
    code_values,
    fitted_positions,
    gate_weights,
    grid_nodes,
    octave_features,
)
from gamutmeta.model.numpy_passes import product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Affine, Descriptor
    from gamutmeta.model.features import Floats


__all__ = ["GridAxes", "Skew", "Tables", "grid_cells"]

_TABLE_NUMBERS = 1 << 22
"""Most numbers in the vectors of all columns and rows: 16 MiB. A picture of few very long rows would have more of them
than pixels; its positions are computed per pixel."""

_GRID_NUMBERS = 8
"""Of each column and row where there is nothing but a grid."""


@dataclass(frozen=True, slots=True)
class GridAxes:
    """The grid and where the pixels of each column and row fall in it (see :func:`grid_nodes`).

    Attributes:
        nodes: (rows, columns, channels).
        cells: see :func:`grid_cells`.
        column: the cell of each column of pixels, (W,).
        column_fraction: where it lies in that cell, float32 (W,).
        row: the same of each row of pixels, (H,).
        row_fraction: float32 (H,).
    """

    nodes: Floats
    cells: Floats
    column: NDArray[np.intp]
    column_fraction: Floats
    row: NDArray[np.intp]
    row_fraction: Floats

    @classmethod
    def build(cls, nodes: Floats, across: Floats, down: Floats) -> GridAxes:
        """Columns at positions `across` of the grid `nodes` and rows at positions `down`, on [0, 1]."""
        return cls(nodes, grid_cells(nodes), *grid_nodes(across, nodes.shape[1]), *grid_nodes(down, nodes.shape[0]))


def grid_cells(nodes: Floats) -> Floats:
    """The grid as what bilinear interpolation takes from each cell: a + fx fy d + (fx b + fy c).

    The terms and the order of their sum are symmetric in rows and columns. So a rotated picture gets exactly the
    samples of the picture that was not rotated.

    Args:
        nodes: (rows, columns, channels).

    Returns:
        a, b, c and d of each cell, one behind the other: float32 (rows - 1, columns - 1, 4 * channels).
    """
    left, right = nodes[:, :-1], nodes[:, 1:]
    corner = left[:-1]
    across, down = right[:-1] - corner, left[1:] - corner
    both = (corner + right[1:]) - (right[:-1] + left[1:])
    return np.concatenate([corner, across, down, both], axis=-1)


@dataclass(frozen=True, slots=True)
class Skew:
    """Positions that are computed per pixel: under an affine that mixes columns and rows, or along very long sides.

    Attributes:
        affine: of the descriptor, or None.
        size: width and height of the coded raster.
        nodes: the grid, or None.
        xy_weight: the first layer's share of the features of x and y, (features, H1), or None.
    """

    affine: Affine | None
    size: tuple[int, int]
    nodes: Floats | None
    xy_weight: Floats | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything fixed before the first pixel. H1 is the width of the first layer.

    Attributes:
        linear: linear sRGB of each code of each channel, (3, 256); of YCbCr samples, (1, n), see
            :class:`~gamutmeta.color.sycc.SyccTables`.
        chroma: as there, int32 (4, 256); None for sRGB samples.
        matrix: linear sRGB to linear ProPhoto, (3, 3).
        gate: weight of the model at each code of each channel, (3, 256).
        code_rows: per channel the first layer's share of the colour of each code, (3, 256, H1), or None.
        column_rows: the first layer's share of what each column says of the position, (W, H1), or None.
        row_rows: the same of each row, (H, H1), or None.
        grid: the grid, or None.
        skew: what takes the place of the last three where positions are computed per pixel, or None.
        grid_weight: the first layer's share of the grid's features, (channels, H1).
        wide_weight: the first layer's share of the features of clipped ProPhoto, (features, H1), or None.
        bias: of the first layer, (H1,).
        layers: the further layers as (inputs x outputs, bias).
    """

    descriptor: Descriptor
    linear: Floats
    chroma: NDArray[np.int32] | None
    matrix: NDArray[np.float64]
    gate: Floats
    code_rows: Floats | None
    column_rows: Floats | None
    row_rows: Floats | None
    grid: GridAxes | None
    skew: Skew | None
    grid_weight: Floats
    wide_weight: Floats | None
    bias: Floats
    layers: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def build(cls, descriptor: Descriptor, weights: Mapping[str, Floats], height: int, width: int) -> Tables:
        """Tables for a picture of height x width pixels."""
        widths = descriptor.layer_widths
        layers = [
            (
                np.ascontiguousarray(weights[f"weight{k}"].T, np.float32),
                weights[f"bias{k}"] if descriptor.bias else np.zeros(widths[k + 1], np.float32),
            )
            for k in range(len(widths) - 1)
        ]
        first = layers[0][0] if layers else np.zeros((0, 3), np.float32)
        grid_channels = descriptor.grid.channels if descriptor.grid else 0
        xy_features = 2 * descriptor.xy.octaves if descriptor.xy else 0
        rgb_weight = first[grid_channels + 2 * xy_features :]
        code_rows = wide_weight = column_rows = row_rows = grid = skew = None
        nodes = weights["grid"] if descriptor.grid is not None else None
        xy_weight = first[grid_channels : grid_channels + 2 * xy_features] if descriptor.xy is not None else None
        numbers = (width + height) * (_GRID_NUMBERS if xy_weight is None else max(first.shape[1], 4 * xy_features))
        if (descriptor.affine is not None and _mixes_axes(descriptor.affine)) or numbers > _TABLE_NUMBERS:
            skew = Skew(descriptor.affine, (width, height), nodes, xy_weight)
        else:
            columns, rows = _side_positions(descriptor.affine, (width, height))
            is_turned = descriptor.affine is not None and _swaps_axes(descriptor.affine)
            if xy_weight is not None:
                x_weight, y_weight = np.split(xy_weight, 2)
                across, down = (y_weight, x_weight) if is_turned else (x_weight, y_weight)
                column_rows = _rows(octave_features(2 * columns - 1, xy_features // 2, portable=True), across)
                row_rows = _rows(octave_features(2 * rows - 1, xy_features // 2, portable=True), down)
            if nodes is not None:
                upright = np.ascontiguousarray(nodes.swapaxes(0, 1)) if is_turned else nodes
                grid = GridAxes.build(upright, columns, rows)
        if descriptor.rgb is not None and descriptor.rgb.source is RgbSource.CODE:
            code_rows = _code_rows(descriptor.rgb.octaves, rgb_weight, identity=descriptor.rgb.identity)
        elif descriptor.rgb is not None:
            wide_weight = np.ascontiguousarray(rgb_weight)
        sycc = sycc_tables() if descriptor.samples is SampleCoding.SYCC else None
        return cls(
            descriptor=descriptor,
            linear=code_values(descriptor) if sycc is None else sycc.linear[None],
            chroma=None if sycc is None else sycc.chroma,
            matrix=expansion_matrix(descriptor.adaptation),
            gate=gate_weights(descriptor),
            code_rows=code_rows,
            column_rows=column_rows,
            row_rows=row_rows,
            grid=grid,
            skew=skew,
            grid_weight=np.ascontiguousarray(first[:grid_channels]),
            wide_weight=wide_weight,
            bias=layers[0][1] if layers else np.zeros(3, np.float32),
            layers=tuple(layers[1:]),
        )


def _swaps_axes(affine: Affine) -> bool:
    """Whether columns decide on v' alone and rows on u', and that not because all is constant."""
    a, b, _, d, e, _ = affine
    return a == e == 0 and not b == d == 0


def _mixes_axes(affine: Affine) -> bool:
    """Whether columns and rows do not each decide on one coordinate."""
    _, b, _, d, _, _ = affine
    return not (b == d == 0 or _swaps_axes(affine))


def _side_positions(affine: Affine | None, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """The coordinate that each column decides on, (W,), and the one of each row, (H,)."""
    width, height = size
    of_columns = fitted_positions(np.arange(width), 0, size, affine)
    of_rows = fitted_positions(0, np.arange(height), size, affine)
    is_turned = affine is not None and _swaps_axes(affine)
    return (of_columns[1], of_rows[0]) if is_turned else (of_columns[0], of_rows[1])


def _code_rows(octaves: int, weight: Floats, *, identity: bool) -> Floats:
    """The first layer's share of each channel's colour for every code, (3, 256, H1)."""
    t = code_coordinate()
    features = octave_features(t, octaves, portable=True)
    if identity:
        features = np.concatenate([t[:, None], features], axis=1)
    return np.stack([_rows(features, part) for part in np.split(weight, 3)])


def _rows(features: Floats, weight: Floats) -> Floats:
    """``features @ weight``, (n, inputs) by (inputs, H1), which does not depend on n; see :func:`product`."""
    across = np.ascontiguousarray(weight.T), np.ascontiguousarray(features.T)
    return np.ascontiguousarray(product(*across, np.empty((weight.shape[1], len(features)), np.float32)).T)
