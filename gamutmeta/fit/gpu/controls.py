"""The numbers that control the steps of several networks, in fixed memory on their device.

A recorded step can read nothing else. What changes is written here, before the step or by the step itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gamutmeta.fit.noise import Noise
from gamutmeta.fit.soap import Soap
from gamutmeta.fit.step import learning_rate_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Network

__all__ = ["Controls"]


class Controls:
    """The controls of P networks that are trained together.

    Args:
        networks: all with a grid.
        config: the same for all.
        generators: of random numbers for the noise, one for each network.

    Attributes:
        now: number of the current step, int64 (1,).
        first: number of the step from which on the current samples are used, int64 (1,).
        factors: factor of Adam's learning rate at each step, float32 (steps,).
        soap_rates: SOAP's learning rate at each step, for all networks, float32 (steps,).
        pools: pool of noise of each network, in quantisation steps of the grid, one tensor (n,) each.
        noise_starts: where the noise of each step begins in the pool, int64 (P, steps).
        rate_weight: weight of the rate in each network's loss, float32 (P,).
        grid_step: quantisation step of each network's grid, float32 (P,).
        grid_rate: Adam's learning rate of each network's grid, float32 (P,).
    """

    def __init__(self, networks: Sequence[Network], config: FitConfig, generators: Sequence[torch.Generator]) -> None:
        self._networks, self._grid_rate = networks, config.grid_rate
        like, steps = networks[0].values.detach(), config.steps
        noises = [
            Noise(network.grid, steps, generator) for network, generator in zip(networks, generators, strict=True)
        ]
        self.pools = [noise.pool for noise in noises]
        self.noise_starts = torch.tensor([noise.starts for noise in noises], device=like.device)
        factors = [learning_rate_factor(step, steps) for step in range(steps)]
        soap_rates = [Soap.rate_at(step, config.network_rate * factor) for step, factor in enumerate(factors)]
        self.factors, self.soap_rates = torch.tensor([factors, soap_rates], device=like.device)
        self.now = torch.zeros(1, dtype=torch.int64, device=like.device)
        self.first = torch.zeros_like(self.now)
        self.rate_weight, self.grid_step, self.grid_rate = like.new_zeros(3, len(networks))
        self._rate_weights = [0.0] * len(networks)
        for which in range(len(networks)):
            self.update_grid_step(which)

    def update_grid_step(self, which: int) -> None:
        """Copy the quantisation step of a network's grid, and update the learning rate, which depends on it."""
        self.grid_step[which] = self._networks[which].grid_step
        self.grid_rate[which] = self._grid_rate / self._networks[which].grid_step

    def update_rate_weights(self, weights: Sequence[float]) -> None:
        """Copy the weight of each network's rate, if it has changed."""
        for which, weight in enumerate(weights):
            if weight != self._rate_weights[which]:
                self.rate_weight[which] = self._rate_weights[which] = weight
