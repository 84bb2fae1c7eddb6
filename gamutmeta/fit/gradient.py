"""The gradient of the training loss, two ways: by autograd for any model, and by hand for the default one.

Loss: ``scale * mean((residual - target)^2) + rate_weight * sum(log2(1 + |z|))``, z being the grid in steps. The
residual is taken with a grid to which the caller has added noise, the rate with the true one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import torch

from gamutmeta.model.descriptor import Descriptor, Head, RgbSource

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Network, Problem

__all__ = ["AutogradGradient", "Gradient", "HandGradient", "gradient_for"]


class Gradient(Protocol):
    """Fills ``network.gradient``."""

    def __call__(self, start: int, noisy: Tensor | None, rate_weight: float) -> None:
        """Take the batch of samples that begins at `start`, and the grid `noisy` in steps."""


def gradient_for(network: Network, problem: Problem, batch: int, scale: float) -> Gradient:
    """The fastest way for that network."""
    kind = HandGradient if HandGradient.knows(network.descriptor) and network.on_cpu else AutogradGradient
    return kind(network, problem, batch, scale)


class AutogradGradient:
    """By torch's autograd: the plain twin of :class:`HandGradient`, and the way for every other model and device."""

    def __init__(self, network: Network, problem: Problem, batch: int, scale: float) -> None:
        self._network, self._problem = network, problem
        self._batch, self._scale = batch, scale

    def __call__(self, start: int, noisy: Tensor | None, rate_weight: float) -> None:
        """See :class:`Gradient`."""
        network = self._network
        batch = self._problem.batch(start, self._batch)
        if noisy is not None and network.grid is not None:
            # The noise is a constant: the gradient passes to the grid as it is.
            noisy = network.grid + (noisy - network.grid).detach()
        loss = (network.residual(batch, noisy) - batch.target).square().mean() * self._scale
        if network.grid is not None:
            loss = loss + rate_weight * torch.log2(1 + network.grid.abs()).sum()
        network.gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]


class HandGradient:
    """By hand, for grid + 8-bit code -> ReLU MLP -> sRGB excess: no graph, no allocation, half the time.

    Samples lie along the second axis, so that every feature is one contiguous row. What depends on the samples alone
    (colour features, gates, positions) is computed once.
    """

    @staticmethod
    def knows(descriptor: Descriptor) -> bool:
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
        self._network, self._batch = network, batch
        self._error_scale = 2 * scale / (3 * batch)
        with torch.no_grad():
            every = problem.batch(0, len(problem))
            self._where = network.positions(every)
            self._colour = network.code_features(every).T.contiguous()
            self._gate = network.gates(every).T.contiguous()
            self._target = every.target.T.contiguous()
        self._to_wide = network.matrix.T.contiguous()
        self._from_wide = network.matrix.contiguous()
        widths = [weight.shape[0] for weight, _ in network.layers]
        self._values = [torch.empty(width, batch) for width in widths]
        self._errors = [torch.empty(width, batch) for width in widths]
        self._wide_error = torch.empty(3, batch)

    @torch.no_grad()
    def __call__(self, start: int, noisy: Tensor | None, rate_weight: float) -> None:
        """See :class:`Gradient`."""
        assert noisy is not None  # noqa: S101 - this class is for models with a grid
        part = slice(start, start + self._batch)
        where = self._where[:, :, part]
        features = self._network.sample(noisy, where)
        self._forward(features, self._colour[:, part])
        self._output_error(self._gate[:, part], self._target[:, part])
        self._backward(features, self._colour[:, part], noisy, where)
        self._add_rate(rate_weight)

    def _forward(self, features: Tensor, colour: Tensor) -> None:
        channels = len(features)
        for k, (weight, bias) in enumerate(self._network.layers):
            assert bias is not None  # noqa: S101 - see knows()
            values = self._values[k]
            if k == 0:
                torch.addmm(bias[:, None], weight[:, channels:], colour, out=values)
                values.addmm_(weight[:, :channels], features)
            else:
                torch.addmm(bias[:, None], weight, self._values[k - 1], out=values)
            if k < len(self._values) - 1:
                values.relu_()

    def _output_error(self, gate: Tensor, target: Tensor) -> None:
        """The loss's derivative by the last layer's outputs; the outputs are overwritten by the excess."""
        scale = self._network.output_scale
        excess, error = self._values[-1], self._wide_error
        excess.mul_(gate).mul_(scale)
        torch.addmm(target, self._to_wide, excess, beta=-1, out=error)
        error.mul_(self._error_scale * scale)
        torch.mm(self._from_wide, error, out=self._errors[-1])
        self._errors[-1].mul_(gate)

    def _backward(self, features: Tensor, colour: Tensor, noisy: Tensor, where: Tensor) -> None:
        network, channels = self._network, len(features)
        for k in range(len(self._values) - 1, -1, -1):
            error = self._errors[k]
            weight, (weight_gradient, bias_gradient) = network.layers[k][0], network.layer_gradients[k]
            torch.sum(error, 1, out=bias_gradient)
            if k == 0:
                weight_gradient[:, channels:] = error @ colour.T
                weight_gradient[:, :channels] = error @ features.T
                assert network.grid_gradient is not None  # noqa: S101 - see knows()
                network.grid_gradient.copy_(network.sample_gradient(weight[:, :channels].T @ error, noisy, where))
                return
            torch.mm(error, self._values[k - 1].T, out=weight_gradient)
            before = self._errors[k - 1]
            torch.mm(weight.T, error, out=before)
            before.mul_(self._values[k - 1] > 0)

    def _add_rate(self, rate_weight: float) -> None:
        grid, gradient = self._network.grid, self._network.grid_gradient
        if rate_weight and grid is not None and gradient is not None:
            slope = grid.sign().div_((grid.abs() + 1).mul_(math.log(2)))
            gradient.add_(slope, alpha=rate_weight)
