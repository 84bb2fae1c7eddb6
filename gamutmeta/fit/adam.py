"""Adam on one flat vector of parameters.

torch's own optimiser would do, but importing it loads the compiler (0.8 s, half as long as the fit), and updating
many small tensors takes longer than updating one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["Adam"]

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.

    Args:
        values: the parameters, updated in place, (n,).
        gradient: where the caller leaves their gradient before each step, (n,).
        rates: learning rate of each part of the vector.
    """

    def __init__(self, values: Tensor, gradient: Tensor, rates: Sequence[tuple[slice, float]]) -> None:
        self._gradient = gradient
        self._mean = torch.zeros_like(values)
        self._square = torch.zeros_like(values)
        self._change = torch.zeros_like(values)
        self._parts = [(values[part], self._mean[part], self._change[part], rate) for part, rate in rates]
        self._steps = 0

    def step(self, factor: float) -> None:
        """One update, with every learning rate multiplied by `factor`."""
        self._steps += 1
        self._mean.mul_(_BETA1).add_(self._gradient, alpha=1 - _BETA1)
        self._square.mul_(_BETA2).addcmul_(self._gradient, self._gradient, value=1 - _BETA2)
        torch.sqrt(self._square, out=self._change)
        self._change.mul_((1 - _BETA2**self._steps) ** -0.5).add_(_EPSILON)
        for values, mean, change, rate in self._parts:
            values.addcdiv_(mean, change, value=-rate * factor / (1 - _BETA1**self._steps))
