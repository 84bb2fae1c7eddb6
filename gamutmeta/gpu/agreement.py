"""Whether what a GPU made of a picture is what the plain forward pass makes of it, on some of the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.model.features import gate_weights
from gamutmeta.model.reference import linear_reference, romm_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["candidates", "chosen", "disagreement"]

_EDGE = 64
"""Pixels of each edge, besides the corners."""

_CANDIDATES, _OPEN, _SHUT = 1 << 14, 1024, 512
"""Pixels among which is looked for; how many of them on which the model acts, and how many others."""

_MOST, _RARE = 2, 0.001
"""The specification's tolerance: so many 16-bit codes at most, and more than one on so small a share of the samples."""


def candidates(height: int, width: int) -> NDArray[np.intp]:
    """Pixels of a picture, counted row by row, (n,): first those of corners and edges, then some from everywhere."""
    rng = np.random.default_rng(0)
    row, column = rng.integers(height, size=2 * _EDGE), rng.integers(width, size=2 * _EDGE)
    first, last = np.zeros(_EDGE, np.intp), np.full(_EDGE, 1, np.intp)
    sides = np.concatenate([first, last])
    rows = np.concatenate([[0, 0, height - 1, height - 1], row, sides * (height - 1)])
    columns = np.concatenate([[0, width - 1, 0, width - 1], sides * (width - 1), column])
    return np.concatenate([rows * width + columns, rng.integers(height * width, size=_CANDIDATES)])


def chosen(descriptor: Descriptor, codes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Which of the candidates are to be compared, given the codes of all, uint8 (n, 3): both sides of the gate."""
    acts = (gate_weights(descriptor)[np.arange(3), codes] > 0).any(-1)
    fixed = 4 + 4 * _EDGE
    inner = np.arange(len(codes)) >= fixed
    some = [np.flatnonzero(inner & side)[:most] for side, most in ((acts, _OPEN), (~acts, _SHUT))]
    return np.concatenate([np.arange(fixed), *some])


def disagreement(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    size: tuple[int, int],
    *,
    at: NDArray[np.intp],
    codes: NDArray[np.uint8],
    found: NDArray[np.uint16],
) -> str | None:
    """How far pixels are from those of the plain forward pass, for people; None within the specification's tolerance.

    Args:
        descriptor: the model.
        weights: its tensors.
        size: width and height of the picture.
        at: pixels of the picture, counted row by row, (n,).
        codes: their samples, uint8 (n, 3).
        found: what a GPU made of them, ROMM RGB, uint16 (n, 3).
    """
    row, column = np.divmod(at, size[0])
    expected = romm_reference(linear_reference(descriptor, weights, codes, at=(row, column), size=size))
    difference = np.abs(found.astype(np.int32) - expected)
    worst, share = int(difference.max(initial=0)), float(np.mean(difference > 1))
    if worst <= _MOST and share <= _RARE:
        return None
    return f"it was up to {worst:,} of 65,535 codes off, and more than one on {share:.1%} of the samples compared"
