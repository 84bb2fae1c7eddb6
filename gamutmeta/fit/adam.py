"""Adam on one flat vector of parameters.

torch's own optimiser would do, but importing it loads the compiler (0.8 s, half as long as the fit), and updating
many small tensors takes longer than updating one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Adam"]

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.

    Args:
        values: the parameters, updated in place, (n,).
        gradient: where the caller leaves their gradient before each step, (n,).
        rate: learning rate.
    """

    def __init__(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        self._values, self._gradient, self._rate = values, gradient, rate
        self._mean = torch.zeros_like(values)
        self._square = torch.zeros_like(values)
        self._change = torch.zeros_like(values)
        self._steps = 0

    def step(self, factor: float) -> None:
        """One update, with the learning rate multiplied by `factor`."""
        self._steps += 1
        self._mean.mul_(_BETA1).add_(self._gradient, alpha=1 - _BETA1)
        self._square.mul_(_BETA2).addcmul_(self._gradient, self._gradient, value=1 - _BETA2)
        torch.sqrt(self._square, out=self._change)
        self._change.mul_((1 - _BETA2**self._steps) ** -0.5).add_(_EPSILON)
        self._values.addcdiv_(self._mean, self._change, value=-self._rate * factor / (1 - _BETA1**self._steps))

    def rescale(self, factor: float) -> None:
        """Measure the parameters in units `factor` times as large: values, state and learning rate."""
        for scaled, power in ((self._values, -1), (self._mean, 1), (self._square, 2)):
            scaled.mul_(factor**power)
        self._rate /= factor
