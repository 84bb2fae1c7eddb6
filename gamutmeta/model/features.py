"""The input features, as pure functions of code, colour and position: the normative form, float32 throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.spaces import SRGB, decode_table
from gamutmeta.color.sycc import decode_sycc
from gamutmeta.model.descriptor import SampleCoding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Affine, Descriptor

    Floats = NDArray[np.floating[Any]]
    """Float32 everywhere; numpy's types cannot tell that an expression stays so."""

__all__ = [
    "code_coordinate",
    "code_values",
    "fitted_positions",
    "gate_weights",
    "grid_nodes",
    "grid_position",
    "linear_samples",
    "octave_features",
    "pixel_centres",
]


_CHANNELS = np.arange(3)


def pixel_centres(count: int) -> Floats:
    """Centres u = (x + 0.5) / count of the pixels along one side of the coded raster; float32 (count,) in (0, 1)."""
    return ((np.arange(count) + 0.5) / count).astype(np.float32)


def fitted_positions(
    column: NDArray[np.intp] | int,
    row: NDArray[np.intp] | int,
    size: tuple[int, int],
    affine: Affine | None,
) -> tuple[Floats, Floats]:
    """Where pixels of the coded raster lie in the fitted picture: u' = a u + b v + c, v' = d u + e v + f.

    Computed in double precision and rounded once, so that a crop's positions are as exact as the whole picture's.

    Args:
        column: of the pixels, integers.
        row: of the pixels, integers of a shape that broadcasts with `column`.
        size: width and height of the coded raster.
        affine: (a, b, c, d, e, f), or None for u' = u, v' = v.

    Returns:
        u' and v', float32. Without an affine each has the shape of its own argument, otherwise both have the common
        one. Positions on the fitted picture are on [0, 1].
    """
    width, height = size
    u, v = (np.asarray(column) + 0.5) / width, (np.asarray(row) + 0.5) / height
    if affine is not None:
        a, b, c, d, e, f = affine
        u, v = a * u + b * v + c, d * u + e * v + f
    return np.asarray(u, np.float32), np.asarray(v, np.float32)


def linear_samples(descriptor: Descriptor, codes: NDArray[np.uint8]) -> Floats:
    """What the samples stand for without a model: linear sRGB, which YCbCr samples and shoulders exceed.

    Args:
        descriptor: says what the codes are.
        codes: uint8 (..., 3).

    Returns:
        float32 (..., 3).
    """
    if descriptor.samples is SampleCoding.SYCC:
        return decode_sycc(codes)
    linear: Floats = code_values(descriptor)[_CHANNELS, codes]
    return linear


def code_values(descriptor: Descriptor) -> Floats:
    """Linear sRGB of each 8-bit code of red, green and blue, float32 (3, 256)."""
    if descriptor.shoulder is None:
        return np.broadcast_to(decode_table(SRGB, 256), (3, 256))
    return descriptor.shoulder.table()


def code_coordinate() -> Floats:
    """T = code / 127.5 - 1 of the 256 codes; float32 (256,) on [-1, 1]."""
    return (np.arange(256) / 127.5 - 1).astype(np.float32)


def octave_features(t: Floats, octaves: int, *, portable: bool = False) -> Floats:
    """The sines then the cosines of 2^k pi t for k = 0..octaves-1.

    The argument is reduced before the call: v = t 2^(k-1), r = v - rint(v), sin(2 pi r). Product and difference are
    exact in float32, so that every octave is as accurate as the first.

    Args:
        t: float32 of shape (...).
        octaves: at least 0.
        portable: take the sines in double precision and round them, so that they are the same on every processor. That
            takes five times as long: for tables, not for pixels.

    Returns:
        float32 of shape (..., 2 * octaves).
    """
    factors = np.exp2(np.arange(octaves, dtype=np.float32) - 1)
    v = t[..., None] * factors
    angle = (v - np.rint(v)) * (np.float64(2 * np.pi) if portable else np.float32(2 * np.pi))
    return np.asarray(np.concatenate([np.sin(angle), np.cos(angle)], axis=-1), np.float32)


def gate_weights(descriptor: Descriptor) -> Floats:
    """Weight of the model for each of the 256 codes of red, green and blue; float32 (3, 256) on [0, 1].

    See :class:`~gamutmeta.model.descriptor.Descriptor` for the meaning of its `gate`.
    """
    gate, shoulder = descriptor.gate, descriptor.shoulder
    if gate is None:
        return np.ones((3, 256), np.float32)
    # The last code of each end that clipped colours may have, counted from the end.
    dark, bright = np.zeros((2, 3, 1), np.intp)
    if shoulder is not None:
        dark, bright = (
            np.array([[max(end.codes - 1, 0)] for end in ends]) for ends in (shoulder.dark, shoulder.bright)
        )
    code = np.arange(256)
    distance = np.maximum(np.minimum(code - dark, 255 - bright - code), 0)
    if gate == 0:
        distance, gate = np.minimum(distance, 1), 1
    weight: Floats = np.maximum(1 - distance / gate, 0).astype(np.float32)
    return weight


def grid_position(count: int, nodes: int) -> tuple[NDArray[np.intp], Floats]:
    """Where the pixel centres of one side fall between grid nodes.

    Nodes are evenly spaced, the first and the last on the outer edges of the picture: p = u (nodes - 1).

    Args:
        count: pixels along the side.
        nodes: grid nodes along it, at least 2.

    Returns:
        Index of the node before each pixel (0..nodes-2), and the float32 fraction on [0, 1] towards the next one.
    """
    return grid_nodes(pixel_centres(count), nodes)


def grid_nodes(position: Floats, nodes: int) -> tuple[NDArray[np.intp], Floats]:
    """Where positions along one side of the fitted picture fall between grid nodes; see :func:`grid_position`.

    Args:
        position: float32 of any shape; beyond [0, 1] the grid goes on as at its edge.
        nodes: grid nodes along the side, at least 2.
    """
    position = np.clip(position, np.float32(0), np.float32(1)) * np.float32(nodes - 1)
    before = np.minimum(position.astype(np.intp), nodes - 2)
    return before, position - before.astype(np.float32)
