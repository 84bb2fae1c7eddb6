"""What is known of all steps before the first: learning rates, and where the noise of each step begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.cpu.network import Network

__all__ = ["Schedule"]

_WARM_UP = 20
"""Steps over which the learning rate rises to its full value."""

_POOL = 4
"""Size of the pool of noise, in grids."""

_ADAM, _SOAP = (0.9, 0.999), (0.9, 0.99)
"""Betas of Adam for the grid, and of SOAP for the MLP."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Of S steps.

    Attributes:
        rates: float32 (S, 4): for the grid, Adam's learning rate over ``1 - beta1^t`` at the first quantisation step,
            and ``1 / sqrt(1 - beta2^t)``; for the MLP SOAP's learning rate with its bias correction; nothing.
        pool: noise on [-1/2, 1/2] quantisation steps, which takes the place of rounding during training, float32: for
            each step as many values as the grid has, at a random place (Balle, Laparra, Simoncelli, "End-to-end
            Optimized Image Compression", ICLR 2017, section 3). Drawing new numbers each time is slow.
        starts: the node of the pool at which the noise of each step begins, int64 (S,).
    """

    rates: NDArray[np.float32]
    pool: NDArray[np.float32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, network: Network, config: FitConfig, rng: np.random.Generator) -> Self:
        """The schedule of a fit: the rates warm up, then fall to zero as a cosine."""
        step = np.arange(config.steps)
        factor = np.minimum(1, (step + 1) / _WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / config.steps))
        (grid1, grid2), (soap1, soap2) = _ADAM, _SOAP
        rates = np.zeros((config.steps, 4), np.float32)
        rates[:, 0] = config.grid_rate / config.grid_step * factor / (1 - grid1 ** (step + 1))
        rates[:, 1] = 1 / np.sqrt(1 - grid2 ** (step + 1))
        rates[:, 2] = config.network_rate * factor * np.sqrt(1 - soap2 ** (step + 1)) / (1 - soap1 ** (step + 1))
        # The vectors at the last node reach beyond it.
        pool = np.zeros(_POOL * network.nodes * network.channels + 32, np.float32)
        pool[:-32] = rng.random(len(pool) - 32, np.float32) - np.float32(0.5)
        starts = rng.integers((_POOL - 1) * network.nodes + 1, size=config.steps)
        return cls(rates, pool, starts)
