"""The normal equations of the last layer by torch, for :mod:`gamutmeta.fit.last_layer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.fit.threads import map_in_order
from gamutmeta.model.descriptor import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.network import Batch, Network, Problem

    Doubles = NDArray[np.float64]

__all__ = ["normal_equations"]

_BATCH = 1 << 13
"""Samples processed at once: their values stay in the cache."""


def normal_equations(network: Network, problem: Problem, count: int) -> tuple[Doubles, Doubles, Doubles]:
    """The terms over the first `count` samples; see :class:`gamutmeta.fit.last_layer.Solvable`."""

    def work(start: int) -> tuple[Doubles, Doubles, Doubles]:
        return _sums(network, problem.batch(start, min(_BATCH, count - start)))

    # Summed in a fixed order, whichever thread finishes first.
    parts = map_in_order(work, range(0, count, _BATCH))
    normals, rights, constants = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
    return normals, rights, constants


@torch.no_grad()
def _sums(network: Network, batch: Batch) -> tuple[Doubles, Doubles, Doubles]:
    """The terms of a batch: both normal matrices (2, n, n), right-hand sides (2, n) and errors of clipping (2,)."""
    hidden = network.hidden(batch, network.grid)
    hidden = torch.cat([hidden, torch.ones_like(hidden[:, :1])], 1)
    is_gated = network.descriptor.head is Head.SRGB_EXCESS
    gates = network.gates(batch) if is_gated else torch.ones_like(batch.target)
    matrix = network.matrix if is_gated else torch.eye(3).to(hidden)
    asked = (batch.target @ matrix.T) * gates
    # The term of outputs o and p has as factors the product of their gates and that of their matrix rows.
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
