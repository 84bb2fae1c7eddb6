"""Expansion written for the reader: the arithmetic of the specification, step by step, on the whole picture at once.

The plain twin of :mod:`gamutmeta.model.expand`, which computes the same with tables, strips and threads. Tests compare
the two. Use this one only on small pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.spaces import apply_matrix, expansion_matrix
from gamutmeta.color.transfer import encode_romm
from gamutmeta.model.descriptor import Head, RgbSource
from gamutmeta.model.features import (
    code_coordinate,
    fitted_positions,
    gate_weights,
    grid_nodes,
    linear_samples,
    octave_features,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["expand_reference", "linear_reference", "romm_reference"]


def expand_reference(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    codes: NDArray[np.uint8],
) -> NDArray[np.uint16]:
    """Expand an 8-bit sRGB picture to 16-bit ROMM RGB.

    Args:
        descriptor: the architecture.
        weights: the tensors named by ``descriptor.tensor_specs()``, float32.
        codes: 8-bit samples as ``descriptor.samples`` says, sRGB or YCbCr, shape (H, W, 3).

    Returns:
        ROMM RGB, uint16 of shape (H, W, 3).
    """
    height, width = codes.shape[:2]
    at = np.arange(height)[:, None], np.arange(width)[None, :]
    return romm_reference(linear_reference(descriptor, weights, codes, at=at, size=(width, height)))


def linear_reference(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    codes: NDArray[np.uint8],
    *,
    at: tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]],
    size: tuple[int, int],
) -> Floats:
    """Expand some pixels of a picture to linear ProPhoto RGB that is not clipped yet.

    Args:
        descriptor: the architecture.
        weights: the tensors named by ``descriptor.tensor_specs()``, float32.
        codes: 8-bit samples of the pixels as ``descriptor.samples`` says, uint8 (..., 3).
        at: their rows and columns, integers that broadcast to (...).
        size: width and height of the whole picture.

    Returns:
        Linear ProPhoto RGB with 1 for white, float32 (..., 3); not finite where the weights make it so.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        row, column = (np.asarray(part, np.intp) for part in at)
        return _expand(descriptor, weights, codes, fitted_positions(column, row, size, descriptor.affine))


def romm_reference(wide: Floats) -> NDArray[np.uint16]:
    """16-bit ROMM RGB of linear ProPhoto RGB, which is clipped; uint16 of the shape of `wide`."""
    # fmax, so that a not-a-number (weights can make one) becomes black rather than undefined.
    encoded = encode_romm(np.fmin(np.fmax(wide, np.float32(0)), np.float32(1)))
    return np.asarray(np.rint(encoded * np.float32(65535)), np.uint16)


def _expand(
    descriptor: Descriptor, weights: Mapping[str, Floats], codes: NDArray[np.uint8], at: tuple[Floats, Floats]
) -> Floats:
    """See :func:`linear_reference`; `at` are the positions on the fitted picture."""
    matrix = expansion_matrix(descriptor.adaptation)
    linear = linear_samples(descriptor, codes)
    if descriptor.head is Head.SRGB_EXCESS:
        features = _features(descriptor, weights, codes, apply_matrix(matrix, linear), at)
        outputs = _network(descriptor, weights, features)
        gate = gate_weights(descriptor)[np.arange(3), codes]
        # Where the gate is shut for all three channels, not even an output that is not finite counts.
        linear = np.where(gate.any(-1, keepdims=True), linear + gate * outputs, linear)
    wide = apply_matrix(matrix, linear)
    if descriptor.head is Head.WIDE_RESIDUAL:
        wide = wide + _network(descriptor, weights, _features(descriptor, weights, codes, wide, at))
    return wide


def _features(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    codes: NDArray[np.uint8],
    wide: Floats,
    at: tuple[Floats, Floats],
) -> Floats:
    """All input features, (..., feature_count), at the positions `at`, u and v."""
    u, v = at
    parts: list[Floats] = []
    if descriptor.grid is not None:
        parts.append(_bilinear(weights["grid"], u, v))
    if descriptor.xy is not None:
        x = octave_features(2 * u - 1, descriptor.xy.octaves)
        y = octave_features(2 * v - 1, descriptor.xy.octaves)
        shape = (*codes.shape[:-1], x.shape[-1])
        parts += [np.broadcast_to(x, shape), np.broadcast_to(y, shape)]
    if descriptor.rgb is not None:
        from_code = descriptor.rgb.source is RgbSource.CODE
        t = np.asarray(code_coordinate()[codes] if from_code else 2 * wide - 1, np.float32)
        for channel in range(3):
            if descriptor.rgb.identity:
                parts.append(t[..., channel, None])
            parts.append(octave_features(t[..., channel], descriptor.rgb.octaves))
    return np.concatenate(parts, axis=-1, dtype=np.float32)


def _bilinear(grid: Floats, u: Floats, v: Floats) -> Floats:
    """The grid's features at positions (u, v) of the fitted picture, (..., channels)."""
    (y, fy), (x, fx) = grid_nodes(v, grid.shape[0]), grid_nodes(u, grid.shape[1])
    fy, fx = fy[..., None], fx[..., None]
    top = grid[y, x] * (1 - fx) + grid[y, x + 1] * fx
    bottom = grid[y + 1, x] * (1 - fx) + grid[y + 1, x + 1] * fx
    return top * (1 - fy) + bottom * fy


def _network(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    features: Floats,
) -> Floats:
    """The MLP: (..., feature_count) to (..., 3); ReLU after every layer but the last."""
    values = features
    for k in range(len(descriptor.layer_widths) - 1):
        if k:
            values = np.maximum(values, np.float32(0))
        values = values @ weights[f"weight{k}"].T
        if descriptor.bias:
            values = values + weights[f"bias{k}"]
    return values
