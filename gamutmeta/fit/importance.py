"""Error-weighted sampling: samples with a larger error are drawn more often.

A twentieth of a photograph's samples may have half of the squared error. A uniform draw then spends most of the time on
samples that are already good, and its gradient is noisy. Drawing a sample with probability p and weighting its error
with 1 / (N p) keeps the expected loss and makes the gradient less noisy: 0.3 dB more at the same number of steps on
grainy photographs, and no loss on others (benchmarks/experiments.md).

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
"""Added to every sample's error, as a share of the mean error: a sample with a small error now may get a larger one
later. Values from 0.1 to 1 give the same result."""


def draw_by_error(
    problem: Problem, squared_errors: Tensor, weights: Tensor, count: int, generator: torch.Generator
) -> Problem:
    """Draw samples with replacement, in random order.

    Args:
        problem: all samples.
        squared_errors: current squared error of each sample, (N,).
        weights: weight of each sample in the loss, (N,).
        count: how many to draw.
        generator: of random numbers, on the CPU.

    Returns:
        Samples whose expected weighted squared error is that of all samples.
    """
    wrong = (squared_errors * weights).double().sqrt()
    likely = wrong + (_FLOOR * wrong.mean() + 1e-30)
    likely /= likely.sum()
    # Equally spaced on the cumulative sum: how often a sample is drawn differs from the expectation by less than one.
    offset = float(torch.rand(1, generator=generator))
    ticks = (torch.arange(count, device=likely.device, dtype=torch.float64) + offset) / count
    drawn = torch.searchsorted(likely.cumsum(0), ticks).clamp_(max=len(problem) - 1)
    drawn = drawn[torch.randperm(count, generator=generator).to(drawn.device)]
    return problem.pick(drawn, (weights[drawn] / (len(problem) * likely[drawn])).float())
