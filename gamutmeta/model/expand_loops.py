"""Expansion in machine code, by numba: one pass over each strip, in blocks that stay in the first-level cache.

For models that see the 8-bit code and the position; see :func:`supports`. It gives the samples of
:mod:`gamutmeta.model.expand_numpy`, bit for bit: every operation rounds to float32, none is fused with the next one,
and sums are in the order of :func:`gamutmeta.model.numpy_passes.product`. So no ``fastmath`` stands in this module.

Imported only where it is used: numba takes a third of a second, and compiling a few seconds once, after which the
machine code lies in numba's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from gamutmeta.color.sycc import FRACTIONS
from gamutmeta.model.curve import SEGMENT_BITS, TOE_PATTERN, romm_curve
from gamutmeta.model.descriptor import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Tables

__all__ = ["expand_strip", "supports"]

_BLOCK = 4096
"""Pixels whose gates are checked at once, before the model acts on some of them."""

_LANES = 128
"""Pixels that the model processes at once. Their values of one unit are adjacent."""


def supports(tables: Tables) -> bool:
    """Whether this module supports the model: none that uses linear ProPhoto, or positions computed per pixel."""
    return tables.wide_weight is None and tables.skew is None


def expand_strip(tables: Tables, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
    """Expand the rows of `codes`, which start at row `top` of the picture, into `out`, (rows, W, 3)."""
    target = np.ascontiguousarray(out)
    head = {Head.CLIP: 0, Head.WIDE_RESIDUAL: 1, Head.SRGB_EXCESS: 2}[tables.descriptor.head]
    _strip(
        codes.reshape(-1, 3),
        codes.shape[1],
        top,
        head,
        tables.linear,
        np.zeros((4, 0), np.int32) if tables.chroma is None else tables.chroma,
        tables.matrix.astype(np.float32),
        tables.gate,
        _or_empty(tables.code_rows, 3),
        _or_empty(tables.column_rows, 2),
        _or_empty(tables.row_rows, 2),
        *_grid_arrays(tables),
        tables.grid_weight,
        tables.bias,
        *_further_layers(tables),
        *romm_curve(),
        target.reshape(-1, 3),
    )
    if target is not out:
        out[...] = target


def _or_empty(array: Floats | None, dimensions: int) -> Floats:
    """The kernel has one signature: what a model lacks is empty."""
    return np.zeros((0,) * dimensions, np.float32) if array is None else np.ascontiguousarray(array)


def _grid_arrays(tables: Tables) -> tuple[Floats, NDArray[np.int64], Floats, NDArray[np.int64], Floats]:
    grid = tables.grid
    if grid is None:
        none, nowhere = np.zeros(0, np.float32), np.zeros(0, np.int64)
        return np.zeros((0, 0, 0), np.float32), nowhere, none, nowhere, none
    column, row = grid.column.astype(np.int64), grid.row.astype(np.int64)
    return grid.cells, column, grid.column_fraction, row, grid.row_fraction


def _further_layers(tables: Tables) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Widths of the layers from the first on, and the weights (outputs, inputs) and biases behind it, end to end."""
    widths = [len(tables.bias), *(weight.shape[1] for weight, _ in tables.layers)]
    weights = [np.ascontiguousarray(weight.T).ravel() for weight, _ in tables.layers]
    biases = [bias for _, bias in tables.layers]
    none = [np.zeros(0, np.float32)]
    return np.array(widths), np.concatenate(none + weights), np.concatenate(none + biases)


