"""Sizes of the network: what goes in, how many weights there are, and how they are stored.

The paper's 137, 53, 23 and 11 KB are those of widths 128, 64, 32 and 16 with the padding of the fast implementation, in
units of 1,024 bytes and with 1,024 bytes of the file beside the weights. Its 48 KB "without the fast implementation"
are plain layers of width 64: 47,872 bytes without biases, 48,396 with those that torch's layers have by default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INPUTS", "Inputs", "Layout"]

Inputs = Literal["xy", "RGB", "xyRGB"]
INPUTS: dict[Inputs, slice] = {"xy": slice(0, 2), "RGB": slice(2, 5), "xyRGB": slice(0, 5)}
"""Which of row, column, red, green and blue the network sees."""

_OCTAVES = 12
_OUTPUTS = 3
_ALIGNMENT = 16
"""The fast implementation multiplies blocks of 16: it pads features with ones, and outputs with some nobody reads."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A network with two hidden ReLU layers.

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

    def to_bytes(self, tensors: list[NDArray[np.float32]]) -> bytes:
        """The tensors, float32 of :attr:`shapes`, one after the other, little-endian."""
        return b"".join(tensor.astype("<f4").tobytes() for tensor in tensors)

    def from_bytes(self, data: bytes) -> list[NDArray[np.float32]]:
        """The tensors of :meth:`to_bytes`.

        Raises:
            ValueError: if there are more or fewer bytes than the layout has.
        """
        if len(data) != self.stored_bytes:
            raise ValueError(f"{len(data)} bytes of weights; the layout {self} has {self.stored_bytes}")
        values = np.frombuffer(data, "<f4").astype(np.float32)
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(values, ends), self.shapes, strict=True)]
