"""The parts of a step of several networks besides SOAP, by torch: the gradients, and Adam for the grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from gamutmeta.fit.adam import Adam
from gamutmeta.fit.gpu.static_gradient import StaticGradient
from gamutmeta.fit.step import LOSS_SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.fit.gpu.controls import Controls
    from gamutmeta.fit.gpu.pack import Pack
    from gamutmeta.fit.network import Problem

__all__ = ["StepBackend", "TorchBackend"]


class StepBackend(Protocol):
    """Uses fixed memory and no Python numbers, so that CUDA can record and replay it."""

    def load(self, problems: Sequence[Problem]) -> bool:
        """Load samples for each network, whole numbers of batches. Return whether they overwrote the previous ones."""

    def failure(self) -> str | None:
        """Why the backend does not work on this device, or None. To be called after loading, before the first step."""

    def fill_gradients(self) -> None:
        """Fill the pack's gradient for the current step."""

    def step_grids(self) -> None:
        """Update all grids by the current step of Adam."""

    def rescale(self, which: int, factor: float) -> None:
        """Multiply the quantisation step of one network's grid without changing the values of the grid."""


class TorchBackend:
    """:class:`StepBackend` by torch, one network after the other.

    It is the plain twin of :class:`gamutmeta.fit.gpu.triton.backend.TritonBackend`.

    Args:
        pack: of networks that :class:`~gamutmeta.fit.gradient.HandGradient` supports.
        controls: of their steps.
        batch: samples per step.
    """

    def __init__(self, pack: Pack, controls: Controls, batch: int) -> None:
        self._controls = controls
        count = len(pack.networks)
        self._batches = torch.ones(count, dtype=torch.int64, device=pack.values.device)
        self._which, self._noise_starts = torch.zeros_like(self._batches), torch.zeros_like(self._batches)[:, None]
        self._rate, self._grid_rates = pack.values.new_zeros(1), pack.values.new_zeros(count)
        self._gradients, self._adams = [], []
        for at, (network, pool) in enumerate(zip(pack.networks, controls.pools, strict=True)):
            gradient = StaticGradient(network, batch, LOSS_SCALE, pool)
            gradient.which, gradient.noise_start = self._which[at : at + 1], self._noise_starts[at]
            gradient.rate_weight, gradient.grid_step = controls.rate_weight[at], controls.grid_step[at]
            self._gradients.append(gradient)
            grid = slice(pack.mlp_size, None)
            self._adams.append(Adam(network.values[grid], network.gradient[grid], float(controls.grid_rate[at])))

    def load(self, problems: Sequence[Problem]) -> bool:
        """See :class:`StepBackend`."""
        took = [gradient.load(problem) for gradient, problem in zip(self._gradients, problems, strict=True)]
        for at, gradient in enumerate(self._gradients):
            self._batches[at] = gradient.batches
        return all(took)

    def failure(self) -> str | None:
        """See :class:`StepBackend`."""
        return None

    def fill_gradients(self) -> None:
        """See :class:`StepBackend`."""
        now = self._controls.now
        torch.sub(now.expand_as(self._which), self._controls.first, out=self._which)
        self._which.remainder_(self._batches)
        torch.index_select(self._controls.noise_starts, 1, now, out=self._noise_starts)
        for gradient in self._gradients:
            gradient()

    def step_grids(self) -> None:
        """See :class:`StepBackend`."""
        torch.index_select(self._controls.factors, 0, self._controls.now, out=self._rate)
        torch.mul(self._controls.grid_rate, self._rate, out=self._grid_rates)
        for adam, rate in zip(self._adams, self._grid_rates, strict=True):
            adam.apply(rate)

    def rescale(self, which: int, factor: float) -> None:
        """See :class:`StepBackend`."""
        self._adams[which].rescale(factor)
