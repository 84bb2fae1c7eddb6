"""Rate control: keeps the size of the payload within its limit during training."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

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

    from numpy.typing import NDArray

    from gamutmeta.container.binding import BindingKind
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["RateControl", "Stored", "container_size", "stored_tensors", "tensors_within"]

_FIRST_LOOK, _LAST_LOOK, _EVERY = 0.55, 0.94, 0.03
"""When the size is checked: first, last and interval, as shares of the training. In the last steps little changes."""

_SETTLING_TIMES, _SETTLING = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85), (0.5, 0.57, 0.7, 0.9, 0.98, 1.0)
"""The ratio of final to current size at these times of the training, linear between; measured on four photographs."""

_STRONGEST = 1.5
"""The largest factor by which one check changes the quantisation step."""

_CALIBRATIONS = 3
"""How many times the fast estimate of the size is compared with the true size."""

_CANDIDATES = 32
"""How many quantisation steps one check can choose from, evenly spaced on a logarithmic scale."""

_OVERHEAD = 140
"""Bytes of header, descriptor and checksum."""

_AIM = 0.985
"""Share of the limit that training aims at: the last steps still change the grid a little."""

_COARSER = 1.01
_COARSEST = 400.0
"""If the trained model is too large, its quantisation step is multiplied by powers of the first, up to the second."""


class Stored(Protocol):
    """A network as far as storing it goes, whatever computes it.

    Attributes:
        descriptor: the model.
        width, height: of the picture, pixels.
        grid_step: quantisation step of the grid.
    """

    descriptor: Descriptor
    width: int
    height: int
    grid_step: float

    @property
    def mlp_size(self) -> int:
        """How many parameters the MLP has."""

    def grid_steps(self) -> NDArray[np.float32] | None:
        """The grid in units of its step, (height, width, channels), or None without one."""

    def mlp_weights(self) -> dict[str, NDArray[np.float32]]:
        """The MLP's tensors by name, as the payload has them."""


class RateControl:
    """Keeps the container within its size limit during training, by changing the quantisation step of the grid.

    The size for a coarser step can be computed at once, and the network has the rest of the training to adapt to it.
    Raising the weight of the rate instead would act slowly, and then too strongly. The weight grows with the square of
    the step, as the error of quantisation does, so that the price of a byte in squared error stays in proportion. The
    preset's weight is relative to the current error: on every photograph a byte must gain the same share of a decibel.

    Attributes:
        weight: of ``sum(log2(1 + |z|))`` in the loss; 0 until :meth:`update_error` is called.
    """

    def __init__(self, network: Stored, config: FitConfig, rescale: Callable[[float], None]) -> None:
        """`rescale` multiplies the quantisation step by a factor without changing the values of the grid."""
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
        """Set the current mean squared error, in the units of the loss."""
        self._error = error
        self._update_weight()

    def is_due(self, step: int) -> bool:
        """Whether the size is checked after a step."""
        return self._network.descriptor.grid is not None and step in self._looks

    def adjust(self, step: int) -> None:
        """Check the size and change the quantisation step, if that is due. To be called after each training step."""
        if not self.is_due(step):
            return
        if step in self._calibrations:
            true = container_size(self._network, stored_tensors(self._network, self._config), is_quick=True)
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
        """An estimate of the size of the container: the grid compressed fast, and a byte for each weight."""
        steps = self._network.grid_steps()
        assert steps is not None  # noqa: S101 - see adjust()
        fast = len(self._fast.compress(quantise_grid(steps / coarser, 1.0).values.tobytes()))
        return (fast + self._network.mlp_size + _OVERHEAD) * self._true_over_fast


def stored_tensors(network: Stored, config: FitConfig, coarser: float = 1.0) -> tuple[Tensor, ...]:
    """The tensors as they are stored, with the grid rounded to `coarser` times its step."""
    last = f"{len(network.descriptor.layer_widths) - 2}"
    stored = {
        name: quantise_weights(values, "float16" if config.closed_form and name.endswith(last) else config.weights)
        for name, values in network.mlp_weights().items()
    }
    steps = network.grid_steps()
    if steps is not None:
        stored["grid"] = quantise_grid(steps / coarser, network.grid_step * coarser)
    return tuple(stored[spec.name] for spec in network.descriptor.tensor_specs())


def container_size(network: Stored, tensors: tuple[Tensor, ...], *, is_quick: bool = False) -> int:
    """Bytes of the whole container; if `is_quick`, to a few bytes in a quarter of the time."""
    # Both kinds have names of one length.
    kind: BindingKind = "rgb8" if network.descriptor.samples is SampleCoding.SRGB else "jpeg"
    binding = Binding(kind, bytes(range(16)))
    payload = Payload(network.width, network.height, binding, network.descriptor, tensors)
    try:
        return payload.quick_size() if is_quick else len(encode(payload))
    except LimitError:  # larger than any container may be
        return len(compress(tensor_bytes(tensors))) + _OVERHEAD


def tensors_within(network: Stored, config: FitConfig, max_bytes: int, *, is_quick: bool = False) -> tuple[Tensor, ...]:
    """The stored tensors; the grid is rounded more coarsely if the container would be larger than `max_bytes`.

    If `is_quick`, the limit is kept to a few bytes.

    Raises:
        FitError: if the container is too large even then.
    """
    tensors = stored_tensors(network, config)
    size = container_size(network, tensors, is_quick=is_quick)
    if size <= max_bytes:
        return tensors
    if network.descriptor.grid is not None:
        powers = range(1, round(math.log(_COARSEST) / math.log(_COARSER)))

        def negative_size(power: int) -> int:
            return -container_size(network, stored_tensors(network, config, _COARSER**power), is_quick=is_quick)

        tensors = stored_tensors(network, config, _COARSER ** (1 + bisect_left(powers, -max_bytes, key=negative_size)))
        size = container_size(network, tensors, is_quick=is_quick)
        if size <= max_bytes:
            return tensors
    raise FitError(f"the model takes {size} bytes, but only {max_bytes} are allowed")
