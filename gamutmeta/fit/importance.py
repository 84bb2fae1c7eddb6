"""Error-weighted sampling: the fit looks more often where it is wrong.

Of a photograph's samples a twentieth may hold half of the squared error, so that a uniform draw spends most of its work
where nothing is to be gained, and its gradient is noisy. Drawing a sample with probability p and weighting its error
with 1 / (N p) leaves the loss as it is and its gradient quieter: 0.3 dB more at the same number of steps on grainy
photographs, nothing lost on others (benchmarks/experiments.md).

Katharopoulos and Fleuret, "Not All Samples Are Created Equal: Deep Learning with Importance Sampling", ICML 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Problem

__all__ = ["draw_by_error"]

_FLOOR = 0.3
"""Added to every sample's error, as a share of the mean error: what is right today may be wrong tomorrow. 0.1 to 1 do
the same."""


def draw_by_error(
    problem: Problem, squared_errors: Tensor, weights: Tensor, count: int, generator: torch.Generator
) -> Problem:
    """Draw samples with replacement, in random order.

    Args:
        problem: all samples.
        squared_errors: of each at present, (N,).
        weights: of each in the loss, (N,).
        count: how many to draw.
        generator: of random numbers, on the CPU.

    Returns:
        Samples whose weighted squared error has the same expectation as that of all of them.
    """
    wrong = (squared_errors * weights).double().sqrt()
    likely = wrong + (_FLOOR * wrong.mean() + 1e-30)
    likely /= likely.sum()
    # Systematic: equally spaced on the cumulative sum, so that a sample occurs within one of as often as expected.
    offset = float(torch.rand(1, generator=generator))
    ticks = (torch.arange(count, device=likely.device, dtype=torch.float64) + offset) / count
    drawn = torch.searchsorted(likely.cumsum(0), ticks).clamp_(max=len(problem) - 1)
    drawn = drawn[torch.randperm(count, generator=generator).to(drawn.device)]
    return problem.pick(drawn, (weights[drawn] / (len(problem) * likely[drawn])).float())
