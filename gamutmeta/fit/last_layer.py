"""The last layer in closed form: a least-squares problem, solved after all other tensors are rounded.

The residual is linear in the last layer: ``M (g * (W h + b))`` with the gate g, the matrix M and the values h of the
last hidden layer. So the best weights for the grid and the layers as they are stored follow from one linear system.
This compensates the loss by rounding, and errors that the last steps of training made in a few rare colours. It also
settles how exact the colours inside sRGB are: their weight in the system is raised until they are exact enough, or
until the out-of-gamut colours have lost `_PRICE_DB`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gamutmeta.container import Tensor
from gamutmeta.fit.rate import Stored, container_size, tensors_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.protection import Protection

    Doubles = NDArray[np.float64]

__all__ = ["LastLayer", "Solvable", "refined_within"]

_SAMPLES = 1 << 18
"""The most samples that are used. For a hundred unknowns, more do not change the result."""

_RIDGE = 1e-6
"""This share of the mean of the diagonal is added to it: weights that no sample determines keep their trained value."""

_HEAVIER, _TIMES = 1.1, 24
"""The in-gamut weights that are tried: that of the training times powers of the first number, up to the second."""

_PRICE_DB = 0.07
"""How much the out-of-gamut colours may lose by a larger weight of the in-gamut ones."""

_ATTEMPTS = 4
"""How many times rounding is tried. Each time the grid gets coarser, as the new last layer was a bit larger."""


class Solvable(Stored, Protocol):
    """A trained network, whatever computes it."""

    def state(self) -> Any:
        """A copy of the trained values."""

    def restore(self, state: Any) -> None:
        """Return to trained values."""

    def load_tensors(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Load values as a reader decodes them from a payload, by name of the tensor."""

    def last_layer(self) -> Doubles:
        """Weights and biases of the last layer, (outputs, inputs + 1), the bias last."""

    def normal_equations(self, problem: Any, count: int) -> tuple[Doubles, Doubles, Doubles]:
        """The least-squares problem of the last layer over the first `count` samples.

        Returns:
            For out-of-gamut samples and for in-gamut ones: normal matrices (2, n, n), right-hand sides (2, n), and
            weighted squared errors of clipping (2,). The n unknowns are those of :meth:`last_layer`, row by row.
        """


def refined_within(network: Solvable, problem: Sized, protection: Protection, config: FitConfig) -> tuple[Tensor, ...]:
    """The stored tensors within the size limit, with the last layer in closed form. They are loaded into the network.

    Raises:
        FitError: if the container cannot be made small enough.
    """
    trained = network.state()
    specs = network.descriptor.tensor_specs()
    start = network.last_layer()
    cap = config.max_bytes
    for attempt in range(_ATTEMPTS):
        network.restore(trained)
        # Whether the limit is kept is decided below, but for the last time.
        tensors = tensors_within(network, config, cap, is_quick=attempt < _ATTEMPTS - 1)
        network.load_tensors({spec.name: tensor.decode() for spec, tensor in zip(specs, tensors, strict=True)})
        refined = (*tensors[:-2], *_as_tensors(LastLayer(network, problem).solve(start, protection)))
        excess = container_size(network, refined) - config.max_bytes
        if excess <= 0:
            return refined
        cap -= excess
    return tensors


class LastLayer:
    """The normal equations of the last layer for a network whose other tensors are final.

    In-gamut and out-of-gamut samples have separate sums, so that any weight of the in-gamut ones can be tried.
    """

    def __init__(self, network: Solvable, problem: Sized) -> None:
        count = min(len(problem), _SAMPLES)
        self._samples_of_each = len(problem) / count
        self._normal, self._right, self._constant = network.normal_equations(problem, count)

    def solve(self, start: Doubles, protection: Protection) -> Doubles:
        """The best last layer, (outputs, inputs + 1), with the bias last; `start` is the trained one."""
        before = start.ravel()
        solution = self._solved(before, protection.weight)
        highest = self._error(0, solution) * 10 ** (_PRICE_DB / 10)
        for power in range(1, _TIMES + 1):
            harm = self._error(1, solution) - self._constant[1]
            if protection.tolerates(harm * self._samples_of_each):
                break
            gentler = self._solved(before, protection.weight * _HEAVIER**power)
            if self._error(0, gentler) > highest:
                break
            solution = gentler
        return solution.reshape(start.shape)

    def _solved(self, before: Doubles, in_gamut_weight: float) -> Doubles:
        normal = self._normal[0] + in_gamut_weight * self._normal[1]
        right = self._right[0] + in_gamut_weight * self._right[1]
        ridge = max(_RIDGE * float(np.trace(normal)) / len(normal), 1e-30) * np.eye(len(normal))
        return np.asarray(before + np.linalg.solve(normal + ridge, right - normal @ before))

    def _error(self, part: int, solution: Doubles) -> float:
        """The weighted squared error of the out-of-gamut samples (part 0) or of the in-gamut samples (part 1)."""
        return float(solution @ self._normal[part] @ solution - 2 * self._right[part] @ solution + self._constant[part])


def _as_tensors(solution: Doubles) -> tuple[Tensor, Tensor]:
    """Weights and biases as they are stored: float16, since they are few and each error is visible in the picture."""
    largest = float(np.finfo(np.float16).max)
    rounded = np.clip(solution, -largest, largest).astype(np.float16)
    return Tensor(rounded[:, :-1], None), Tensor(rounded[:, -1], None)