@njit(nogil=True, cache=True)
def _strip(  # type: ignore[no-untyped-def]
    codes, width, top, head, linear, chroma, matrix, gate, code_rows, column_rows, row_rows, cells, column,
    column_fraction, row, row_fraction, grid_weight, bias, widths, weights, biases, curve, rise, out,
):  # fmt: skip
    colours, added = np.empty((3, _BLOCK), np.float32), np.empty((3, _BLOCK), np.float32)
    active = np.empty(_BLOCK, np.int64)
    channels = cells.shape[2] // 4
    widest = max(3, channels)
    for k in range(len(widths)):
        widest = max(widest, widths[k])
    values, others = np.zeros((widest, _LANES), np.float32), np.zeros((widest, _LANES), np.float32)
    sums, share = np.zeros((_LANES, widths[0]), np.float32), np.zeros((widths[0], _LANES), np.float32)
    grid_weights = np.ascontiguousarray(grid_weight.T).ravel()
    for start in range(0, len(codes), _BLOCK):
        count = min(_BLOCK, len(codes) - start)
        acting = _linearise(codes, start, count, head, linear, chroma, gate, colours, added, active)
        for begin in range(0, acting, _LANES):
            lanes = min(_LANES, acting - begin)
            _table_sums(codes, start, active, begin, lanes, width, top, code_rows, column_rows, row_rows, sums)
            for unit in range(widths[0]):
                for lane in range(_LANES):
                    values[unit, lane] = sums[lane, unit] + bias[unit]
            if channels:
                _interpolate(
                    start, active, begin, lanes, width, top, cells, column, column_fraction, row, row_fraction, others
                )
                _product(share, widths[0], grid_weights, 0, channels, others)
                for unit in range(widths[0]):
                    for lane in range(_LANES):
                        values[unit, lane] += share[unit, lane]
            outputs = _layers(widths, weights, biases, values, others)
            for lane in range(lanes):
                at = active[begin + lane]
                for channel in range(3):
                    weight = gate[channel, codes[start + at, channel]] if head == 2 else np.float32(1)
                    added[channel, at] = weight * outputs[channel, lane]
        _encode(colours, added, head, count, matrix, curve, rise, out[start : start + count])


@njit(nogil=True, cache=True)
def _linearise(  # type: ignore[no-untyped-def]
    codes, start, count, head, linear, chroma, gate, colours, added, active
):
    """Linear sRGB of a block, and on which of its pixels the model acts."""
    if chroma.shape[1]:
        for at in range(count):
            luma, blue, red = codes[start + at, 0] * FRACTIONS, codes[start + at, 1], codes[start + at, 2]
            colours[0, at] = linear[0, luma + chroma[0, red]]
            colours[1, at] = linear[0, luma + chroma[1, blue] + chroma[2, red]]
            colours[2, at] = linear[0, luma + chroma[3, blue]]
            for channel in range(3):
                added[channel, at] = 0
            active[at] = at
        return count if head else 0
    acting = 0
    for at in range(count):
        weight = np.float32(0)
        for channel in range(3):
            code = codes[start + at, channel]
            colours[channel, at] = linear[channel, code]
            added[channel, at] = 0
            weight = max(weight, gate[channel, code])
        if weight > 0 and head:
            active[acting] = at
            acting += 1
    return acting


@njit(nogil=True, cache=True)
def _table_sums(  # type: ignore[no-untyped-def]
    codes, start, active, begin, lanes, width, top, code_rows, column_rows, row_rows, sums
):
    """The first layer's shares of the code and of column and row, (lanes, units): rows of tables."""
    units = sums.shape[1]
    has_codes, has_places = len(code_rows) > 0, len(column_rows) > 0
    for lane in range(lanes):
        pixel = start + active[begin + lane]
        if has_codes:
            red, green, blue = codes[pixel, 0], codes[pixel, 1], codes[pixel, 2]
            for unit in range(units):
                sums[lane, unit] = (code_rows[0, red, unit] + code_rows[1, green, unit]) + code_rows[2, blue, unit]
        if has_places:
            y = pixel // width
            x = pixel - y * width
            for unit in range(units):
                place = column_rows[x, unit] + row_rows[y + top, unit]
                sums[lane, unit] = sums[lane, unit] + place if has_codes else place


@njit(nogil=True, cache=True)
def _interpolate(  # type: ignore[no-untyped-def]
    start, active, begin, lanes, width, top, cells, column, column_fraction, row, row_fraction, features
):
    """The grid's features, (channels, lanes); see :func:`~gamutmeta.model.tables.grid_cells`."""
    channels = cells.shape[2] // 4
    for lane in range(lanes):
        pixel = start + active[begin + lane]
        y = pixel // width
        x = pixel - y * width
        fx, fy = column_fraction[x], row_fraction[y + top]
        both, cell = fx * fy, cells[row[y + top], column[x]]
        for channel in range(channels):
            sides = fx * cell[channels + channel] + fy * cell[2 * channels + channel]
            features[channel, lane] = (cell[channel] + both * cell[3 * channels + channel]) + sides


