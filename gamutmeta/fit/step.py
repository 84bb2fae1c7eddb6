"""One step of the training: gradient and optimisers, as numbers of this process have it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from gamutmeta.fit.adam import Adam
from gamutmeta.fit.gradient import gradient_for
from gamutmeta.fit.noise import Noise
from gamutmeta.fit.soap import Soap

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import Tensor

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Network, Problem

__all__ = ["LOSS_SCALE", "EagerStep", "OneByOne", "Step", "learning_rate_factor", "optimisers_for", "soap_for"]

LOSS_SCALE = 1_000
"""The squared error is multiplied by this, which keeps gradients in the range Adam's epsilon is made for."""

_WARM_UP = 20
"""Steps over which the learning rate rises to its value."""


class Step(Protocol):
    """Takes the steps of some trainings, all of them together, one step after the other."""

    def load(self, problems: Sequence[Problem], first: int) -> None:
        """Learn from these samples, for each training a whole number of batches, from step `first` on."""

    def __call__(self, step: int, rate_weights: Sequence[float]) -> None:
        """Take a step; the weight of each training is that of its :class:`~gamutmeta.fit.rate.RateControl`."""

    def rescale(self, which: int, factor: float) -> None:
        """Multiply the quantisation step of one training's grid, leaving the grid what it is."""


class OneByOne:
    """A :class:`Step` whose trainings take theirs one after the other."""

    def __init__(self, steps: Sequence[EagerStep]) -> None:
        self._steps = steps

    def load(self, problems: Sequence[Problem], first: int) -> None:
        """See :class:`Step`."""
        for own, problem in zip(self._steps, problems, strict=True):
            own.load(problem, first)

    def __call__(self, step: int, rate_weights: Sequence[float]) -> None:
        """See :class:`Step`."""
        for own, weight in zip(self._steps, rate_weights, strict=True):
            own(step, weight)

    def rescale(self, which: int, factor: float) -> None:
        """See :class:`Step`."""
        self._steps[which].rescale(factor)


class EagerStep:
    """The steps of one training, whose operations are called one by one: for every model and device.

    Args:
        network: to be trained.
        config: how.
        batch: samples per step.
        generator: of the noise.
        compiled: whether the gradient is numba's, where it knows the model.
    """

    def __init__(
        self, network: Network, config: FitConfig, batch: int, generator: torch.Generator, *, compiled: bool = False
    ) -> None:
        self._network, self._config, self._batch, self._compiled = network, config, batch, compiled
        self._optimisers = optimisers_for(network, config)
        self._noise = Noise(network.grid, config.steps, generator)

    def load(self, problem: Problem, first: int) -> None:
        """Learn from these samples, a whole number of batches, from step `first` on."""
        self._gradient = gradient_for(self._network, problem, self._batch, LOSS_SCALE, compiled=self._compiled)
        self._first, self._batches = first, len(problem) // self._batch

    def __call__(self, step: int, rate_weight: float) -> None:
        """Take a step; `rate_weight` is that of :class:`~gamutmeta.fit.rate.RateControl`."""
        start = (step - self._first) % self._batches * self._batch
        self._gradient(start, self._noise.at(step), rate_weight)
        factor = learning_rate_factor(step, self._config.steps)
        for optimiser in self._optimisers:
            optimiser.step(factor)

    def rescale(self, factor: float) -> None:
        """Multiply the quantisation step of the grid, leaving the grid what it is."""
        self._optimisers[0].rescale(factor)
        self._network.grid_step *= factor


def learning_rate_factor(step: int, steps: int) -> float:
    """Warm-up, then a cosine to zero."""
    return min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


def optimisers_for(network: Network, config: FitConfig) -> tuple[Adam, *tuple[Soap, ...]]:
    """Adam for the grid and SOAP for the MLP; for the paper's model Adam for all, as the paper has it."""
    values, gradient, split = network.values.detach(), network.gradient, network.mlp_size
    if config.model == "paper":
        return (Adam(values, gradient, config.network_rate),)
    grid = Adam(values[split:], gradient[split:], config.grid_rate / config.grid_step)
    return grid, soap_for(network, values[:split], gradient[:split], config)


def soap_for(network: Network, values: Tensor, gradient: Tensor, config: FitConfig) -> Soap:
    """SOAP on the parameters of the MLP, (m,), or (P, m) those of P networks like that one."""
    shapes = [(weight.shape[0], weight.shape[1]) for weight, _ in network.layers]
    return Soap(values, gradient, shapes, bias=network.descriptor.bias, rate=config.network_rate)
