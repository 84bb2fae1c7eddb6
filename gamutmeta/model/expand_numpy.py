"""Expansion by numpy, strip by strip: one plane for each channel, and the model only on the pixels where it acts.

The time of a numpy operation is that of its memory accesses and its calls. So there are few operations, on arrays that
fit a core's second-level cache and are used again from strip to strip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.sycc import FRACTIONS
from gamutmeta.model.descriptor import Head
from gamutmeta.model.features import fitted_positions, grid_nodes, octave_features
from gamutmeta.model.numpy_passes import GridCells, ScratchArrays, product, romm_codes
from gamutmeta.model.tables import grid_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Skew, Tables

__all__ = ["NumpyExpander"]

_ACTIVE_PIXELS = 1 << 13
"""Pixels the model takes at once. With half of it one thread alone is faster (8,192 x 24 float32 are 0.8 MB), but two
spend more time waiting for the interpreter."""


class NumpyExpander:
    """Expands strips of rows of one picture; any number of threads may call it.

    Args:
        tables: of the model and the picture.
        pixels: most pixels of a row that are computed at once.
    """

    def __init__(self, tables: Tables, pixels: int) -> None:
        self._tables = tables
        self._pixels = pixels
        self._matrix = tables.matrix.astype(np.float32)
        self._scratch = ScratchArrays()
        # Against an array numpy takes the larger or smaller number three times as fast as against a single one.
        self._zeros, self._ones = (np.full(pixels, value, np.float32) for value in (0, 1))
        self._cells = None
        if tables.grid is not None:
            self._cells = GridCells(tables.grid.cells, self._scratch)
        elif tables.skew is not None and tables.skew.nodes is not None:
            self._cells = GridCells(grid_cells(tables.skew.nodes), self._scratch)
        self._acting = tables.gate > 0
        self._grid_weight = np.ascontiguousarray(tables.grid_weight.T)
        # (outputs, inputs) and a column of biases, as planes want them.
        self._layers = [(np.ascontiguousarray(weight.T), bias[:, None]) for weight, bias in tables.layers]

    def __call__(self, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
        """Expand the rows of `codes`, (rows, W, 3), which start at row `top` of the picture, into `out`."""
        # There is at least one row in a strip, and it may be of any length.
        for left in range(0, codes.shape[1], self._pixels):
            columns = slice(left, left + self._pixels)
            self._expand(codes[:, columns], top, left, out[:, columns])

    def _expand(self, codes: NDArray[np.uint8], top: int, left: int, out: NDArray[np.uint16]) -> None:
        """Expand `codes`, whose first pixel is that in row `top` and column `left` of the picture, into `out`."""
        tables, head = self._tables, self._tables.descriptor.head
        flat, place = codes.reshape(-1, 3), _Place(codes.shape[1], top, left)
        linear = self._linear(flat)
        if head is Head.SRGB_EXCESS:
            clipped = linear if tables.wide_weight is None else self._to_prophoto(linear, "clipped")
            for at in self._active_parts(flat):
                there = flat.take(at, axis=0)
                excess = self._network(there, clipped, at, place)
                for channel in range(3):
                    excess[channel] *= tables.gate[channel].take(there[:, channel])
                    # Adding in place would also take the pixels from the plane and put them back, more slowly.
                    linear[channel][at] = linear[channel].take(at) + excess[channel]
        wide = self._to_prophoto(linear, "wide")
        if head is Head.WIDE_RESIDUAL:
            for at in self._active_parts(flat):
                wide[:, at] += self._network(flat.take(at, axis=0), wide, at, place)
        for channel in range(3):
            out[..., channel] = self._encoded(wide[channel]).reshape(codes.shape[:2])

    def _linear(self, codes: NDArray[np.uint8]) -> Floats:
        """Linear sRGB of codes (n, 3) as planes, (3, n)."""
        tables, chroma = self._tables, self._tables.chroma
        linear = self._scratch("linear", (3, len(codes)))
        # Without "clip" numpy would fill a buffer first; no code is out of range.
        if chroma is None:
            for channel in range(3):
                tables.linear[channel].take(codes[:, channel], out=linear[channel], mode="clip")
            return linear
        shape = (len(codes),)
        luma, blue, red = (np.ascontiguousarray(codes[:, channel]) for channel in range(3))
        bright = np.multiply(luma, FRACTIONS, out=self._scratch("luma", shape, np.int32), dtype=np.int32)
        number, share = self._scratch("number", shape, np.int32), self._scratch("chroma", shape, np.int32)
        for channel, parts in enumerate((((0, red),), ((1, blue), (2, red)), ((3, blue),))):
            number[...] = bright
            for row, by in parts:
                number += chroma[row].take(by, out=share, mode="clip")
            tables.linear[0].take(number, out=linear[channel], mode="clip")
        return linear

    def _active_parts(self, codes: NDArray[np.uint8]) -> list[NDArray[np.intp]]:
        """Indices of the pixels, of codes (n, 3), that the model acts on: where the weight of a channel is not zero."""
        gate = self._tables.descriptor.gate
        reach = 256 if gate is None else max(gate, 1)
        if reach > 127:
            active = np.arange(len(codes))
        elif self._tables.descriptor.shoulder is not None:
            acts = self._scratch("acts", (len(codes),), np.bool_)
            one = self._scratch("one", (len(codes),), np.bool_)
            self._acting[0].take(codes[:, 0], out=acts, mode="clip")
            for channel in (1, 2):
                np.logical_or(acts, self._acting[channel].take(codes[:, channel], out=one, mode="clip"), out=acts)
            active = np.flatnonzero(acts)
        else:
            # Codes below `reach` or above 255 - reach, since the sum begins at 0 again after 255.
            shifted = np.add(codes, np.uint8(reach), out=self._scratch("shifted", codes.shape, np.uint8))
            is_near = np.less(shifted, 2 * reach, out=self._scratch("near", codes.shape, np.bool_))
            acts = np.logical_or(is_near[:, 0], is_near[:, 1], out=self._scratch("acts", (len(codes),), np.bool_))
            active = np.flatnonzero(np.logical_or(acts, is_near[:, 2], out=acts))
        return [active[start : start + _ACTIVE_PIXELS] for start in range(0, len(active), _ACTIVE_PIXELS)]

    def _to_prophoto(self, linear: Floats, name: str) -> Floats:
        """Planes of linear sRGB, (3, n), in linear ProPhoto; see :func:`~gamutmeta.color.spaces.apply_matrix`."""
        wide, plane = self._scratch(name, linear.shape), self._scratch("plane", linear[0].shape)
        for channel in range(3):
            np.multiply(linear[0], self._matrix[channel, 0], out=wide[channel])
            for source in (1, 2):
                np.multiply(linear[source], self._matrix[channel, source], out=plane)
                wide[channel] += plane
        return wide

    def _encoded(self, linear: Floats) -> Floats:
        """16-bit ROMM codes, as float32, of linear values (n,), which are lost."""
        # fmax, so that a not-a-number becomes black rather than undefined.
        np.fmax(linear, self._zeros[: len(linear)], out=linear)
        np.fmin(linear, self._ones[: len(linear)], out=linear)
        return romm_codes(linear, self._scratch)

    def _network(self, codes: NDArray[np.uint8], clipped: Floats, at: NDArray[np.intp], place: _Place) -> Floats:
        """The MLP's outputs, (3, n), at the n pixels `at` of a part of the picture.

        `codes` are theirs, (n, 3), and `clipped` are the planes of clipped ProPhoto of the whole part, where the model
        sees them.
        """
        row, column = place.rows_and_columns(at)
        values = self._first_layer(codes, row, column)
        if self._tables.wide_weight is not None:
            self._add_share(values, self._tables.wide_weight, _wide_features(self._tables, clipped[:, at].T))
        for k, (weight, bias) in enumerate(self._layers):
            np.maximum(values, self._zeros[: len(at)], out=values)
            values = product(weight, values, self._scratch(f"layer{k % 2}", (len(weight), len(at))))
            values += bias
        return values

    def _first_layer(self, codes: NDArray[np.uint8], row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats:
        """The first layer's values, (H1, n), but for the share of clipped ProPhoto."""
        tables = self._tables
        shape = len(codes), len(tables.bias)
        values: Floats = self._scratch("first", shape[::-1])
        sums = self._table_sums(codes, row, column)
        if sums is None:
            values[...] = tables.bias[:, None]
        else:
            np.add(sums.T, tables.bias[:, None], out=values)
        if tables.grid is not None and self._cells is not None:
            grid = tables.grid
            y, x = grid.row.take(row), grid.column.take(column)
            features = self._cells.features(y, x, grid.row_fraction.take(row), grid.column_fraction.take(column))
            self._add_product(values, self._grid_weight, features)
        if tables.skew is not None:
            self._add_skewed(values, tables.skew, row, column)
        return values

    def _table_sums(self, codes: NDArray[np.uint8], row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats | None:
        """The first layer's shares of the code and of column and row, (n, H1), or None if there are none."""
        tables = self._tables
        shape = len(codes), len(tables.bias)
        sums: Floats | None = None
        if tables.code_rows is not None:
            sums, share = self._scratch("sums", shape), self._scratch("rows", shape)
            tables.code_rows[0].take(codes[:, 0], axis=0, out=sums, mode="clip")
            for channel in (1, 2):
                sums += tables.code_rows[channel].take(codes[:, channel], axis=0, out=share, mode="clip")
        if tables.column_rows is not None and tables.row_rows is not None:
            places = tables.column_rows.take(column, axis=0)
            places += tables.row_rows.take(row, axis=0)
            sums = places if sums is None else np.add(sums, places, out=sums)
        return sums

    def _add_skewed(self, values: Floats, skew: Skew, row: NDArray[np.intp], column: NDArray[np.intp]) -> None:
        """Add the first layer's share of the position, worked out for each pixel, to its values (H1, n)."""
        u, v = fitted_positions(column, row, skew.size, skew.affine)
        if skew.xy_weight is not None:
            octaves = len(skew.xy_weight) // 4
            features = [octave_features(2 * u - 1, octaves), octave_features(2 * v - 1, octaves)]
            self._add_share(values, skew.xy_weight, np.concatenate(features, axis=1))
        if skew.nodes is not None and self._cells is not None:
            (y, fy), (x, fx) = grid_nodes(v, skew.nodes.shape[0]), grid_nodes(u, skew.nodes.shape[1])
            self._add_product(values, self._grid_weight, self._cells.features(y, x, fy, fx))

    def _add_share(self, values: Floats, weight: Floats, features: Floats) -> None:
        """Add to `values`, (H1, n), the share of `features`, (n, inputs), by `weight`, (inputs, H1)."""
        self._add_product(values, np.ascontiguousarray(weight.T), np.ascontiguousarray(features.T))

    def _add_product(self, values: Floats, weight: Floats, features: Floats) -> None:
        """Add ``weight @ features``, (H1, inputs) by (inputs, n), to `values`, (H1, n)."""
        values += product(weight, features, self._scratch("product", values.shape))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part of the picture lies: its width, its first row and its first column."""

    width: int
    top: int
    left: int

    def rows_and_columns(self, at: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of the pixels `at`, counted row by row; the rows and columns are the picture's."""
        # Many times as fast as divmod: the divisor is a single number, and the quotients have 32 bits.
        down = (at.astype(np.uint32) // np.uint32(self.width)).astype(np.intp)
        return down + self.top, at - down * self.width + self.left


def _wide_features(tables: Tables, wide: Floats) -> Floats:
    """Features of clipped linear ProPhoto, (n, 3), as (n, features)."""
    rgb = tables.descriptor.rgb
    assert rgb is not None  # noqa: S101 - there is a wide_weight only with an rgb input
    t = 2 * wide - 1
    features = octave_features(t, rgb.octaves)
    if rgb.identity:
        features = np.concatenate([t[..., None], features], axis=-1)
    return np.asarray(features.reshape(len(wide), -1), np.float32)
