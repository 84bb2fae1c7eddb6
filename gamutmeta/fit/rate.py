"""Rate control: steers the size of the payload to its target while training."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np
import zstandard

from gamutmeta.container import Binding, Payload, Tensor, encode
from gamutmeta.container.frame import compress
from gamutmeta.container.tensors import tensor_bytes
from gamutmeta.errors import FitError, LimitError
from gamutmeta.fit.quantise import quantise_grid, quantise_weights
from gamutmeta.model.descriptor import SampleCoding

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.container.binding import BindingKind
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Network

__all__ = ["RateControl", "stored_tensors"]

_FIRST_LOOK, _LAST_LOOK, _EVERY = 0.55, 0.94, 0.03
"""When the size is looked at, as shares of the training. In the last steps nothing moves far any more."""

_SETTLING_TIMES, _SETTLING = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85), (0.5, 0.57, 0.7, 0.9, 0.98, 1.0)
"""Final size over present size at these times of the training, linear between; measured on four photographs."""

_STRONGEST = 1.5
"""By what factor the quantisation step changes at the most at one look."""

_CALIBRATIONS = 3
"""How many times the fast estimate of the size is held against the true one."""

_CANDIDATES = 32
"""How many steps are tried at one look, evenly spaced between the least and the largest change."""

_OVERHEAD = 140
"""Header, descriptor and checksum, bytes."""

_AIM = 0.985
"""Share of the target that training aims at: the last steps still move the grid a little."""

_COARSER = 1.01
_COARSEST = 400.0
"""Last resort: powers of the one, up to the other, on the quantisation step of the trained grid."""


class RateControl:
    """Keeps the container within its cap while training, by the quantisation step of the grid.

    The size that a coarser step would give can be read off at once, and the network has the rest of the training to
    get used to it; raising the weight of the rate instead acts slowly, and then too much. With the step D the weight
    grows as D^2, as the error of quantisation does, so that a byte goes on to cost what it is worth. The preset's
    weight is relative to the present error: on every photograph a byte has to earn the same share of a decibel.

    Attributes:
        weight: of ``sum(log2(1 + |z|))`` in the loss; 0 until the error has been told.
    """

    def __init__(self, network: Network, config: FitConfig, rescale: Callable[[float], None]) -> None:
        """`rescale` multiplies the quantisation step, leaving the grid what it is."""
        self.weight = 0.0
        self._network, self._config, self._rescale = network, config, rescale
        self._looks = range(
            round(config.steps * _FIRST_LOOK), round(config.steps * _LAST_LOOK), max(1, round(config.steps * _EVERY))
        )
        self._calibrations = set(self._looks[:: max(1, len(self._looks) // _CALIBRATIONS)])
        self._fast = zstandard.ZstdCompressor(level=6)
        self._true_over_fast = 1.0
        self._error = 0.0

    def update_error(self, error: float) -> None:
        """Take over the present mean squared error, in the units of the loss."""
        self._error = error
        self._update_weight()

    def is_due(self, step: int) -> bool:
        """Whether the size is looked at after a step."""
        return self._network.grid is not None and step in self._looks

    def adjust(self, step: int) -> None:
        """To be called after each step of the optimiser."""
        if not self.is_due(step):
            return
        if step in self._calibrations:
            true = container_size(self._network, stored_tensors(self._network, self._config))
            self._true_over_fast *= true / self._size(1.0)
        finest = max(1 / _STRONGEST, self._config.grid_step / self._network.grid_step)
        settling = float(np.interp(step / self._config.steps, _SETTLING_TIMES, _SETTLING))
        factors = np.geomspace(finest, _STRONGEST, _CANDIDATES)
        allowed = self._config.max_bytes * _AIM / settling
        # Sizes fall as factors rise, hence the signs.
        fitting = bisect_left(factors, -allowed, hi=_CANDIDATES - 1, key=lambda factor: -self._size(factor))
        self._rescale(float(factors[fitting]))
        self._update_weight()

    def _update_weight(self) -> None:
        coarsened = self._network.grid_step / self._config.grid_step
        self.weight = self._config.rate_weight * self._error * coarsened**2

    def _size(self, coarser: float) -> float:
        """The size of the container, about: the grid compressed fast, the rest at a byte per weight."""
        steps = self._network.grid_steps()
        assert steps is not None  # noqa: S101 - see adjust()
        fast = len(self._fast.compress(quantise_grid(steps / coarser, 1.0).values.tobytes()))
        return (fast + self._network.mlp_size + _OVERHEAD) * self._true_over_fast


def stored_tensors(network: Network, config: FitConfig, coarser: float = 1.0) -> tuple[Tensor, ...]:
    """The tensors as the payload has them, the grid rounded to `coarser` times its step."""
    last = f"{len(network.layers) - 1}"
    stored = {
        name: quantise_weights(values, "float16" if config.closed_form and name.endswith(last) else config.weights)
        for name, values in network.mlp_weights().items()
    }
    steps = network.grid_steps()
    if steps is not None:
        stored["grid"] = quantise_grid(steps / coarser, network.grid_step * coarser)
    return tuple(stored[spec.name] for spec in network.descriptor.tensor_specs())


def container_size(network: Network, tensors: tuple[Tensor, ...]) -> int:
    """Bytes of the whole container."""
    # Both kinds have names of one length.
    kind: BindingKind = "rgb8" if network.descriptor.samples is SampleCoding.SRGB else "jpeg"
    binding = Binding(kind, bytes(range(16)))
    try:
        return len(encode(Payload(network.width, network.height, binding, network.descriptor, tensors)))
    except LimitError:  # larger than any container may be
        return len(compress(tensor_bytes(tensors))) + _OVERHEAD


def tensors_within(network: Network, config: FitConfig, max_bytes: int) -> tuple[Tensor, ...]:
    """The stored tensors; the grid is rounded more coarsely if the container would be larger than `max_bytes`.

    Raises:
        FitError: if even that does not help.
    """
    tensors = stored_tensors(network, config)
    size = container_size(network, tensors)
    if size <= max_bytes:
        return tensors
    if network.grid is not None:
        powers = range(1, round(math.log(_COARSEST) / math.log(_COARSER)))

        def negative_size(power: int) -> int:
            return -container_size(network, stored_tensors(network, config, _COARSER**power))

        tensors = stored_tensors(network, config, _COARSER ** (1 + bisect_left(powers, -max_bytes, key=negative_size)))
        size = container_size(network, tensors)
        if size <= max_bytes:
            return tensors
    raise FitError(f"the model takes {size} bytes, but only {max_bytes} are allowed")
