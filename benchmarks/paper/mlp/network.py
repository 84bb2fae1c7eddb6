"""The network itself: features, start values, forward pass, and the gradient written out by hand.

A step of so small a network is bound by memory and by the bookkeeping of automatic differentiation; in pieces that stay
in the cache, and without it, a step on a CPU takes a third of the time. Tests compare it with torch's own gradient.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from benchmarks.rivals.reference import octaves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.paper.mlp.layout import Layout

__all__ = ["Network", "features_of"]


def features_of(inputs: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Features, float32 (N, features + ones), of the layout's inputs on [-1, 1], float32 (N, channels)."""
    features = octaves(inputs) if layout.encoded else inputs
    return functional.pad(features, (0, layout.ones), value=1.0)


class Network:
    """Weights on a device, and their gradients.

    Args:
        layout: of the network.
        tensors: float32 of the layout's shapes.
        device: "cpu" or "cuda".

    Attributes:
        parameters: the tensors, for an optimiser.
    """

    def __init__(self, layout: Layout, tensors: list[torch.Tensor], device: str) -> None:
        self.layout = layout
        self.parameters = [tensor.to(device).requires_grad_() for tensor in tensors]
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)

    @classmethod
    def random(cls, layout: Layout, generator: torch.Generator, device: str) -> Network:
        """Start values as the two implementations have them: Xavier's uniform ones, or those of torch's layers."""
        tensors: list[torch.Tensor] = []
        for shape in layout.shapes:
            # A plain layer's bias has the bound of its matrix, which comes first.
            matrix = shape if len(shape) == 2 else tuple(tensors[-1].shape)
            bound = math.sqrt(6 / sum(matrix)) if layout.padded else 1 / math.sqrt(matrix[1])
            tensors.append((torch.rand(shape, generator=generator) * 2 - 1) * bound)
        return cls(layout, tensors, device)

    @classmethod
    def started(cls, layout: Layout, start: list[NDArray[np.float32]], device: str) -> Network:
        """Learned start values for a padded layout, without its padding; what belongs to the padding is zero.

        Raises:
            ValueError: if the matrices are not those of this layout.
        """
        rows = (layout.width, layout.width, 3)
        columns = (layout.features, layout.width, layout.width)
        wanted = list(zip(rows, columns, strict=True))
        if [matrix.shape for matrix in start] != wanted:
            raise ValueError(f"start weights of shapes {[m.shape for m in start]}; {layout} takes {wanted}")
        tensors = [torch.zeros(shape) for shape in layout.shapes]
        for tensor, matrix in zip(tensors, start, strict=True):
            tensor[: matrix.shape[0], : matrix.shape[1]] = torch.from_numpy(matrix.copy())  # it may be read-only
        return cls(layout, tensors, device)

    def tensors(self) -> list[NDArray[np.float32]]:
        """The weights, float32 of the layout's shapes."""
        return [parameter.detach().cpu().numpy().copy() for parameter in self.parameters]

    def layers(self) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
        """Matrix and bias of each layer, without outputs that nobody reads; they share memory with the parameters."""
        values = [parameter.detach() for parameter in self.parameters]
        if self.layout.padded:
            return [(values[0], None), (values[1], None), (values[2][:3], None)]
        return list(zip(values[::2], values[1::2], strict=True))

    def predict(self, features: torch.Tensor) -> torch.Tensor:
        """What to add to the clipped colour, in units of the range [-1, 1]: float32 (N, 3)."""
        hidden = features
        *inner, last = self.layers()
        for matrix, bias in inner:
            hidden = functional.linear(hidden, matrix, bias).relu_()
        return functional.linear(hidden, *last)

    def clear_gradient(self) -> None:
        """Set the gradient to zero."""
        for parameter in self.parameters:
            _gradient_of(parameter).zero_()

    def add_gradient(self, features: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | float) -> None:
        """Add the gradient of ``sum(weights * (predict(features) - targets) ** 2)``.

        Args:
            features: float32 (N, features + ones).
            targets: float32 (N, 3).
            weights: float32 (N, 1), or one for all.
        """
        (first, first_bias), (second, second_bias), (third, third_bias) = self.layers()
        one = functional.linear(features, first, first_bias).relu_()
        two = functional.linear(one, second, second_bias).relu_()
        slope = functional.linear(two, third, third_bias).sub_(targets).mul_(2 * weights)
        self._add(2, slope, two)
        slope = (slope @ third).mul_(two > 0)
        self._add(1, slope, one)
        slope = (slope @ second).mul_(one > 0)
        self._add(0, slope, features)

    def _add(self, layer: int, slope: torch.Tensor, values: torch.Tensor) -> None:
        """Add a layer's gradient, given that of its outputs and what came in."""
        index = layer if self.layout.padded else 2 * layer
        _gradient_of(self.parameters[index])[: slope.shape[1]].addmm_(slope.T, values)
        if not self.layout.padded:
            _gradient_of(self.parameters[index + 1]).add_(slope.sum(0))


def _gradient_of(parameter: torch.Tensor) -> torch.Tensor:
    gradient = parameter.grad
    if gradient is None:  # an optimiser was told to drop it
        gradient = parameter.grad = torch.zeros_like(parameter)
    return gradient
