"""What one payload and one picture size fix before the first pixel is seen.

Everything that depends on one 8-bit code is a table of 256 rows; everything that depends on x or y alone is a vector
per column or row. The first layer is linear, so its share of each of these is multiplied in beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix
from gamutmeta.model.descriptor import RgbSource
from gamutmeta.model.features import code_coordinate, gate_weights, grid_position, octave_features, pixel_centres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats


__all__ = ["GridAxes", "Tables"]


@dataclass(frozen=True, slots=True)
class GridAxes:
    """The grid and where the pixels of each column and row fall in it (see :func:`grid_position`)."""

    nodes: Floats
    column: NDArray[np.intp]
    column_fraction: Floats
    row: NDArray[np.intp]
    row_fraction: Floats


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything fixed before the first pixel. H1 is the width of the first layer.

    Attributes:
        linear: linear sRGB of each code, (256,).
        matrix: linear sRGB to linear ProPhoto, (3, 3).
        gate: weight of the model per code, (256,).
        active: whether the weight is not zero, (256,).
        code_rows: per channel the first layer's share of the colour of each code, (3, 256, H1), or None.
        column_rows: the first layer's share of x, (W, H1), or None.
        row_rows: the first layer's share of y and its bias, (H, H1), or None.
        grid: the grid, or None.
        grid_weight: the first layer's share of the grid's features, (channels, H1).
        wide_weight: the first layer's share of the features of clipped ProPhoto, (features, H1), or None.
        bias: of the first layer, (H1,).
        layers: the further layers as (inputs x outputs, bias).
    """

    descriptor: Descriptor
    linear: Floats
    matrix: NDArray[np.float64]
    gate: Floats
    active: NDArray[np.bool_]
    code_rows: Floats | None
    column_rows: Floats | None
    row_rows: Floats | None
    grid: GridAxes | None
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
        code_rows = wide_weight = column_rows = row_rows = grid = None
        if descriptor.xy is not None:
            at = grid_channels
            column_rows = _position_rows(width, descriptor.xy.octaves, first[at : at + xy_features])
            row_rows = _position_rows(height, descriptor.xy.octaves, first[at + xy_features : at + 2 * xy_features])
        if descriptor.rgb is not None and descriptor.rgb.source is RgbSource.CODE:
            code_rows = _code_rows(descriptor.rgb.octaves, rgb_weight, identity=descriptor.rgb.identity)
        elif descriptor.rgb is not None:
            wide_weight = np.ascontiguousarray(rgb_weight)
        if descriptor.grid is not None:
            row, row_fraction = grid_position(height, descriptor.grid.height)
            column, column_fraction = grid_position(width, descriptor.grid.width)
            grid = GridAxes(weights["grid"], column, column_fraction, row, row_fraction)
        gate = gate_weights(descriptor.gate)
        return cls(
            descriptor=descriptor,
            linear=decode_table(SRGB, 256),
            matrix=expansion_matrix(descriptor.adaptation),
            gate=gate,
            active=gate > 0,
            code_rows=code_rows,
            column_rows=column_rows,
            row_rows=row_rows,
            grid=grid,
            grid_weight=np.ascontiguousarray(first[:grid_channels]),
            wide_weight=wide_weight,
            bias=layers[0][1] if layers else np.zeros(3, np.float32),
            layers=tuple(layers[1:]),
        )


def _position_rows(count: int, octaves: int, weight: Floats) -> Floats:
    """The first layer's share of one coordinate at each pixel of a side, (count, H1)."""
    return octave_features(2 * pixel_centres(count) - 1, octaves) @ weight


def _code_rows(octaves: int, weight: Floats, *, identity: bool) -> Floats:
    """The first layer's share of each channel's colour for every code, (3, 256, H1)."""
    t = code_coordinate()
    features = octave_features(t, octaves)
    if identity:
        features = np.concatenate([t[:, None], features], axis=1)
    return np.stack([features @ part for part in np.split(weight, 3)])