@njit(nogil=True, cache=True)
def _layers(widths, weights, biases, values, others):  # type: ignore[no-untyped-def]
    """The further layers on all lanes; `values` and `others` alternate as input and output."""
    weight_at = bias_at = 0
    for k in range(1, len(widths)):
        inputs, outputs = widths[k - 1], widths[k]
        for i in range(inputs):
            for lane in range(_LANES):
                # Written so that a not-a-number stays one.
                value = values[i, lane]
                values[i, lane] = np.float32(0) if value < 0 else value
        _product(others, outputs, weights, weight_at, inputs, values)
        for o in range(outputs):
            for lane in range(_LANES):
                others[o, lane] += biases[bias_at + o]
        weight_at += inputs * outputs
        bias_at += outputs
        values, others = others, values
    return values


@njit(nogil=True, cache=True)
def _product(totals, outputs, weights, at, inputs, values):  # type: ignore[no-untyped-def]
    """Make the first rows of `totals`, one for each output, sums of the inputs' rows times the weights from `at` on.

    One input is added after the other, in their order. Two rows are made at a time, from four inputs: what is loaded is
    then used twice, and sums are loaded and stored a quarter as often. More would need more registers than there are.
    """
    totals[:outputs, :] = 0
    for o in range(0, outputs - 1, 2):
        even, odd, here, next_ = totals[o], totals[o + 1], at + o * inputs, at + (o + 1) * inputs
        for i in range(0, inputs - 3, 4):
            a, b, c, d = weights[here + i], weights[here + i + 1], weights[here + i + 2], weights[here + i + 3]
            e, f, g, h = weights[next_ + i], weights[next_ + i + 1], weights[next_ + i + 2], weights[next_ + i + 3]
            p, q, r, s = values[i], values[i + 1], values[i + 2], values[i + 3]
            for lane in range(_LANES):
                x, y, z, w = p[lane], q[lane], r[lane], s[lane]
                even[lane] = (((even[lane] + a * x) + b * y) + c * z) + d * w
                odd[lane] = (((odd[lane] + e * x) + f * y) + g * z) + h * w
        for i in range(inputs - inputs % 4, inputs):
            a, e, p = weights[here + i], weights[next_ + i], values[i]
            for lane in range(_LANES):
                even[lane] += a * p[lane]
                odd[lane] += e * p[lane]
    if outputs % 2:
        total, here = totals[outputs - 1], at + (outputs - 1) * inputs
        for i in range(inputs):
            a, p = weights[here + i], values[i]
            for lane in range(_LANES):
                total[lane] += a * p[lane]


@njit(nogil=True, cache=True, error_model="numpy")
def _encode(colours, added, head, count, matrix, curve, rise, out):  # type: ignore[no-untyped-def]
    """Linear sRGB and what the model adds to it, or to linear ProPhoto, to 16-bit ROMM RGB."""
    red, green, blue = colours[0], colours[1], colours[2]
    if head == 2:
        for channel in range(3):
            for at in range(count):
                colours[channel, at] += added[channel, at]
    bits = np.empty(count, np.float32)
    patterns = bits.view(np.int32)
    for channel in range(3):
        m0, m1, m2 = matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]
        for at in range(count):
            bits[at] = (red[at] * m0 + green[at] * m1) + blue[at] * m2
        if head == 1:
            for at in range(count):
                bits[at] += added[channel, at]
        for at in range(count):
            # Written so that a not-a-number becomes 0.
            value = bits[at] if bits[at] > 0 else np.float32(0)
            bits[at] = value if value < 1 else np.float32(1)
        for at in range(count):
            pattern = patterns[at] - TOE_PATTERN
            if pattern < 0:
                encoded = bits[at] * np.float32(16 * 65535)
            else:
                segment = pattern >> SEGMENT_BITS
                share = np.float32(pattern & ((1 << SEGMENT_BITS) - 1)) * np.float32(1 / (1 << SEGMENT_BITS))
                encoded = curve[segment] + share * rise[segment]
            out[at, channel] = np.uint16(np.rint(encoded))
