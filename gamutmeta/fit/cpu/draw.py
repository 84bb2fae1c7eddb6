"""Error-weighted sampling by numpy; :mod:`gamutmeta.fit.importance` says why, and does the same with torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FLOOR", "draw_by_error"]

FLOOR = 0.3
"""Added to every sample's error, as a share of the mean error."""


def draw_by_error(
    squared_errors: NDArray[np.float32], weights: NDArray[np.float32], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Draw samples with replacement, in random order.

    Args:
        squared_errors: current squared error of each sample, (N,).
        weights: weight of each sample in the loss, (N,).
        count: how many to draw.
        rng: generator of random numbers.

    Returns:
        Which samples, (count,), and their new weights, float32 (count,): the expected weighted squared error is that
        of all samples.
    """
    wrong = np.sqrt(squared_errors * weights, dtype=np.float64)
    likely = wrong + (FLOOR * wrong.mean() + 1e-30)
    # Equally spaced on the cumulative sum: how often a sample is drawn differs from the expectation by less than one.
    reached = likely.cumsum()
    offset = rng.random()
    before = np.clip(np.ceil(reached * (count / reached[-1]) - offset), 0, count).astype(np.int64)
    before[-1] = count
    drawn = np.repeat(np.arange(len(likely)), np.diff(before, prepend=0))
    shuffled = np.empty_like(drawn)
    shuffled[rng.permutation(count)] = drawn
    factor = weights * (reached[-1] / len(likely)) / likely
    return shuffled, factor[shuffled].astype(np.float32)
