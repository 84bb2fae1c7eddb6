"""A fitted map, rounded to the steps of a JPEG's coefficients: what costs more bits than it is worth becomes 0.

A step in the gains counts by the curvature of the error there, so the same coefficient is kept at an edge of vivid
colour and dropped in a wall. The codes of the map are 128 where the gain is 0; a gain of `+code_gain` is one code less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.colour_map.grid import Stencil

    Floats = NDArray[np.floating[Any]]

__all__ = ["BLOCK", "CENTRE", "RoundedMap", "Rounding", "gains_of_codes"]

BLOCK = 8
CENTRE = 128
_HIGHEST_CODE = 120
"""What the largest gain becomes; a little is left for what rounding adds."""

_TO_RGB = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
"""ITU-T T.871, 7."""

_BITS = 5.0
"""Of a coefficient that is not 0 in the JPEGs of small maps: its run and its first bit; each further bit adds two."""

_PRICE = 0.12
"""Of a bit, in squared steps: what it saves at high rates, 2 ln 2 / 12."""

_MOST_STEP = 255


@dataclass(frozen=True, slots=True)
class RoundedMap:
    """A map for a JPEG.

    Attributes:
        samples: YCbCr, uint8 (rows, columns, 3).
        steps: of the coefficients of Y, and of Cb and Cr.
    """

    samples: NDArray[np.uint8]
    steps: tuple[int, int]


class Rounding:
    """A fitted map, to be rounded more or less coarsely.

    Args:
        gains: natural logarithms, float32 (3, rows, columns); rows and columns are multiples of 8.
        stencil: the curvature of the error.
        emphasis: how much more the error counts around cells, float32 (rows, columns).
    """

    def __init__(self, gains: Floats, stencil: Stencil, emphasis: Floats) -> None:
        self.code_gain = max(float(np.abs(gains).max()), 1e-3) / _HIGHEST_CODE
        ycc = np.einsum("ij,jrc->irc", np.linalg.inv(_TO_RGB), -gains / self.code_gain)
        self._coefficients = _blocks(ycc) @ _both_ways().T
        self._weights = _weights(stencil, emphasis) * self.code_gain**2
        # Of the two colour channels together: they share their steps.
        energy = [float((w * np.square(c)).sum() / max(np.square(c).sum(), 1e-30)) for w, c in self._pairs()]
        chroma = max(energy[1], energy[2], 1e-30)
        self._ratio = float(np.clip(np.sqrt(energy[0] / chroma), 0.5, 4)) if energy[0] > 0 else 1.0
        self._typical = max(energy[0], 1e-30)

    def _pairs(self) -> list[tuple[Floats, Floats]]:
        return list(zip(self._weights, self._coefficients, strict=True))

    def rounded(self, step: float) -> RoundedMap:
        """The map with coefficients of Y that are multiples of about `step` codes."""
        steps = [int(np.clip(s, 1, _MOST_STEP)) for s in (step, step * self._ratio)]
        price = _PRICE * self._typical * step**2
        planes = []
        for (weight, wanted), size in zip(self._pairs(), (steps[0], steps[1], steps[1]), strict=True):
            counts = np.rint(wanted / size)
            bits = _BITS + 2 * np.log2(np.maximum(np.abs(counts), 1))
            gain = weight * (np.square(wanted) - np.square(wanted - counts * size))
            planes.append(np.where(gain > price * bits, counts * size, 0))
        values = _picture(np.stack(planes) @ _both_ways(), self._weights.shape[1:3])
        samples = np.clip(np.rint(values + CENTRE), 0, 255).astype(np.uint8)
        return RoundedMap(np.ascontiguousarray(samples.transpose(1, 2, 0)), (steps[0], steps[1]))


def gains_of_codes(codes: NDArray[np.uint8], code_gain: float) -> Floats:
    """The gains of a decoded map, natural logarithms, float32 (3, rows, columns), of RGB codes (rows, columns, 3)."""
    gains: Floats = ((CENTRE - codes.astype(np.float32)) * np.float32(code_gain)).transpose(2, 0, 1)
    return np.ascontiguousarray(gains)


def _weights(stencil: Stencil, emphasis: Floats) -> Floats:
    """What a squared coefficient of one code is worth: (3, block rows, block columns, 64)."""
    directions = _TO_RGB.T.astype(np.float32)
    shape = stencil.diagonal.shape
    found = []
    for direction in directions:
        everywhere = np.broadcast_to(direction[:, None, None], shape)
        found.append((stencil.times(np.ascontiguousarray(everywhere)) * everywhere).sum(0) * emphasis)
    means = np.maximum(_blocks(np.stack(found).astype(np.float64)).mean(-1, keepdims=True), 0)
    # Enlarging blurs what is fine: by a third along each side, at the finest.
    passed = (2 + np.cos(np.pi * np.arange(BLOCK) / BLOCK)) / 3
    weights: Floats = means * np.outer(passed, passed).ravel()
    return weights


def _blocks(planes: NDArray[np.floating[Any]]) -> Floats:
    """Planes (3, rows, columns) as blocks (3, block rows, block columns, 64)."""
    _, rows, columns = planes.shape
    parts = planes.reshape(3, rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return parts.transpose(0, 1, 3, 2, 4).reshape(3, rows // BLOCK, columns // BLOCK, BLOCK * BLOCK).astype(np.float64)


def _picture(blocks: Floats, count: tuple[int, ...]) -> Floats:
    down, right = count
    parts = blocks.reshape(3, down, right, BLOCK, BLOCK).transpose(0, 1, 3, 2, 4)
    return parts.reshape(3, down * BLOCK, right * BLOCK)


@cache
def _both_ways() -> Floats:
    """The discrete cosine transform of blocks, as JPEG has it (ITU-T T.81, A.3.3): an orthogonal 64x64 matrix."""
    n = np.arange(BLOCK)
    one = np.sqrt(2 / BLOCK) * np.cos(np.pi * (2 * n + 1) * n[:, None] / (2 * BLOCK))
    one[0] /= np.sqrt(2)
    return np.kron(one, one)
