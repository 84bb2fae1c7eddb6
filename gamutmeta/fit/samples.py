"""Which pixels the fit sees: a bounded random draw, strip by strip, from a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.errors import FitError
from gamutmeta.model.descriptor import Head
from gamutmeta.model.features import gate_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Samples", "draw_samples"]

_STRIP_PIXELS = 1 << 20

_OG_DENSITY = 10
"""The paper's model sees out-of-gamut pixels ten times as densely as the others (every 5th against every 50th)."""


@dataclass(frozen=True, slots=True)
class Samples:
    """N pixels in random order.

    Attributes:
        codes: sRGB codes, uint8 (N, 3).
        row, column: where they lie, int32 (N,).
        wide: what they should become, linear ProPhoto, float32 (N, 3).
    """

    codes: NDArray[np.uint8]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    wide: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.codes)


def draw_samples(
    descriptor: Descriptor,
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    count: int,
    rng: np.random.Generator,
) -> Samples:
    """Draw about `count` pixels at the most, without replacement.

    For a gated model: pixels where the gate is open on some channel, all alike. For the paper's model: out-of-gamut
    pixels ten times as densely as the others.

    Args:
        descriptor: the model to be fitted.
        codes: the sRGB picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        count: the most pixels to draw.
        rng: where the randomness comes from.

    Raises:
        FitError: if there is no pixel to learn from.
    """
    height, width = codes.shape[:2]
    rows = max(1, _STRIP_PIXELS // width)
    density = np.empty((height, width), np.uint8)
    for top in range(0, height, rows):
        strip = slice(top, top + rows)
        density[strip] = _density(descriptor, codes[strip], wide[strip])
    densest = int(density.max())
    if densest == 0:
        raise FitError("no pixel of the picture lies where the model acts; there is nothing to fit")
    expected = float(density.sum(dtype=np.float64)) / densest
    scale = np.float32(min(1.0, count / expected) / densest)
    picks = []
    for top in range(0, height, rows):
        strip_density = density[top : top + rows].ravel()
        picks.append(np.flatnonzero(rng.random(strip_density.shape, np.float32) < strip_density * scale) + top * width)
    at = np.concatenate(picks)
    if len(at) == 0:  # a handful of candidates, all missed by the draw
        at = np.flatnonzero(density)[:count]
    row, column = np.divmod(rng.permutation(at), width)
    return Samples(
        codes=codes[row, column],
        row=row.astype(np.int32),
        column=column.astype(np.int32),
        wide=decode_table(PROPHOTO, 65536)[wide[row, column]],
    )


def _density(descriptor: Descriptor, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """How densely each pixel of a strip is to be drawn, relative to the others; (rows, W)."""
    if descriptor.head is Head.SRGB_EXCESS:
        active = (gate_weights(descriptor.gate) > 0)[codes]
        return np.asarray(active[..., 0] | active[..., 1] | active[..., 2], np.uint8)
    matrix = reduction_matrix(descriptor.adaptation)
    og = out_of_gamut(apply_matrix(matrix, decode_table(PROPHOTO, 65536)[wide]))
    return np.where(og, np.uint8(_OG_DENSITY), np.uint8(1))
