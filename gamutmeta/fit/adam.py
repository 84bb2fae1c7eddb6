"""Adam on one flat vector of parameters, by torch's fused kernel: one pass over memory instead of ten.

torch's own optimiser calls that kernel, too, but importing it loads the compiler (0.8 s, a third of the fit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BETA1", "BETA2", "EPSILON", "Adam"]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""The values of Kingma and Ba."""


class Adam:
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.

    Args:
        values: the parameters, updated in place, (n,).
        gradient: the caller writes their gradient here before each step, (n,).
        rate: learning rate.
    """

    def __init__(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        self._values, self._gradient, self._rate = values, gradient, rate
        self._mean = torch.zeros_like(values)
        self._square = torch.zeros_like(values)
        # A tensor, as the kernel requires. It is exact up to 2^24 steps.
        self._steps = torch.zeros((), device=values.device)

    @property
    def rate(self) -> float:
        """The learning rate, in the current units."""
        return self._rate

    def step(self, factor: float) -> None:
        """One update, with the learning rate multiplied by `factor`."""
        self.apply(self._rate * factor)

    def apply(self, rate: float | Tensor) -> None:
        """One update at a learning rate, a number or a float32 tensor () on the parameters' device.

        With a tensor the step does not depend on Python numbers, so that CUDA can record it and replay it.
        """
        self._steps += 1
        # Not public in any torch so far, but present in all since 2.4.
        torch._fused_adam_(
            [self._values],
            [self._gradient],
            [self._mean],
            [self._square],
            [],
            [self._steps],
            lr=rate,
            beta1=BETA1,
            beta2=BETA2,
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def rescale(self, factor: float) -> None:
        """Convert values, state and learning rate to a unit `factor` times as large."""
        for scaled, power in ((self._values, -1), (self._mean, 1), (self._square, 2)):
            scaled.mul_(factor**power)
        self._rate /= factor
