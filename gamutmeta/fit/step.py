"""One step of the training: gradient and optimisers, called from Python."""

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
"""The squared error is multiplied by this, so that gradients are large compared with Adam's epsilon."""

_WARM_UP = 20
"""Steps over which the learning rate rises to its full value."""


class Step(Protocol):
    """Computes the steps of one or several trainings: each call is one step of all of them."""

    def load(self, problems: Sequence[Problem], first: int) -> None:
        """Use these samples from step `first` on: for each training a whole number of batches."""

    def __call__(self, step: int, rate_weights: Sequence[float]) -> None:
        """Compute a step, with the weight of each training's :class:`~gamutmeta.fit.rate.RateControl`."""

    def rescale(self, which: int, factor: float) -> None:
        """Multiply the quantisation step of one training's grid without changing the values of the grid."""


class OneByOne:
    """A :class:`Step` that computes the step of one training after the other."""

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
    """The steps of one training, whose operations are called one by one. Supports every model and device.

    Args:
        network: the network to train.
        config: settings of the fit.
        batch: samples per step.
        generator: of random numbers for the noise.
    """

    def __init__(self, network: Network, config: FitConfig, batch: int, generator: torch.Generator) -> None:
        self._network, self._config, self._batch = network, config, batch
        self._optimisers = optimisers_for(network, config)
        self._noise = Noise(network.grid, config.steps, generator)

    def load(self, problem: Problem, first: int) -> None:
        """Use these samples, a whole number of batches, from step `first` on."""
        self._gradient = gradient_for(self._network, problem, self._batch, LOSS_SCALE)
        self._first, self._batches = first, len(problem) // self._batch

    def __call__(self, step: int, rate_weight: float) -> None:
        """Compute a step; `rate_weight` is that of :class:`~gamutmeta.fit.rate.RateControl`."""
        start = (step - self._first) % self._batches * self._batch
        self._gradient(start, self._noise.at(step), rate_weight)
        factor = learning_rate_factor(step, self._config.steps)
        for optimiser in self._optimisers:
            optimiser.step(factor)

    def rescale(self, factor: float) -> None:
        """Multiply the quantisation step of the grid without changing the values of the grid."""
        self._optimisers[0].rescale(factor)
        self._network.grid_step *= factor


def learning_rate_factor(step: int, steps: int) -> float:
    """The factor of the learning rate at a step: it warms up, then falls to zero as a cosine."""
    return min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


def optimisers_for(network: Network, config: FitConfig) -> tuple[Adam, *tuple[Soap, ...]]:
    """Adam for the grid and SOAP for the MLP; for the paper's model Adam for everything, as in the paper."""
    values, gradient, split = network.values.detach(), network.gradient, network.mlp_size
    if config.model == "paper":
        return (Adam(values, gradient, config.network_rate),)
    grid = Adam(values[split:], gradient[split:], config.grid_rate / config.grid_step)
    return grid, soap_for(network, values[:split], gradient[:split], config)


def soap_for(network: Network, values: Tensor, gradient: Tensor, config: FitConfig) -> Soap:
    """SOAP for the parameters of the MLP, (m,), or for those of P networks of the same shape, (P, m)."""
    shapes = [(weight.shape[0], weight.shape[1]) for weight, _ in network.layers]
    return Soap(values, gradient, shapes, bias=network.descriptor.bias, rate=config.network_rate)
