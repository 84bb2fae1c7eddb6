"""The slowest parts of a fit, compiled by numba: the gradient, and the densities of all pixels before the draw.

The gradient is computed completely for a few samples at a time, so that their values stay in the cache. The plain twins
are :class:`gamutmeta.fit.gradient.HandGradient`, for the same models, and the numpy code of
:mod:`gamutmeta.fit.samples`. This module is imported only where it is used.

Everything that sums in any order is inlined into one compiled function. As separate functions, the parts would become
different machine code, with another order of sums, in the process that compiles them than in processes that read them
from numba's cache. Then one seed would give two payloads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["add_gradient", "densities", "rate_slope"]

_LANES = 256
"""Samples processed at once. Their values of one unit are adjacent. Half as many take an eighth longer."""

_SUMS = {"contract", "nsz", "reassoc"}
"""Lets the compiler reorder sums. The order is the same on every run."""


@njit(nogil=True, cache=True, fastmath=_SUMS)
def add_gradient(  # type: ignore[no-untyped-def]
    widths, parameters, grid, step, corner, fractions, colour, gate, target, weight, matrix, scale, gradient,
    grid_gradient,
):  # fmt: skip
    """Add the gradient of the loss over one batch.

    Args:
        widths: number of features, then number of units of each layer, (layers + 1,).
        parameters: weights (outputs, inputs) and biases of each layer, one after the other.
        grid: with noise, in steps, (channels, height, width).
        step: quantisation step of the grid.
        corner: index, within one channel, of the first node of each sample's grid cell, (n,).
        fractions: position of each sample in its cell, x and y, (2, n).
        colour: colour features, (features, n).
        gate: the model's weight on each channel, (3, n).
        target: what the model should add to clipped linear ProPhoto, (3, n).
        weight: of each sample, times the constant factors of the derivative, (n,).
        matrix: linear sRGB to linear ProPhoto, for row vectors, (3, 3).
        scale: of the last layer's outputs.
        gradient: of `parameters`; the result is added to it.
        grid_gradient: of `grid`; the result is added to it.
    """
    layers, channels = len(widths) - 1, grid.shape[0]
    widest = 0
    for k in range(layers + 1):
        widest = max(widest, widths[k])
    values = np.zeros((layers + 1, widest, _LANES), np.float32)
    errors = np.zeros((2, widest, _LANES), np.float32)
    turned = _transposed(widths, parameters)
    nodes, slopes = grid.reshape(channels, -1), grid_gradient.reshape(channels, -1)
    across = grid.shape[2]
    for start in range(0, len(weight), _LANES):
        count = min(_LANES, len(weight) - start)
        for channel in range(channels):
            _sample(nodes[channel], across, step, corner, fractions, start, count, values[0, channel])
        for feature in range(len(colour)):
            for lane in range(count):
                values[0, channels + feature, lane] = colour[feature, start + lane]
        at = 0
        for k in range(layers):
            _layer(widths[k], widths[k + 1], parameters, at, values[k], values[k + 1], k < layers - 1)
            at += (widths[k] + 1) * widths[k + 1]
        here, there = errors[0], errors[1]
        _output_errors(values[layers], gate, target, weight, matrix, scale, start, count, here)
        for k in range(layers - 1, -1, -1):
            inputs, outputs = widths[k], widths[k + 1]
            at -= (inputs + 1) * outputs
            _add_outer(inputs, outputs, here, values[k], gradient, at)
            # The derivative with respect to the colour features is not needed.
            wanted = inputs if k else channels
            there[:wanted, :] = 0
            _accumulate(there, wanted, turned, at, outputs, here)
            if k:
                for i in range(inputs):
                    for lane in range(_LANES):
                        there[i, lane] = there[i, lane] if values[k, i, lane] > 0 else np.float32(0)
            here, there = there, here
        for channel in range(channels):
            _scatter(slopes[channel], across, step, corner, fractions, start, count, here[channel])


@njit(nogil=True, cache=True)
def densities(codes, wide, active, srgb, romm, matrix, factor, densest, out):  # type: ignore[no-untyped-def]
    """Compute with which density to draw each pixel: its error by clipping times `factor`, from 1 to `densest`.

    The error is the root of the squared error, summed over the channels.

    Args:
        codes: sRGB codes, uint8 (n, 3).
        wide: ROMM RGB, uint16 (n, 3).
        active: whether the gate is open at each code of a channel, (3, 256). Pixels where it is closed on all get 0.
        srgb: linear value of each code of a channel, (3, 256).
        romm: linear value of each code, (65536,).
        matrix: linear sRGB to linear ProPhoto, float32 (3, 3).
        factor: density per unit of error.
        densest: upper bound, at most 255.
        out: the densities, uint8 (n,).
    """
    for at in range(len(codes)):
        r, g, b = codes[at, 0], codes[at, 1], codes[at, 2]
        out[at] = 0
        if active[0, r] or active[1, g] or active[2, b]:
            square = np.float32(0)
            for channel in range(3):
                m0, m1, m2 = matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]
                clipped = (srgb[0, r] * m0 + srgb[1, g] * m1) + srgb[2, b] * m2
                difference = clipped - romm[wide[at, channel]]
                square += difference * difference
            out[at] = min(max(np.rint(np.sqrt(square) * factor), np.float32(1)), np.float32(densest))


@njit(nogil=True, cache=True)
def rate_slope(grid, slope):  # type: ignore[no-untyped-def]
    """Write the derivative of ``sum(log2(1 + |z|))`` to `slope`; z is the `grid`, in steps. Both are contiguous."""
    every, slopes = grid.reshape(-1), slope.reshape(-1)
    factor = np.float32(1 / np.log(2))
    for at in range(len(every)):
        slopes[at] = np.sign(every[at]) * (factor / (1 + abs(every[at])))


@njit(nogil=True, cache=True)
def _transposed(widths, parameters):  # type: ignore[no-untyped-def]
    """A copy of the parameters in which the weights of each layer are transposed to (inputs, outputs)."""
    turned = np.empty_like(parameters)
    at = 0
    for k in range(len(widths) - 1):
        inputs, outputs = widths[k], widths[k + 1]
        for o in range(outputs):
            for i in range(inputs):
                turned[at + i * outputs + o] = parameters[at + o * inputs + i]
        at += (inputs + 1) * outputs
    return turned


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _sample(nodes, across, step, corner, fractions, start, count, features):  # type: ignore[no-untyped-def]
    """Interpolate one channel of the grid at the samples."""
    for lane in range(count):
        at, fx, fy = corner[start + lane], fractions[0, start + lane], fractions[1, start + lane]
        above = nodes[at] + fx * (nodes[at + 1] - nodes[at])
        below = nodes[at + across] + fx * (nodes[at + across + 1] - nodes[at + across])
        features[lane] = step * (above + fy * (below - above))


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _scatter(slopes, across, step, corner, fractions, start, count, error):  # type: ignore[no-untyped-def]
    """Add the derivative of :func:`_sample` with respect to the nodes."""
    for lane in range(count):
        at, fx, fy = corner[start + lane], fractions[0, start + lane], fractions[1, start + lane]
        below = step * error[lane] * fy
        above = step * error[lane] - below
        slopes[at] += above - above * fx
        slopes[at + 1] += above * fx
        slopes[at + across] += below - below * fx
        slopes[at + across + 1] += below * fx


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _layer(inputs, outputs, parameters, at, values, results, has_relu):  # type: ignore[no-untyped-def]
    for o in range(outputs):
        results[o, :] = parameters[at + inputs * outputs + o]
    _accumulate(results, outputs, parameters, at, inputs, values)
    if has_relu:
        for o in range(outputs):
            for lane in range(_LANES):
                results[o, lane] = max(results[o, lane], np.float32(0))


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _output_errors(outputs, gate, target, weight, matrix, scale, start, count, errors):  # type: ignore[no-untyped-def]
    """The derivative of the loss with respect to the last layer's outputs; 0 beyond the last sample."""
    errors[:3, :] = 0
    for lane in range(count):
        at = start + lane
        g0, g1, g2 = gate[0, at], gate[1, at], gate[2, at]
        e0, e1, e2 = outputs[0, lane] * g0 * scale, outputs[1, lane] * g1 * scale, outputs[2, lane] * g2 * scale
        w = weight[at]
        d0 = (e0 * matrix[0, 0] + e1 * matrix[1, 0] + e2 * matrix[2, 0] - target[0, at]) * w
        d1 = (e0 * matrix[0, 1] + e1 * matrix[1, 1] + e2 * matrix[2, 1] - target[1, at]) * w
        d2 = (e0 * matrix[0, 2] + e1 * matrix[1, 2] + e2 * matrix[2, 2] - target[2, at]) * w
        errors[0, lane] = (d0 * matrix[0, 0] + d1 * matrix[0, 1] + d2 * matrix[0, 2]) * g0
        errors[1, lane] = (d0 * matrix[1, 0] + d1 * matrix[1, 1] + d2 * matrix[1, 2]) * g1
        errors[2, lane] = (d0 * matrix[2, 0] + d1 * matrix[2, 1] + d2 * matrix[2, 2]) * g2


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _accumulate(totals, outputs, weights, at, inputs, values):  # type: ignore[no-untyped-def]
    """Add the products of weights and inputs to the first rows of `totals`, one row for each output.

    The weights begin at `at`. Two rows and four inputs are processed at a time, as in
    :mod:`gamutmeta.model.expand_loops`.
    """
    for o in range(0, outputs - 1, 2):
        even, odd, here, next_ = totals[o], totals[o + 1], at + o * inputs, at + (o + 1) * inputs
        for i in range(0, inputs - 3, 4):
            a, b, c, d = weights[here + i], weights[here + i + 1], weights[here + i + 2], weights[here + i + 3]
            e, f, g, h = weights[next_ + i], weights[next_ + i + 1], weights[next_ + i + 2], weights[next_ + i + 3]
            p, q, r, s = values[i], values[i + 1], values[i + 2], values[i + 3]
            for lane in range(_LANES):
                x, y, z, w = p[lane], q[lane], r[lane], s[lane]
                even[lane] += (a * x + b * y) + (c * z + d * w)
                odd[lane] += (e * x + f * y) + (g * z + h * w)
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


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _add_outer(inputs, outputs, errors, values, gradient, at):  # type: ignore[no-untyped-def]
    """Add the derivatives of weights and biases: products of errors and values, summed over the samples."""
    zero = np.float32(0)
    for o in range(0, outputs - 1, 2):
        even, odd, here, next_ = errors[o], errors[o + 1], at + o * inputs, at + (o + 1) * inputs
        for i in range(0, inputs - 3, 4):
            p, q, r, s = values[i], values[i + 1], values[i + 2], values[i + 3]
            a = b = c = d = e = f = g = h = zero
            for lane in range(_LANES):
                x, y, z, w, u, v = p[lane], q[lane], r[lane], s[lane], even[lane], odd[lane]
                a += u * x
                b += u * y
                c += u * z
                d += u * w
                e += v * x
                f += v * y
                g += v * z
                h += v * w
            for k, sum_ in enumerate((a, b, c, d)):
                gradient[here + i + k] += sum_
            for k, sum_ in enumerate((e, f, g, h)):
                gradient[next_ + i + k] += sum_
        for i in range(inputs - inputs % 4, inputs):
            gradient[here + i] += _dot(even, values[i])
            gradient[next_ + i] += _dot(odd, values[i])
    if outputs % 2:
        for i in range(inputs):
            gradient[at + (outputs - 1) * inputs + i] += _dot(errors[outputs - 1], values[i])
    for o in range(outputs):
        total = zero
        for lane in range(_LANES):
            total += errors[o, lane]
        gradient[at + inputs * outputs + o] += total


@njit(nogil=True, inline="always", fastmath=_SUMS)
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for lane in range(_LANES):
        total += a[lane] * b[lane]
    return total
