"""The gradient of the training loss: by autograd for any model, and by hand for the default one.

Loss: ``scale * mean(weight * (residual - target)^2) + rate_weight * sum(log2(1 + |z|))``, where z is the grid in steps.
The residual is computed with noise on the grid, the rate without.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import torch

from gamutmeta.model.descriptor import Descriptor, Head, RgbSource

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Batch, Network, Problem

__all__ = ["AutogradGradient", "Gradient", "HandGradient", "gradient_for"]

_SLOPE_EVERY = 4
"""The rate's derivative is computed again after this many steps."""


class Gradient(Protocol):
    """Fills ``network.gradient``."""

    def __call__(self, start: int, noise: Tensor | None, rate_weight: float) -> None:
        """Use the batch of samples that begins at `start`; `noise`, in steps, has the grid's shape."""


def gradient_for(network: Network, problem: Problem, batch: int, scale: float) -> Gradient:
    """The fastest implementation for a network."""
    if not (HandGradient.supports(network.descriptor) and network.on_cpu):
        return AutogradGradient(network, problem, batch, scale)
    return HandGradient(network, problem, batch, scale)


class AutogradGradient:
    """By torch's autograd: the plain twin of :class:`HandGradient`, also used for all other models and devices."""

    def __init__(self, network: Network, problem: Problem, batch: int, scale: float) -> None:
        self._network, self._problem = network, problem
        self._batch, self._scale = batch, scale

    def __call__(self, start: int, noise: Tensor | None, rate_weight: float) -> None:
        """See :class:`Gradient`."""
        network = self._network
        batch = self._problem.batch(start, self._batch)
        noisy = None if network.grid is None or noise is None else network.grid + noise
        squares = (network.residual(batch, noisy) - batch.target).square()
        loss = (squares * batch.weight[:, None]).mean() * self._scale
        if network.grid is not None:
            loss = loss + rate_weight * torch.log2(1 + network.grid.abs()).sum()
        network.gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]


class HandGradient:
    """By hand, for grid + 8-bit code -> ReLU MLP -> sRGB excess: no graph, few allocations, half the time.

    Samples lie along the second axis, so that every feature is one contiguous row. Colour features, gates and positions
    depend on the samples alone and are computed once.
    """

    @staticmethod
    def supports(descriptor: Descriptor) -> bool:
        """Whether this class can be used for a model."""
        return (
            descriptor.head is Head.SRGB_EXCESS
            and descriptor.grid is not None
            and descriptor.xy is None
            and descriptor.rgb is not None
            and descriptor.rgb.source is RgbSource.CODE
            and descriptor.bias
        )

    def __init__(self, network: Network, problem: Problem, batch: int, scale: float) -> None:
        self._allocate(network, batch)
        with torch.no_grad():
            every = problem.batch(0, len(problem))
            # Split into batches once: in a step of a few dozen operations, slicing would take a noticeable share.
            along_samples = (
                torch.split(network.positions(every), batch, 2),
                torch.split(network.code_features(every).T.contiguous(), batch, 1),
                torch.split(network.gates(every).T.contiguous(), batch, 1),
                torch.split(every.target.T.contiguous(), batch, 1),
                torch.split(self._slopes(every, scale), batch),
            )
            self._batches = list(zip(*along_samples, strict=True))
        self._calls = 0

    def _allocate(self, network: Network, batch: int) -> None:
        self._network, self._batch = network, batch
        assert network.grid is not None  # noqa: S101 - see supports()
        self._grid = torch.empty_like(network.grid)
        self._slope = torch.empty_like(network.grid)
        self._to_wide = network.matrix.T.contiguous()
        self._from_wide = network.matrix.contiguous()
        widths = [weight.shape[0] for weight, _ in network.layers]
        # The first "layer" is the input features: those of the grid, then those of the colour.
        self._values = [network.values.new_empty(n, batch) for n in (network.descriptor.feature_count, *widths)]
        self._errors = [torch.empty_like(values) for values in self._values]
        self._channels = network.grid.shape[1]
        self._wide_error = network.values.new_empty(3, batch)

    def _slopes(self, samples: Batch, scale: float) -> Tensor:
        """What each sample's error counts for in the derivative of the mean over its batch, (N,)."""
        return samples.weight * (2 * scale * self._network.output_scale / (3 * self._batch))

    @torch.no_grad()
    def __call__(self, start: int, noise: Tensor | None, rate_weight: float) -> None:
        """See :class:`Gradient`."""
        network = self._network
        assert noise is not None  # noqa: S101 - see supports()
        assert network.grid is not None  # noqa: S101 - see supports()
        where, colour, gate, target, weight = self._batches[start // self._batch]
        torch.add(network.grid, noise, out=self._grid)
        self._values[0][: self._channels] = network.sample(self._grid, where)
        self._values[0][self._channels :] = colour
        self._forward()
        self._output_error(gate, target, weight)
        self._backward()
        assert network.grid_gradient is not None  # noqa: S101 - see supports()
        to_grid = network.sample_gradient(self._errors[0][: self._channels], self._grid, where)
        if rate_weight:
            torch.add(to_grid, self._rate_slope(network.grid), alpha=rate_weight, out=network.grid_gradient)
        else:
            network.grid_gradient.copy_(to_grid)
        self._calls += 1

    def _forward(self) -> None:
        for k, (weight, bias) in enumerate(self._network.layers):
            assert bias is not None  # noqa: S101 - see supports()
            torch.addmm(bias[:, None], weight, self._values[k], out=self._values[k + 1])
            if k < len(self._network.layers) - 1:
                self._values[k + 1].relu_()

    def _output_error(self, gate: Tensor, target: Tensor, weight: Tensor) -> None:
        """The derivative of the loss with respect to the last layer's outputs, which the excess overwrites."""
        excess, error = self._values[-1], self._wide_error
        excess.mul_(gate).mul_(self._network.output_scale)
        torch.addmm(target, self._to_wide, excess, beta=-1, out=error)
        error.mul_(weight)
        torch.mm(self._from_wide, error, out=self._errors[-1])
        self._errors[-1].mul_(gate)

    def _backward(self) -> None:
        for k in range(len(self._network.layers) - 1, -1, -1):
            error, before = self._errors[k + 1], self._errors[k]
            weight, (weight_gradient, bias_gradient) = self._network.layers[k][0], self._network.layer_gradients[k]
            torch.sum(error, 1, out=bias_gradient)
            torch.mm(error, self._values[k].T, out=weight_gradient)
            if k == 0:
                # The derivative with respect to the colour features is not needed.
                torch.mm(weight[:, : self._channels].T, error, out=before[: self._channels])
            else:
                torch.mm(weight.T, error, out=before)
                # Zero where ReLU gave zero: in place, in one pass.
                torch.ops.aten.threshold_backward.grad_input(before, self._values[k], 0.0, grad_input=before)

    def _rate_slope(self, grid: Tensor) -> Tensor:
        """The rate's derivative by the grid, computed every few steps: it changes slowly and takes five passes."""
        if self._calls % _SLOPE_EVERY == 0:
            self._set_rate_slope(grid)
        return self._slope

    def _set_rate_slope(self, grid: Tensor) -> None:
        torch.abs(grid, out=self._slope)
        torch.div(grid.sign(), self._slope.add_(1).mul_(math.log(2)), out=self._slope)
