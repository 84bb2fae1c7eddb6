"""The trainable arrays of the grid model, as the loops of machine code and of numpy share them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gamutmeta.color.spaces import expansion_matrix
from gamutmeta.model.descriptor import Head, RgbSource
from gamutmeta.model.features import code_coordinate, gate_weights, octave_features

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]

__all__ = ["LOSS_SCALE", "OUTPUT_SCALE", "Network", "State"]

LOSS_SCALE = 1_000
"""The squared error is multiplied by this, so that gradients are large compared with Adam's epsilon."""

OUTPUT_SCALE = 0.5
"""Scale of the last layer, which makes it learn more slowly than the others. It is part of the stored weights."""

_ROOM = 32
"""Floats behind the grid that vectors at its last node may reach."""


class State(NamedTuple):
    """Trained values, to return to."""

    parameters: Floats
    grid: Floats
    grid_step: float


class Network:
    """Trainable arrays of a descriptor, and what of the model is fixed.

    Attributes:
        descriptor: the model; see :meth:`supports`.
        width, height: of the picture's coded raster, pixels.
        grid_step: quantisation step of the grid.
        widths: number of features, then of units of each layer.
        parameters: of each layer the weight (outputs, inputs) and the bias (outputs), one after the other, (m,).
        grid: in steps, (height, width, channels) flattened, with zeros behind.
        matrix: linear sRGB to linear ProPhoto, for row vectors, (3, 3).
        gate_table: the model's weight at each code of each channel, (3, 256).
        code_table: features of each code, (256, features of a channel).
        sums: the loops' method for :meth:`normal_equations`; absent before there are any.
    """

    sums: Callable[[Any, int], tuple[Doubles, Doubles, Doubles]]

    def __init__(self, descriptor: Descriptor, width: int, height: int, *, grid_step: float) -> None:
        assert descriptor.grid is not None  # noqa: S101 - see supports()
        assert descriptor.rgb is not None  # noqa: S101 - see supports()
        self.descriptor, self.width, self.height, self.grid_step = descriptor, width, height, grid_step
        self.widths = tuple(descriptor.layer_widths)
        self.channels = descriptor.grid.channels
        self.across = descriptor.grid.width
        self.nodes = descriptor.grid.height * descriptor.grid.width
        self.parameters = np.zeros(self.mlp_size, np.float32)
        self.grid = np.zeros(self.nodes * self.channels + _ROOM, np.float32)
        self.matrix = np.ascontiguousarray(expansion_matrix(descriptor.adaptation).T, np.float32)
        self.gate_table = np.ascontiguousarray(gate_weights(descriptor), np.float32)
        t = code_coordinate()
        rows = octave_features(t, descriptor.rgb.octaves)
        self.code_table = np.concatenate([t[:, None], rows], 1) if descriptor.rgb.identity else rows

    @staticmethod
    def supports(descriptor: Descriptor) -> bool:
        """Whether a model can be fitted here: grid and 8-bit code, with biases, to the sRGB excess."""
        return (
            descriptor.head is Head.SRGB_EXCESS
            and descriptor.grid is not None
            and descriptor.xy is None
            and descriptor.rgb is not None
            and descriptor.rgb.source is RgbSource.CODE
            and descriptor.bias
        )

    @property
    def mlp_size(self) -> int:
        """How many parameters the MLP has."""
        return sum((inputs + 1) * outputs for inputs, outputs in pairwise(self.widths))

    @property
    def nodes_by_channel(self) -> Floats:
        """The grid in steps, (height, width, channels): a view."""
        return self.grid[: self.nodes * self.channels].reshape(-1, self.across, self.channels)

    def layers(self) -> Iterator[tuple[Floats, Floats]]:
        """Weight (outputs, inputs) and bias (outputs,) of each layer: views."""
        yield from layers_of(self.parameters, self.widths)

    def start(self, rng: np.random.Generator) -> None:
        """Set random values to start from. The last layer starts at zero, so that the model adds nothing."""
        last = len(self.widths) - 2
        for k, layer in enumerate(self.layers()):
            bound = 0.0 if k == last else 1 / math.sqrt(self.widths[k])
            for values in layer:
                values[:] = (rng.random(values.shape, np.float32) * 2 - 1) * np.float32(bound)
        grid = self.nodes_by_channel
        grid[:] = (rng.random(grid.shape, np.float32) * 2 - 1) * np.float32(0.02 / self.grid_step)

    def load_tensors(self, tensors: Mapping[str, Floats]) -> None:
        """Load values as a reader decodes them from a payload, by name of the tensor."""
        for k, (weight, bias) in enumerate(self.layers()):
            scale = OUTPUT_SCALE if k == len(self.widths) - 2 else 1.0
            weight[:], bias[:] = tensors[f"weight{k}"] / scale, tensors[f"bias{k}"] / scale
        self.nodes_by_channel[:] = tensors["grid"] / self.grid_step

    def state(self) -> State:
        """A copy of the trained values."""
        return State(self.parameters.copy(), self.grid.copy(), self.grid_step)

    def restore(self, state: State) -> None:
        """Return to trained values."""
        self.parameters[:], self.grid[:], self.grid_step = state

    def grid_steps(self) -> Floats:
        """The grid in units of its step, (height, width, channels) as the payload has it."""
        return self.nodes_by_channel.copy()

    def last_layer(self) -> NDArray[np.float64]:
        """Weights and biases of the last layer as the payload has them, (outputs, inputs + 1), the bias last."""
        *_, (weight, bias) = self.layers()
        return np.concatenate([weight, bias[:, None]], 1).astype(np.float64) * OUTPUT_SCALE

    def normal_equations(self, problem: Any, count: int) -> tuple[Doubles, Doubles, Doubles]:
        """See :class:`gamutmeta.fit.last_layer.Solvable`."""
        return self.sums(problem, count)

    def mlp_weights(self) -> dict[str, Floats]:
        """The MLP's tensors by name, as the payload has them."""
        named = {}
        for k, (weight, bias) in enumerate(self.layers()):
            scale = np.float32(OUTPUT_SCALE if k == len(self.widths) - 2 else 1.0)
            named[f"weight{k}"], named[f"bias{k}"] = weight * scale, bias * scale
        return named


def layers_of(parameters: Floats, widths: tuple[int, ...]) -> Iterator[tuple[Floats, Floats]]:
    """Cut parameters, or their gradient, into weight (outputs, inputs) and bias (outputs,) of each layer: views."""
    at = 0
    for inputs, outputs in pairwise(widths):
        weight = parameters[at : at + inputs * outputs].reshape(outputs, inputs)
        yield weight, parameters[at + inputs * outputs : at + (inputs + 1) * outputs]
        at += (inputs + 1) * outputs
