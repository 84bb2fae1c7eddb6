"""Rate control: steers the size of the payload to its target while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import zstandard

from gamutmeta.container import Binding, Payload, Tensor, encode
from gamutmeta.errors import FitError
from gamutmeta.fit.quantise import quantise_grid, quantise_weights

if TYPE_CHECKING:
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Network

__all__ = ["RateControl", "stored_tensors"]

_RESPONSE = 0.25
"""The rate weight grows with this power of the foretold excess at each look; more overshoots."""

_FIRST_LOOK, _LOOKS = 0.3, 40
"""When, as a share of the training, the size is first looked at, and how often from then on."""

_SETTLING_TIMES, _SETTLING = (0.5, 0.62, 0.75), (0.38, 0.6, 1.0)
"""Final size over present size at these times of the training, linear between: the least seen on three photographs.

Rather too little pressure early than too much: a grid that was pressed flat does not rise again.
"""

_OVERHEAD = 140
"""Header, descriptor and checksum, bytes."""

_LARGEST = 1e-2
"""Bound of the rate weight."""

_AIM = 0.985
"""Share of the target that training aims at: the last steps still move the grid a little."""

_COARSER = 1.03
_COARSEST = 400.0
"""Last resort: factors on the quantisation step of the trained grid, until nothing is left of it."""


class RateControl:
    """Raises the weight of the rate in the loss while the container is larger than allowed.

    Large steps keep the grid noisy and so larger than it will be in the end; from its present size the final one is
    foretold. The weight never falls below the preset's.

    Attributes:
        weight: of ``sum(log2(1 + |z|))`` against 1,000 x MSE.
    """

    def __init__(self, network: Network, config: FitConfig) -> None:
        self.weight = config.rate_weight
        self._network, self._config = network, config
        self._start = round(config.steps * _FIRST_LOOK)
        self._every = max(1, (config.steps - self._start) // _LOOKS)
        self._fast = zstandard.ZstdCompressor(level=6)

    def after(self, step: int) -> None:
        """To be called after each step of the optimiser."""
        if self._network.grid is None or step < self._start or (step + 1) % self._every:
            return
        foretold = self._size() * float(np.interp(step / self._config.steps, _SETTLING_TIMES, _SETTLING))
        excess = foretold / (self._config.max_bytes * _AIM)
        self.weight = min(max(self.weight * excess**_RESPONSE, self._config.rate_weight), _LARGEST)

    def _size(self) -> int:
        """The size of the container, about: the grid compressed fast, the rest at a byte per weight."""
        grid = stored_tensors(self._network, self._config)[0]
        fast = len(self._fast.compress(grid.values.tobytes()))
        return fast + self._network.descriptor.parameter_count - grid.values.size + _OVERHEAD


def stored_tensors(network: Network, config: FitConfig, coarser: float = 1.0) -> tuple[Tensor, ...]:
    """The tensors as the payload has them, the grid rounded to `coarser` times its step."""
    stored = {name: quantise_weights(values, config.weights) for name, values in network.mlp_weights().items()}
    steps = network.grid_steps()
    if steps is not None:
        stored["grid"] = quantise_grid(steps / coarser, network.grid_step * coarser)
    return tuple(stored[spec.name] for spec in network.descriptor.tensor_specs())


def container_size(network: Network, tensors: tuple[Tensor, ...]) -> int:
    """Bytes of the whole container."""
    binding = Binding("rgb8", bytes(range(16)))
    return len(encode(Payload(network.width, network.height, binding, network.descriptor, tensors)))


def tensors_within(network: Network, config: FitConfig) -> tuple[Tensor, ...]:
    """The stored tensors; the grid is rounded more coarsely if the container would be larger than allowed.

    Raises:
        FitError: if even that does not help.
    """
    coarser = 1.0
    while True:
        tensors = stored_tensors(network, config, coarser)
        size = container_size(network, tensors)
        if size <= config.max_bytes:
            return tensors
        coarser *= _COARSER
        if network.grid is None or coarser > _COARSEST:
            raise FitError(f"the model takes {size} bytes, but only {config.max_bytes} are allowed")
