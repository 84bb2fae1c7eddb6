"""The kernels of the fit's step. Every launch processes all P pictures, along the last axis of its programs.

The twin of :mod:`gamutmeta.fit.gpu.static_gradient` and :mod:`gamutmeta.fit.adam`. No sum depends on the order in which
programs run: sums over samples are computed within each program, and then added program by program; the samples around
a node of the grid are read in an order that was fixed when they were loaded. In the values of a program, samples lie
along the first axis and units along the second, padded with zeros to a power of two.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["adam", "add_partial_sums", "grid_gradients", "sample_gradients"]

# The number of batches may change before the step is recorded again, and no kernel can be compiled during recording.
# `do_not_specialize` ensures that one compiled kernel serves all numbers.

# Loops whose end the compiler does not know use `while`: Triton 3.2's interpreter does not support `range` for them.

_LN_2 = tl.constexpr(0.6931471805599453)


@triton.jit(do_not_specialize=["most"])  # type: ignore[untyped-decorator]
def sample_gradients(  # type: ignore[no-untyped-def]
    values, corners, codes, numbers, pools, gates, table, matrix,
    now, first, batches, noise_starts, planes, across, grid_step,
    partial_sums, grid_errors,
    row, pool_row, steps, most, batch,
    CHANNELS: tl.constexpr, PER_CODE: tl.constexpr, FEATURES: tl.constexpr, FIRST: tl.constexpr,
    SECOND: tl.constexpr, SCALE: tl.constexpr, MLP: tl.constexpr, UNITS: tl.constexpr, BLOCK: tl.constexpr,
    PRECISION: tl.constexpr,
):  # fmt: skip
    """Forward and backward pass of BLOCK samples of the current batch of one picture.

    It reads `values`, the parameters (P, row): weights (outputs, inputs) and biases of the layers, then the grid;
    `corners`, `codes`, `numbers`, `gates`, `batches`, `planes` and `across` of
    :class:`~gamutmeta.fit.gpu.triton.samples.TritonSamples`; `now`, `first`, `noise_starts` and `grid_step` of
    :class:`~gamutmeta.fit.gpu.controls.Controls`; `pools`, the noise (P, pool_row); `table`, the features of each code
    (256, PER_CODE); and `matrix`, linear sRGB to linear ProPhoto, for row vectors.

    It writes `partial_sums` (P, programs, MLP), this program's part of the gradient of the MLP, and `grid_errors`
    (P, CHANNELS, batch), the derivative of the loss with respect to each sample's grid features, in steps.

    There are FEATURES inputs, FIRST units in the first hidden layer and SECOND in the second, or 0 if there is none.
    SCALE is that of the outputs, and MLP the number of parameters of the MLP.
    """
    block, picture = tl.program_id(0), tl.program_id(1).to(tl.int64)
    lane = block * BLOCK + tl.arange(0, BLOCK)
    inside = lane < batch
    unit = tl.arange(0, UNITS)
    step = tl.load(now)
    at = picture * most + (step - tl.load(first)) % tl.load(batches + picture)
    own = values + picture * row

    # Inputs: the grid with noise, interpolated between four nodes; then the colour features.
    code, feature = codes + at * 3 * batch + lane, unit - CHANNELS
    is_colour = inside[:, None] & ((feature >= 0) & (unit < FEATURES))[None, :]
    channel = tl.where(feature >= 0, feature, 0) // PER_CODE
    shown = tl.load(code[:, None] + (channel * batch)[None, :], mask=is_colour, other=0).to(tl.int32)
    inputs = tl.load(table + shown * PER_CODE + (feature - channel * PER_CODE)[None, :], mask=is_colour, other=0.0)
    corner = tl.load(corners + at * batch + lane, mask=inside, other=0)
    number = numbers + at * 6 * batch + lane
    fx, fy = tl.load(number, mask=inside, other=0.0), tl.load(number + batch, mask=inside, other=0.0)
    plane, wide, unit_step = tl.load(planes + picture), tl.load(across + picture), tl.load(grid_step + picture)
    noise = pools + picture * pool_row + tl.load(noise_starts + picture * steps + step)
    for c in tl.static_range(CHANNELS):
        node = own + MLP + c * plane + corner
        speck = noise + c * plane + corner
        a, b = tl.load(node) + tl.load(speck), tl.load(node + 1) + tl.load(speck + 1)
        node, speck = node + wide, speck + wide
        d, e = tl.load(node) + tl.load(speck), tl.load(node + 1) + tl.load(speck + 1)
        above, below = a + fx * (b - a), d + fx * (e - d)
        inputs = tl.where((unit == c)[None, :], (unit_step * (above + fy * (below - above)))[:, None], inputs)

    # Forward.
    second_at = own + (FEATURES + 1) * FIRST
    one = tl.dot(inputs, tl.trans(_matrix(own, unit, FEATURES, FIRST)), input_precision=PRECISION)
    one = tl.maximum(one + _vector(own + FEATURES * FIRST, unit, FIRST)[None, :], 0.0)
    if SECOND:
        weight = _matrix(second_at, unit, FIRST, SECOND)
        top = tl.dot(one, tl.trans(weight), input_precision=PRECISION)
        top = tl.maximum(top + _vector(second_at + FIRST * SECOND, unit, SECOND)[None, :], 0.0)
    else:
        top = one
    LAST: tl.constexpr = SECOND if SECOND else FIRST  # noqa: FURB110 - "or" gives a truth value here
    LAST_AT: tl.constexpr = MLP - 3 * (LAST + 1)
    last = own + LAST_AT
    red_row, green_row, blue_row = (
        _vector(last, unit, LAST), _vector(last + LAST, unit, LAST), _vector(last + 2 * LAST, unit, LAST),
    )  # fmt: skip
    bias = last + 3 * LAST
    gate = gates + picture * 256
    red_gate = SCALE * tl.load(gate + tl.load(code, mask=inside, other=0).to(tl.int32))
    green_gate = SCALE * tl.load(gate + tl.load(code + batch, mask=inside, other=0).to(tl.int32))
    blue_gate = SCALE * tl.load(gate + tl.load(code + 2 * batch, mask=inside, other=0).to(tl.int32))
    red = red_gate * (tl.sum(top * red_row[None, :], 1) + tl.load(bias))
    green = green_gate * (tl.sum(top * green_row[None, :], 1) + tl.load(bias + 1))
    blue = blue_gate * (tl.sum(top * blue_row[None, :], 1) + tl.load(bias + 2))

    # The derivative of the squared error, first in linear ProPhoto, then with respect to the outputs.
    counts = tl.load(number + 5 * batch, mask=inside, other=0.0)
    x = _wide_error(red, green, blue, matrix, number + 2 * batch, inside) * counts
    y = _wide_error(red, green, blue, matrix + 1, number + 3 * batch, inside) * counts
    z = _wide_error(red, green, blue, matrix + 2, number + 4 * batch, inside) * counts
    red = red_gate * _mixed(x, y, z, matrix)
    green = green_gate * _mixed(x, y, z, matrix + 3)
    blue = blue_gate * _mixed(x, y, z, matrix + 6)

    # Backward.
    sums = partial_sums + (picture * tl.num_programs(0) + block) * MLP
    last = sums + LAST_AT
    tl.store(last + unit, tl.sum(top * red[:, None], 0), mask=unit < LAST)
    tl.store(last + LAST + unit, tl.sum(top * green[:, None], 0), mask=unit < LAST)
    tl.store(last + 2 * LAST + unit, tl.sum(top * blue[:, None], 0), mask=unit < LAST)
    tl.store(last + 3 * LAST, tl.sum(red, 0))
    tl.store(last + 3 * LAST + 1, tl.sum(green, 0))
    tl.store(last + 3 * LAST + 2, tl.sum(blue, 0))
    error = red[:, None] * red_row[None, :] + green[:, None] * green_row[None, :] + blue[:, None] * blue_row[None, :]
    error = tl.where(top > 0, error, 0.0)
    if SECOND:
        _store_layer(sums + (FEATURES + 1) * FIRST, one, error, unit, FIRST, SECOND, PRECISION)
        error = tl.where(one > 0, tl.dot(error, weight, input_precision=PRECISION), 0.0)
    _store_layer(sums, inputs, error, unit, FEATURES, FIRST, PRECISION)
    for c in tl.static_range(CHANNELS):
        column = tl.load(own + unit * FEATURES + c, mask=unit < FIRST, other=0.0)
        of_channel = unit_step * tl.sum(error * column[None, :], 1)
        tl.store(grid_errors + (picture * CHANNELS + c) * batch + lane, of_channel, mask=inside)


@triton.jit  # type: ignore[untyped-decorator]
def add_partial_sums(  # type: ignore[no-untyped-def]
    partial_sums, gradient, programs, row,
    MLP: tl.constexpr, BLOCK: tl.constexpr, TOGETHER: tl.constexpr,
):  # fmt: skip
    """Sum the parts of BLOCK parameters, (P, programs, MLP), and write the sums to the gradient, (P, row)."""
    at, picture = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.program_id(1).to(tl.int64)
    part, known = tl.arange(0, TOGETHER), at < MLP
    total = tl.zeros((TOGETHER, BLOCK), tl.float32)
    start = 0
    while start < programs:
        there = ((start + part) < programs)[:, None] & known[None, :]
        source = partial_sums + (picture * programs + start + part)[:, None] * MLP + at[None, :]
        total += tl.load(source, mask=there, other=0.0)
        start += TOGETHER
    tl.store(gradient + picture * row + at, tl.sum(total, 0), mask=known)


@triton.jit(do_not_specialize=["most"])  # type: ignore[untyped-decorator]
def grid_gradients(  # type: ignore[no-untyped-def]
    values, grid_errors, entries, shares, starts, now, first, batches, planes, rate_weight, gradient,
    row, most, batch, nodes,
    CHANNELS: tl.constexpr, MLP: tl.constexpr, BLOCK: tl.constexpr, TOGETHER: tl.constexpr,
):  # fmt: skip
    """The gradient of BLOCK nodes of one channel: the sum over the samples around each, and the rate's derivative.

    The samples around a node are the `entries` from its place in `starts` to that of the next node, see
    :class:`~gamutmeta.fit.gpu.triton.samples.TritonSamples`. TOGETHER of them are read at a time.
    """
    node, channel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.program_id(1)
    picture = tl.program_id(2).to(tl.int64)
    plane = tl.load(planes + picture)
    known = node < plane
    at = picture * most + (tl.load(now) - tl.load(first)) % tl.load(batches + picture)
    start = starts + at * (nodes + 1) + node
    begin, end = tl.load(start, mask=known, other=0), tl.load(start + 1, mask=known, other=0)
    source = grid_errors + (picture * CHANNELS + channel) * batch
    total = tl.zeros((BLOCK, TOGETHER), tl.float32)
    longest = tl.max(end - begin, 0)
    offset = 0
    while offset < longest:
        entry = begin[:, None] + (offset + tl.arange(0, TOGETHER))[None, :]
        there = entry < end[:, None]
        sample = tl.load(entries + at * 4 * batch + entry, mask=there, other=0)
        share = tl.load(shares + at * 4 * batch + entry, mask=there, other=0.0)
        total += share * tl.load(source + sample, mask=there, other=0.0)
        offset += TOGETHER
    place = picture * row + MLP + channel * plane + node
    value = tl.load(values + place, mask=known, other=0.0)
    sign = tl.where(value > 0, 1.0, tl.where(value < 0, -1.0, 0.0))
    slope = tl.load(rate_weight + picture) * sign / ((1 + tl.abs(value)) * _LN_2)
    tl.store(gradient + place, tl.sum(total, 1) + slope, mask=known)


@triton.jit  # type: ignore[untyped-decorator]
def adam(  # type: ignore[no-untyped-def]
    values, gradient, means, squares, now, factors, corrections, rates, row, count,
    BETA_1: tl.constexpr, BETA_2: tl.constexpr, EPSILON: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One step of Adam for BLOCK parameters of one picture.

    `values` and `gradient` are (P, count) in rows of `row`, `means` and `squares` (P, count). `factors` (steps,) are
    those of the learning rate, `corrections` (steps, 2) Adam's bias corrections, and `rates` (P,) the learning rates.
    """
    at, picture = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.program_id(1).to(tl.int64)
    known, step = at < count, tl.load(now)
    place, state = picture * row + at, picture * count + at
    slope = tl.load(gradient + place, mask=known, other=0.0)
    mean, square = tl.load(means + state, mask=known, other=0.0), tl.load(squares + state, mask=known, other=0.0)
    mean = BETA_1 * mean + (1 - BETA_1) * slope
    square = BETA_2 * square + (1 - BETA_2) * slope * slope
    tl.store(means + state, mean, mask=known)
    tl.store(squares + state, square, mask=known)
    rate = tl.load(rates + picture) * tl.load(factors + step) * tl.load(corrections + 2 * step)
    change = rate * mean / (tl.sqrt(square) * tl.load(corrections + 2 * step + 1) + EPSILON)
    tl.store(values + place, tl.load(values + place, mask=known, other=0.0) - change, mask=known)


