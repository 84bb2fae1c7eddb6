"""The gradient of the training loss by compiled loops: :mod:`gamutmeta.fit.fit_loops` on a network's tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.fit.fit_loops import add_gradient, rate_slope

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Network, Problem

__all__ = ["CompiledGradient"]

_SLOPE_EVERY = 4
"""The rate's derivative is computed again after this many steps."""


class CompiledGradient:
    """The twin of :class:`gamutmeta.fit.gradient.HandGradient`, for the same models, in less than half the time.

    The matrices of a step are so small that calling torch's operations takes as long as their arithmetic. Here a batch
    passes through the cache once. The arrays of numpy and the tensors of torch share their memory.
    """

    def __init__(self, network: Network, problem: Problem, batch: int, scale: float) -> None:
        assert network.grid is not None  # noqa: S101 - see HandGradient.supports()
        assert network.grid_gradient is not None  # noqa: S101 - the same
        self._network, self._batch = network, batch
        mlp = network.mlp_size
        self._parameters = network.values.detach().numpy()[:mlp]
        self._gradient = network.gradient.numpy()[:mlp]
        self._grid = network.grid.detach().numpy()[0]
        self._grid_gradient = network.grid_gradient.numpy()[0]
        self._noisy, self._slope = np.empty_like(self._grid), np.empty_like(self._grid)
        self._widths = np.array([network.descriptor.feature_count, *(len(weight) for weight, _ in network.layers)])
        self._matrix = network.matrix.numpy()
        with torch.no_grad():
            every = problem.batch(0, len(problem))
            corner, fractions = network.cells(every)
            along_samples = (
                torch.split(corner, batch),
                torch.split(fractions, batch, 1),
                torch.split(network.code_features(every).T, batch, 1),
                torch.split(network.gates(every).T, batch, 1),
                torch.split(every.target.T, batch, 1),
                torch.split(every.weight * (2 * scale * network.output_scale / (3 * batch)), batch),
            )
            # Contiguous: otherwise the rows of two features of a batch would lie in different pages of memory.
            self._batches = [
                tuple(part.contiguous().numpy() for part in parts) for parts in zip(*along_samples, strict=True)
            ]
        self._calls = 0

    def __call__(self, start: int, noise: Tensor | None, rate_weight: float) -> None:
        """See :class:`gamutmeta.fit.gradient.Gradient`."""
        assert noise is not None  # noqa: S101 - see HandGradient.supports()
        np.add(self._grid, noise.numpy()[0], out=self._noisy)
        if rate_weight:
            if self._calls % _SLOPE_EVERY == 0:
                rate_slope(self._grid, self._slope)
            np.multiply(self._slope, np.float32(rate_weight), out=self._grid_gradient)
        else:
            self._grid_gradient.fill(0)
        self._calls += 1
        self._gradient.fill(0)
        add_gradient(  # type: ignore[call-arg] # mypy misreads the signature of numba's dispatcher
            self._widths,
            self._parameters,
            self._noisy,
            np.float32(self._network.grid_step),
            *self._batches[start // self._batch],
            self._matrix,
            np.float32(self._network.output_scale),
            self._gradient,
            self._grid_gradient,
        )
