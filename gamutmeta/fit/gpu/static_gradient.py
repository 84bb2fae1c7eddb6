"""The gradient by hand in fixed memory, so that a GPU can record the step and replay it.

The twin of :class:`~gamutmeta.fit.gradient.HandGradient`, with the same formulas. What changes from step to step is
read from tensors instead of Python numbers. The grid is read and written node by node, since torch's sampler sums its
gradient in no fixed order on CUDA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gamutmeta.fit.gradient import HandGradient

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Network, Problem

__all__ = ["StaticGradient"]


class StaticGradient(HandGradient):
    """Fills ``network.gradient``. Its inputs are tensors that the caller changes in place; :meth:`__call__` has none.

    Args:
        network: a network that :meth:`~gamutmeta.fit.gradient.HandGradient.supports`.
        batch: samples per step.
        scale: of the loss.
        pool: of noise, (n,), in quantisation steps of the grid.

    Attributes:
        which: number of the batch, int64 (1,).
        noise_start: where the noise begins in the pool, int64 (1,).
        rate_weight: weight of the rate in the loss, float32 ().
        grid_step: quantisation step of the grid, float32 ().
    """

    def __init__(self, network: Network, batch: int, scale: float, pool: Tensor) -> None:
        self._allocate(network, batch)
        self._scale, self._pool = scale, pool
        assert network.grid is not None  # noqa: S101 - see supports()
        whole, number = torch.zeros(1, dtype=torch.int64, device=pool.device), network.values.new_zeros(())
        self.which, self.noise_start = whole, whole.clone()
        self.rate_weight, self.grid_step = number, number.clone()
        nodes = network.grid[0, 0].numel()
        self._everywhere = torch.arange(network.grid.numel(), device=pool.device)
        self._noise = torch.empty_like(self._grid).view(-1)
        self._by_node = network.values.new_zeros(nodes, self._channels)
        colours = network.descriptor.feature_count - self._channels
        # Rows of the packed samples: shares of four nodes, colour features, gates, target, weight.
        self._part = network.values.new_empty(1, 4 + colours + 3 + 3 + 1, batch)
        self._share, self._colour, self._gate, self._target, weight = torch.split(self._part[0], [4, colours, 3, 3, 1])
        self._weight = weight[0]
        self._corners = self._everywhere.new_empty(1, 4, batch)
        self._packed, self._packed_corners = self._part.new_empty(0), self._corners.new_empty(0)

    @torch.no_grad()
    def load(self, problem: Problem) -> bool:
        """Load samples, a whole number of batches. Return whether they overwrote the previous ones in place."""
        network, batch = self._network, self._batch
        every = problem.batch(0, len(problem))
        corners, share = network.corners(every)
        rows = (share, network.code_features(every), network.gates(every), every.target)
        packed = torch.cat([*rows, self._slopes(every, self._scale)[:, None]], 1)
        packed, corners = (x.view(-1, batch, x.shape[1]).mT.contiguous() for x in (packed, corners))
        if self._packed.shape == packed.shape:
            self._packed.copy_(packed)
            self._packed_corners.copy_(corners)
            return True
        self._packed, self._packed_corners = packed, corners
        return False

    @property
    def batches(self) -> int:
        """How many batches are loaded."""
        return len(self._packed)

    @torch.no_grad()
    def __call__(self) -> None:  # type: ignore[override]
        """Compute the gradient for the batch `which`."""
        network, channels = self._network, self._channels
        assert network.grid is not None  # noqa: S101 - see supports()
        assert network.grid_gradient is not None  # noqa: S101 - see supports()
        torch.index_select(self._packed, 0, self.which, out=self._part)
        torch.index_select(self._packed_corners, 0, self.which, out=self._corners)
        torch.index_select(self._pool, 0, self._everywhere + self.noise_start, out=self._noise)
        torch.add(network.grid, self._noise.view_as(self._grid), out=self._grid)
        corners = self._corners.view(-1)
        nodes = self._grid.view(channels, -1).index_select(1, corners).view(channels, 4, -1)
        torch.mul((nodes * self._share).sum(1), self.grid_step, out=self._values[0][:channels])
        self._values[0][channels:] = self._colour
        self._forward()
        self._output_error(self._gate, self._target, self._weight)
        self._backward()
        shares = self._share * (self._errors[0][:channels, None] * self.grid_step)
        # This sorts the nodes first, so that the order of the sum is fixed on CUDA, too.
        self._by_node.zero_().index_put_((corners,), shares.view(channels, -1).T, accumulate=True)
        self._set_rate_slope(network.grid)
        to_grid = self._by_node.T.reshape(self._grid.shape)
        torch.add(to_grid, self._slope.mul_(self.rate_weight), out=network.grid_gradient)
