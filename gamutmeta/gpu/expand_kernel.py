"""Expansion on a GPU, by Triton: codes are read once, pixels written once, and nothing in between leaves the chip.

The twin of :mod:`gamutmeta.model.expand_numpy`. A program takes a piece of one row of pixels, so that all that depends
on the row is a single number. Units lie along the second axis of its values, padded with zeros to a power of two.
"""

from __future__ import annotations

import triton
import triton.language as tl

from gamutmeta.color.sycc import FRACTIONS

__all__ = ["CLIP", "SRGB_EXCESS", "WIDE_RESIDUAL", "expand_rows"]

CLIP, WIDE_RESIDUAL, SRGB_EXCESS = 0, 1, 2
"""The heads, as the kernel knows them."""

# The kernel sees no others than constants that say so.
_WIDE_RESIDUAL, _SRGB_EXCESS = tl.constexpr(WIDE_RESIDUAL), tl.constexpr(SRGB_EXCESS)
_FRACTIONS = tl.constexpr(FRACTIONS)


@triton.jit  # type: ignore[untyped-decorator]
def expand_rows(  # type: ignore[no-untyped-def]
    codes, out, top, width, pieces,
    codes_row, codes_column, codes_channel, out_row, out_column, out_channel,
    linear, chroma, gate, matrix, code_rows, column_rows, row_rows, nodes, column, column_fraction, row, row_fraction,
    across, grid_weight, bias, widths, hidden, hidden_bias, last, last_bias,
    HEAD: tl.constexpr, HAS_CHROMA: tl.constexpr, HAS_CODES: tl.constexpr, HAS_PLACES: tl.constexpr,
    CHANNELS: tl.constexpr, HIDDEN: tl.constexpr, HAS_LAST: tl.constexpr, UNITS: tl.constexpr, BLOCK: tl.constexpr,
    PRECISION: tl.constexpr,
):  # fmt: skip
    """Expand BLOCK pixels of one row.

    `codes` and `out` point to uint8 codes and uint16 ROMM RGB of the rows from `top` of the picture on; the strides of
    their rows, columns and channels follow. `width` is the picture's, in pixels, and `pieces` that in pieces of BLOCK.
    All from `linear` to `last_bias` are those of :class:`~gamutmeta.gpu.upload.DeviceTables`, as pointers but for
    `across`.

    HEAD is one of the three above; HAS_CHROMA tells that the codes are YCbCr samples; HAS_CODES, HAS_PLACES and
    HAS_LAST tell whether there are rows of codes, rows of columns and rows, and a last layer behind the first; CHANNELS
    are the grid's, or 0; HIDDEN counts the matrices between hidden layers; UNITS is the padded width of every layer;
    PRECISION is that of products of matrices.
    """
    piece = tl.program_id(0)
    y = piece // pieces
    x = (piece % pieces) * BLOCK + tl.arange(0, BLOCK)
    inside = x < width
    unit = tl.arange(0, UNITS)
    source = codes + y.to(tl.int64) * codes_row + x.to(tl.int64) * codes_column
    red_code = tl.load(source, mask=inside, other=0).to(tl.int32)
    green_code = tl.load(source + codes_channel, mask=inside, other=0).to(tl.int32)
    blue_code = tl.load(source + 2 * codes_channel, mask=inside, other=0).to(tl.int32)
    if HAS_CHROMA:
        # Y, Cb and Cr, to numbers of one table; see gamutmeta.color.sycc.SyccTables.
        luma = red_code * _FRACTIONS
        red = tl.load(linear + luma + tl.load(chroma + blue_code))
        green = tl.load(linear + luma + tl.load(chroma + 256 + green_code) + tl.load(chroma + 512 + blue_code))
        blue = tl.load(linear + luma + tl.load(chroma + 768 + green_code))
    else:
        red, green = tl.load(linear + red_code), tl.load(linear + 256 + green_code)
        blue = tl.load(linear + 512 + blue_code)
    first, second, third = tl.zeros_like(red), tl.zeros_like(red), tl.zeros_like(red)
    if HEAD != 0:
        # Of pixels beyond the end of the row the gate is shut.
        red_gate = tl.load(gate + red_code, mask=inside, other=0.0)
        green_gate = tl.load(gate + 256 + green_code, mask=inside, other=0.0)
        blue_gate = tl.load(gate + 512 + blue_code, mask=inside, other=0.0)
        acts = tl.maximum(tl.maximum(red_gate, green_gate), blue_gate) > 0
        if tl.max(acts.to(tl.int32), 0) > 0:
            values = tl.zeros((BLOCK, UNITS), tl.float32) + tl.load(bias + unit)[None, :]
            if HAS_CODES:
                values += tl.load(code_rows + red_code[:, None] * UNITS + unit[None, :])
                values += tl.load(code_rows + (256 + green_code[:, None]) * UNITS + unit[None, :])
                values += tl.load(code_rows + (512 + blue_code[:, None]) * UNITS + unit[None, :])
            if HAS_PLACES:
                values += tl.load(row_rows + (top + y) * UNITS + unit)[None, :]
                values += tl.load(column_rows + x[:, None] * UNITS + unit[None, :], mask=inside[:, None], other=0.0)
            if CHANNELS:
                fx, fy = tl.load(column_fraction + x, mask=inside, other=0.0), tl.load(row_fraction + top + y)
                corner = tl.load(row + top + y) * across + tl.load(column + x, mask=inside, other=0)
                for channel in range(CHANNELS):
                    node = nodes + corner * CHANNELS + channel
                    above, below = tl.load(node), tl.load(node + across * CHANNELS)
                    above += fx * (tl.load(node + CHANNELS) - above)
                    below += fx * (tl.load(node + (across + 1) * CHANNELS) - below)
                    feature = above + fy * (below - above)
                    values += feature[:, None] * tl.load(grid_weight + channel * UNITS + unit)[None, :]
            for k in tl.static_range(HIDDEN):
                weight = tl.load(hidden + (k * UNITS + unit[:, None]) * UNITS + unit[None, :])
                values = tl.dot(_rectified(values, unit, widths + k), weight, input_precision=PRECISION)
                values += tl.load(hidden_bias + k * UNITS + unit)[None, :]
            if HAS_LAST:
                values = _rectified(values, unit, widths + HIDDEN)
                first = tl.sum(values * tl.load(last + unit)[None, :], 1) + tl.load(last_bias)
                second = tl.sum(values * tl.load(last + UNITS + unit)[None, :], 1) + tl.load(last_bias + 1)
                third = tl.sum(values * tl.load(last + 2 * UNITS + unit)[None, :], 1) + tl.load(last_bias + 2)
            else:
                first = tl.sum(tl.where(unit[None, :] == 0, values, 0.0), 1)
                second = tl.sum(tl.where(unit[None, :] == 1, values, 0.0), 1)
                third = tl.sum(tl.where(unit[None, :] == 2, values, 0.0), 1)
            if HEAD == _SRGB_EXCESS:
                # Where the gate is shut for all three channels, not even an output that is not finite counts.
                red = tl.where(acts, red + red_gate * first, red)
                green = tl.where(acts, green + green_gate * second, green)
                blue = tl.where(acts, blue + blue_gate * third, blue)
    target = out + y.to(tl.int64) * out_row + x.to(tl.int64) * out_column
    wide = _mixed(red, green, blue, matrix)
    tl.store(target, _romm_codes(wide + first if HEAD == _WIDE_RESIDUAL else wide), mask=inside)
    wide = _mixed(red, green, blue, matrix + 3)
    tl.store(target + out_channel, _romm_codes(wide + second if HEAD == _WIDE_RESIDUAL else wide), mask=inside)
    wide = _mixed(red, green, blue, matrix + 6)
    tl.store(target + 2 * out_channel, _romm_codes(wide + third if HEAD == _WIDE_RESIDUAL else wide), mask=inside)


@triton.jit
def _rectified(values, unit, width):  # type: ignore[no-untyped-def]
    """ReLU, written so that a not-a-number stays one; the padding is set to zero, whatever overflowed into it."""
    return tl.where((unit < tl.load(width))[None, :], tl.where(values < 0, 0.0, values), 0.0)


@triton.jit
def _mixed(red, green, blue, row):  # type: ignore[no-untyped-def]
    """One channel of linear ProPhoto; `row` points to that of the matrix."""
    return (red * tl.load(row) + green * tl.load(row + 1)) + blue * tl.load(row + 2)


@triton.jit
def _romm_codes(linear):  # type: ignore[no-untyped-def]
    """16-bit ROMM codes of linear values, which are clipped; a not-a-number becomes black."""
    value = tl.where(linear > 0, linear, 0.0)
    value = tl.where(value < 1, value, 1.0)
    # The toe lies below the power up to where the two meet, at 1/512. The bound keeps the logarithm finite.
    power = tl.exp2(tl.log2(tl.maximum(value, 1.0 / 4096)) * (1 / 1.8))
    encoded = tl.minimum(power, value * 16)
    return tl.floor(encoded * 65535 + 0.5).to(tl.int32).to(tl.uint16)