@triton.jit  # type: ignore[untyped-decorator]
def _matrix(source, unit, inputs: tl.constexpr, outputs: tl.constexpr):  # type: ignore[no-untyped-def]
    """Weights (outputs, inputs), padded."""
    there = (unit < outputs)[:, None] & (unit < inputs)[None, :]
    return tl.load(source + unit[:, None] * inputs + unit[None, :], mask=there, other=0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _vector(source, unit, count: tl.constexpr):  # type: ignore[no-untyped-def]
    """A row of weights, or biases, padded."""
    return tl.load(source + unit, mask=unit < count, other=0.0)


@triton.jit
def _mixed(red, green, blue, row):  # type: ignore[no-untyped-def]
    """The scalar product with three adjacent numbers."""
    return red * tl.load(row) + green * tl.load(row + 1) + blue * tl.load(row + 2)


@triton.jit
def _wide_error(red, green, blue, column, target, inside):  # type: ignore[no-untyped-def]
    """One channel of linear ProPhoto minus its target; `column` points to the matching column of the matrix."""
    found = red * tl.load(column) + green * tl.load(column + 3) + blue * tl.load(column + 6)
    return found - tl.load(target, mask=inside, other=0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _store_layer(  # type: ignore[no-untyped-def]
    target, before, error, unit, inputs: tl.constexpr, outputs: tl.constexpr, PRECISION: tl.constexpr
):  # fmt: skip
    """Store the gradient of a layer's weights and biases, from its inputs and the derivative by its outputs."""
    there = (unit < outputs)[:, None] & (unit < inputs)[None, :]
    slope = tl.dot(tl.trans(error), before, input_precision=PRECISION)
    tl.store(target + unit[:, None] * inputs + unit[None, :], slope, mask=there)
    tl.store(target + outputs * inputs + unit, tl.sum(error, 0), mask=unit < outputs)
