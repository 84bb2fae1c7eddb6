"""The network itself: sizes, features, start values, forward pass, and the gradient written out by hand.

A step of so small a network is bound by memory and by the bookkeeping of automatic differentiation; in pieces that stay
in the cache, and without it, a step on a CPU takes a third of the time. Tests compare it with torch's own gradient.
"""

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from torch.nn import functional

from benchmarks.arrays import Floats
from benchmarks.rivals.reference import octaves

Inputs = Literal["xy", "RGB", "xyRGB"]
INPUTS: dict[Inputs, slice] = {"xy": slice(0, 2), "RGB": slice(2, 5), "xyRGB": slice(0, 5)}
"""Which of row, column, red, green and blue the network sees."""

_OCTAVES = 12
_OUTPUTS = 3
_ALIGNMENT = 16
"""The fast implementation multiplies blocks of 16: it pads features with ones, and outputs with some nobody reads."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of a network with two hidden ReLU layers, and how its weights are stored.

    The paper's 137, 53, 23 and 11 KB are those of widths 128, 64, 32 and 16 with the padding of the fast
    implementation, in units of 1,024 bytes and with 1,024 bytes of the file beside the weights. Its 48 KB "without the
    fast implementation" are plain layers of width 64: 47,872 bytes without biases, 48,396 with those that torch's
    layers have by default.

    Attributes:
        width: units of each hidden layer.
        inputs: see :data:`INPUTS`.
        encoded: whether the inputs go through 12 octaves of sines and cosines, or as they are.
        padded: whether sizes are those of the fast implementation (tiny-cuda-nn's fully fused network): features padded
            to a multiple of 16 with ones, 16 outputs, no bias. Otherwise layers are plain, with a bias each.
    """

    width: int
    inputs: Inputs = "xyRGB"
    encoded: bool = True
    padded: bool = True

    @property
    def channels(self) -> int:
        """How many inputs there are before the encoding."""
        chosen = INPUTS[self.inputs]
        return int(chosen.stop - chosen.start)

    @property
    def features(self) -> int:
        """How many features they become, without padding."""
        return self.channels * (2 * _OCTAVES if self.encoded else 1)

    @property
    def ones(self) -> int:
        """How many ones follow the features."""
        return -self.features % _ALIGNMENT if self.padded else 0

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of all tensors as they are stored: a matrix (outputs, inputs) for each layer, where plain with its bias."""
        if self.padded:
            return (self.width, self.features + self.ones), (self.width, self.width), (_ALIGNMENT, self.width)
        matrices = (self.width, self.features), (self.width, self.width), (_OUTPUTS, self.width)
        return tuple(shape for matrix in matrices for shape in (matrix, matrix[:1]))

    @property
    def stored_bytes(self) -> int:
        """Of all tensors: float32, uncompressed, as the paper counts them."""
        return 4 * sum(math.prod(shape) for shape in self.shapes)

    def __str__(self) -> str:
        return f"{self.features + self.ones}-{self.width}-{self.width}-{self.shapes[-1][0]}"

    def to_bytes(self, tensors: list[Floats]) -> bytes:
        """The tensors, float32 of :attr:`shapes`, one after the other, little-endian."""
        return b"".join(tensor.astype("<f4").tobytes() for tensor in tensors)

    def from_bytes(self, data: bytes) -> list[Floats]:
        """The tensors of :meth:`to_bytes`.

        Raises:
            ValueError: if there are more or fewer bytes than the layout has.
        """
        if len(data) != self.stored_bytes:
            raise ValueError(f"{len(data)} bytes of weights; the layout {self} has {self.stored_bytes}")
        values = np.frombuffer(data, "<f4").astype(np.float32)
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(values, ends), self.shapes, strict=True)]


def features_of(inputs: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Features, float32 (N, features + ones), of the layout's inputs on [-1, 1], float32 (N, channels)."""
    features = octaves(inputs) if layout.encoded else inputs
    return functional.pad(features, (0, layout.ones), value=1.0)


class Network:
    """Weights, float32 of a layout's shapes, on a device; as `parameters`, with gradients, for an optimiser."""

    def __init__(self, layout: Layout, tensors: list[torch.Tensor], device: str) -> None:
        self.layout = layout
        self.parameters = [tensor.to(device).requires_grad_() for tensor in tensors]
        self._gradients = [torch.zeros_like(parameter) for parameter in self.parameters]
        for parameter, gradient in zip(self.parameters, self._gradients, strict=True):
            parameter.grad = gradient

    @classmethod
    def random(cls, layout: Layout, generator: torch.Generator, device: str) -> Self:
        """Start values as the two implementations have them: Xavier's uniform ones, or those of torch's layers."""
        tensors: list[torch.Tensor] = []
        for shape in layout.shapes:
            # A plain layer's bias has the bound of its matrix, which comes first.
            matrix = shape if len(shape) == 2 else tuple(tensors[-1].shape)
            bound = math.sqrt(6 / sum(matrix)) if layout.padded else 1 / math.sqrt(matrix[1])
            tensors.append((torch.rand(shape, generator=generator) * 2 - 1) * bound)
        return cls(layout, tensors, device)

    @classmethod
    def started(cls, layout: Layout, start: list[Floats], device: str) -> Self:
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

    def tensors(self) -> list[Floats]:
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
        for gradient in self._gradients:
            gradient.zero_()

    def add_gradient(self, features: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | float) -> None:
        """Add the gradient of ``sum(weights * (predict(features) - targets) ** 2)``.

        Features are float32 (N, features + ones), targets (N, 3), weights (N, 1) or one for all.
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
        self._gradients[index][: slope.shape[1]].addmm_(slope.T, values)
        if not self.layout.padded:
            self._gradients[index + 1].add_(slope.sum(0))
