"""The last layer in closed form: once all before it is rounded, the best outputs are a least-squares problem.

The residual is linear in the last layer: ``M (g * (W h + b))`` with the gate g, the matrix M and the values h of the
last hidden layer. So the weights that suit the grid and the layers as they are stored follow from one linear system.
That takes back what rounding cost, and what the last steps of training made of a few rare colours. It is also the last
word on the colours inside sRGB: their weight in the system is raised until they come back as well as they should, or
until the others have paid enough for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.container import Tensor
from gamutmeta.fit.rate import container_size, tensors_within
from gamutmeta.fit.threads import map_in_order
from gamutmeta.model.descriptor import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Batch, Network, Problem
    from gamutmeta.fit.protection import Protection

    Doubles = NDArray[np.float64]

__all__ = ["LastLayer", "refined_within"]

_BATCH = 1 << 13
"""Samples taken at once: their values stay in the cache."""

_SAMPLES = 1 << 18
"""So many decide; for a hundred unknowns more change nothing."""

_RIDGE = 1e-6
"""Of the mean diagonal, added to the diagonal: what no sample decides stays as training made it."""

_HEAVIER, _TIMES = 1.1, 24
"""In-gamut weights tried: powers of the one, up to that many, times the training's."""

_PRICE_DB = 0.07
"""What the out-of-gamut colours may lose by a heavier weight of the others."""

_ATTEMPTS = 4
"""How often the grid is rounded more coarsely because the last layer came out a few bytes larger."""


def refined_within(network: Network, problem: Problem, protection: Protection, config: FitConfig) -> tuple[Tensor, ...]:
    """The tensors as they are stored, the last layer in closed form; within the cap. The network takes them over.

    Raises:
        FitError: if the cap cannot be kept.
    """
    trained = network.values.detach().clone()
    specs = network.descriptor.tensor_specs()
    start = network.last_layer()
    cap = config.max_bytes
    for _ in range(_ATTEMPTS):
        network.values.detach().copy_(trained)
        tensors = tensors_within(network, config, cap)
        network.load_tensors({spec.name: tensor.decode() for spec, tensor in zip(specs, tensors, strict=True)})
        refined = (*tensors[:-2], *_as_tensors(LastLayer(network, problem).solve(start, protection)))
        excess = container_size(network, refined) - config.max_bytes
        if excess <= 0:
            return refined
        cap -= excess
    return tensors


class LastLayer:
    """The normal equations of the last layer for a network whose other tensors are final.

    Those of in-gamut samples and of the others are kept apart, so that any weight of the first can be tried.
    """

    def __init__(self, network: Network, problem: Problem) -> None:
        count = min(len(problem), _SAMPLES)
        self._samples_of_each = len(problem) / count

        def work(start: int) -> tuple[Doubles, Doubles, Doubles]:
            return _sums(network, problem.batch(start, min(_BATCH, count - start)))

        # Added up in a fixed order, whichever thread was first.
        parts = map_in_order(work, range(0, count, _BATCH))
        self._normal, self._right, self._constant = (np.sum(part, axis=0) for part in zip(*parts, strict=True))

    def solve(self, start: Doubles, protection: Protection) -> Doubles:
        """The best last layer, (outputs, inputs + 1), the bias last; `start` is what training made of it."""
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
        """The weighted squared error of the out-of-gamut samples (part 0) or of the others (part 1)."""
        return float(solution @ self._normal[part] @ solution - 2 * self._right[part] @ solution + self._constant[part])


@torch.no_grad()
def _sums(network: Network, batch: Batch) -> tuple[Doubles, Doubles, Doubles]:
    """What a batch adds to both normal matrices (2, n, n), right sides (2, n) and errors of clipping (2,)."""
    hidden = network.hidden(batch, network.grid)
    hidden = torch.cat([hidden, torch.ones_like(hidden[:, :1])], 1)
    is_gated = network.descriptor.head is Head.SRGB_EXCESS
    gates = network.gates(batch) if is_gated else torch.ones_like(batch.target)
    matrix = network.matrix if is_gated else torch.eye(3).to(hidden)
    asked = (batch.target @ matrix.T) * gates
    # Outputs o and p meet with the products of their gates, and in linear ProPhoto with those of their matrix rows.
    design = (gates[:, :, None] * hidden[:, None, :]).flatten(1)
    together = np.kron(_double(matrix @ matrix.T), np.ones((hidden.shape[1], hidden.shape[1])))
    normals, rights, constants = [], [], []
    for chosen in (~batch.in_gamut, batch.in_gamut):
        weight = batch.weight[chosen][:, None]
        normals.append(_double((design[chosen] * weight).T @ design[chosen]) * together)
        rights.append(_double((asked[chosen] * weight).T @ hidden[chosen]).ravel())
        constants.append(float((batch.target[chosen].square() * weight).double().sum()))
    return np.array(normals), np.array(rights), np.array(constants)


def _double(values: torch.Tensor) -> Doubles:
    return np.asarray(values.double().cpu().numpy())


def _as_tensors(solution: Doubles) -> tuple[Tensor, Tensor]:
    """Weights and biases as they are stored: float16, since they are few and each error shows in the picture."""
    largest = float(np.finfo(np.float16).max)
    rounded = np.clip(solution, -largest, largest).astype(np.float16)
    return Tensor(rounded[:, :-1], None), Tensor(rounded[:, -1], None)
