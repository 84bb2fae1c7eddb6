"""The model in torch, for training: the arithmetic of :mod:`gamutmeta.model` on a batch of pixels, with gradients.

Tests compare it with the numpy forward pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch.nn import functional

from gamutmeta.color.spaces import apply_matrix, expansion_matrix
from gamutmeta.fit.normal_equations import normal_equations
from gamutmeta.fit.threads import map_in_order
from gamutmeta.model.descriptor import Head, RgbSource
from gamutmeta.model.features import (
    code_coordinate,
    gate_weights,
    grid_position,
    linear_samples,
    octave_features,
    pixel_centres,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.fit.samples import Samples
    from gamutmeta.model.descriptor import Descriptor, TensorSpec

__all__ = ["Batch", "Network", "Problem"]

_ERROR_BATCH = 1 << 13
"""Samples whose errors are computed at once: their features stay in the cache."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B pixels.

    Attributes:
        row, column: where they lie, (B,).
        codes: sRGB codes, (B, 3).
        base: clipped linear ProPhoto, float32 (B, 3).
        target: what the model has to add to it, linear ProPhoto, float32 (B, 3).
        in_gamut: whether the photograph's colour lies inside sRGB, (B,).
        weight: of its squared error in the loss, float32 (B,).
    """

    row: Tensor
    column: Tensor
    codes: Tensor
    base: Tensor
    target: Tensor
    in_gamut: Tensor
    weight: Tensor


@dataclass(frozen=True, slots=True)
class Problem:
    """All samples, on the device, in random order."""

    everything: Batch

    @classmethod
    def build(cls, descriptor: Descriptor, samples: Samples, device: torch.device) -> Self:
        """Move `samples` to the device."""
        matrix = expansion_matrix(descriptor.adaptation)
        base = apply_matrix(matrix, linear_samples(descriptor, samples.codes))
        return cls(
            Batch(
                row=torch.from_numpy(samples.row).to(device),
                column=torch.from_numpy(samples.column).to(device),
                codes=torch.from_numpy(samples.codes).to(device),
                base=torch.from_numpy(base).to(device),
                target=torch.from_numpy(samples.wide - base).to(device),
                in_gamut=torch.from_numpy(~samples.og).to(device),
                weight=torch.from_numpy(samples.weight).to(device),
            ),
        )

    def __len__(self) -> int:
        return len(self.everything.codes)

    def batch(self, start: int, size: int) -> Batch:
        """Pixels start..start+size; the samples are shuffled, so consecutive ones are a random draw."""
        part = slice(start, start + size)
        every = self.everything
        return Batch(
            row=every.row[part].long(),
            column=every.column[part].long(),
            codes=every.codes[part].long(),
            base=every.base[part],
            target=every.target[part],
            in_gamut=every.in_gamut[part],
            weight=every.weight[part],
        )

    def first(self, size: int) -> Problem:
        """The first `size` samples alone."""
        every = self.everything
        return Problem(Batch(*(getattr(every, field)[:size] for field in Batch.__slots__)))

    def pick(self, at: Tensor, weight: Tensor) -> Problem:
        """The samples numbered `at`, (M,), with new weights, (M,)."""
        row, column, codes, base, target, in_gamut, _ = (getattr(self.everything, name) for name in Batch.__slots__)
        picked = map_in_order(lambda values: values[at], (target, codes, base, row, column, in_gamut))
        target, codes, base, row, column, in_gamut = picked
        return Problem(Batch(row, column, codes, base, target, in_gamut, weight))


class Network:
    """Trainable tensors of a descriptor for a picture of one size.

    Attributes:
        width, height: of the picture's coded raster, pixels.
        grid_step: quantisation step of the grid.
        values: all parameters, (n,); `layers` and `grid` are views of it.
        gradient: the same for their gradients; `layer_gradients` and `grid_gradient` are views of it.
        layers: (weight, bias or None) per layer; weight is (outputs, inputs).
        grid: grid values in units of the quantisation step, (1, channels, height, width), or None.
        matrix: linear sRGB to linear ProPhoto, for row vectors, (3, 3).
        gate_table: the model's weight at each code of each channel, (3, 256).
        code_table: features of each code, (256, features of a channel); absent where the model sees no codes.
    """

    output_scale = 0.5
    """Scale of the last layer, which makes it learn more slowly than the others. It is part of the stored weights."""

    def __init__(
        self,
        descriptor: Descriptor,
        width: int,
        height: int,
        *,
        grid_step: float,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.descriptor = descriptor
        self.grid_step = grid_step
        self.width, self.height = width, height
        self._device = device

        def constant(array: NDArray[np.floating]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)

        starts = _starting_values(descriptor, grid_step, generator)
        # One flat vector, so that the optimiser has one tensor to update; the MLP first, then the grid.
        self._shapes = {spec.name: starts[spec.name].shape for spec in _in_memory(descriptor)}
        values = torch.cat([starts[name].ravel() for name in self._shapes]).to(device)
        self._use_memory(values, torch.zeros_like(values))
        if descriptor.grid is not None:
            self._row, self._row_fraction = self._axis(height, descriptor.grid.height)
            self._column, self._column_fraction = self._axis(width, descriptor.grid.width)
            self._nodes_across = descriptor.grid.width
        if descriptor.xy is not None:
            self._x = constant(octave_features(2 * pixel_centres(width) - 1, descriptor.xy.octaves))
            self._y = constant(octave_features(2 * pixel_centres(height) - 1, descriptor.xy.octaves))
        if descriptor.rgb is not None and descriptor.rgb.source is RgbSource.CODE:
            t = code_coordinate()
            rows = octave_features(t, descriptor.rgb.octaves)
            self.code_table = constant(np.concatenate([t[:, None], rows], 1) if descriptor.rgb.identity else rows)
        self.gate_table = constant(gate_weights(descriptor))
        self.matrix = constant(expansion_matrix(descriptor.adaptation).T)

    def move_to(self, values: Tensor, gradient: Tensor) -> None:
        """Move parameters and gradients to other memory, (n,) each. Values are copied, gradients set to zero."""
        values.copy_(self.values)
        self._use_memory(values, gradient.zero_())

    def _use_memory(self, values: Tensor, gradient: Tensor) -> None:
        self.values, self.gradient = values, gradient
        named, gradients, start = {}, {}, 0
        for name, shape in self._shapes.items():
            part = slice(start, start + shape.numel())
            named[name], gradients[name] = values[part].view(shape).requires_grad_(), gradient[part].view(shape)
            named[name].grad = gradients[name]
            start = part.stop
        layers = range(len(self.descriptor.layer_widths) - 1)
        self.layers = [(named[f"weight{k}"], named.get(f"bias{k}")) for k in layers]
        self.layer_gradients = [(gradients[f"weight{k}"], gradients.get(f"bias{k}")) for k in layers]
        self.grid, self.grid_gradient = named.get("grid"), gradients.get("grid")

    def _axis(self, count: int, nodes: int) -> tuple[Tensor, Tensor]:
        before, fraction = grid_position(count, nodes)
        return torch.from_numpy(before).to(self._device), torch.from_numpy(fraction).to(self._device)

    @property
    def on_cpu(self) -> bool:
        """Whether the parameters lie in main memory."""
        return self._device.type == "cpu"

    @property
    def mlp_size(self) -> int:
        """How many of `values`, from the first on, are the MLP's; the grid's follow."""
        return len(self.values) - (0 if self.grid is None else self.grid.numel())

    def squared_errors(self, problem: Problem) -> Tensor:
        """Squared error of each sample, summed over the channels, (N,); the grid as it is, without noise."""
        errors = torch.empty(len(problem), device=self._device)

        @torch.no_grad()
        def work(start: int) -> None:
            batch = problem.batch(start, _ERROR_BATCH)
            difference = self.residual(batch, self.grid) - batch.target
            torch.sum(difference.square_(), 1, out=errors[start : start + _ERROR_BATCH])

        map_in_order(work, range(0, len(problem), _ERROR_BATCH))
        return errors

    def residual(self, batch: Batch, grid: Tensor | None) -> Tensor:
        """What the model adds to clipped linear ProPhoto, (B, 3).

        Args:
            batch: the pixels.
            grid: the grid to use instead of the trainable one (noisy, or rounded), in steps.
        """
        values = functional.linear(self.hidden(batch, grid), *self.layers[-1]) * self.output_scale
        if self.descriptor.head is Head.SRGB_EXCESS:
            values = (values * self.gates(batch)) @ self.matrix
        return values

    def hidden(self, batch: Batch, grid: Tensor | None) -> Tensor:
        """What the last layer sees, (B, units); see :meth:`residual`."""
        values = self._features(batch, grid)
        for weight, bias in self.layers[:-1]:
            values = functional.relu(functional.linear(values, weight, bias))
        return values

    @torch.no_grad()
    def load_tensors(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Load values as a reader decodes them from a payload, by name of the tensor."""
        for k, layer in enumerate(self.layers):
            scale = self.output_scale if k == len(self.layers) - 1 else 1.0
            for name, tensor in zip(("weight", "bias"), layer, strict=True):
                if tensor is not None:
                    tensor.copy_(torch.from_numpy(tensors[f"{name}{k}"] / scale))
        if self.grid is not None:
            self.grid.copy_(torch.from_numpy(tensors["grid"] / self.grid_step).permute(2, 0, 1)[None])

    def _features(self, batch: Batch, grid: Tensor | None) -> Tensor:
        parts = []
        if grid is not None:
            parts.append((self._sampled if self.on_cpu else self._embedded)(batch, grid))
        if self.descriptor.xy is not None:
            parts += [self._x[batch.column], self._y[batch.row]]
        rgb = self.descriptor.rgb
        if rgb is not None and rgb.source is RgbSource.CODE:
            parts.append(self.code_features(batch))
        elif rgb is not None:
            t = 2 * batch.base - 1
            octaves = torch.exp2(torch.arange(rgb.octaves, device=t.device) - 1.0)
            v = t[..., None] * octaves
            angle = (v - v.round()) * (2 * math.pi)
            waves = [angle.sin(), angle.cos()]
            parts.append(torch.cat([t[..., None], *waves] if rgb.identity else waves, -1).flatten(1))
        return torch.cat(parts, 1)

    def code_features(self, batch: Batch) -> Tensor:
        """Features of the 8-bit codes, (B, features)."""
        return functional.embedding(batch.codes, self.code_table).flatten(1)

    def gates(self, batch: Batch) -> Tensor:
        """Weight of the model on each channel, (B, 3)."""
        return self.gate_table[torch.arange(3, device=batch.codes.device), batch.codes]

    def positions(self, batch: Batch) -> Tensor:
        """Where the pixels lie, for torch's sampler, (1, 1, B, 2): x and y on [-1, 1]."""
        u = (batch.column + 0.5) * (2 / self.width) - 1
        v = (batch.row + 0.5) * (2 / self.height) - 1
        return torch.stack([u, v], 1)[None, None]

    def sample(self, grid: Tensor, where: Tensor) -> Tensor:
        """The grid's features at those positions, (channels, B)."""
        # The few results are scaled, not the grid.
        return functional.grid_sample(grid, where, align_corners=True, padding_mode="border")[0, :, 0] * self.grid_step

    def sample_gradient(self, error: Tensor, grid: Tensor, where: Tensor) -> Tensor:
        """The derivative of :meth:`sample` by `grid`, times `error` (channels, B)."""
        bilinear, border, align_corners, wanted = 0, 1, True, [True, False]
        gradients: tuple[Tensor, Tensor] = torch.ops.aten.grid_sampler_2d_backward(
            (error * self.grid_step)[None, :, None], grid, where, bilinear, border, align_corners, wanted
        )
        return gradients[0]

    def cells(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The grid cell of each pixel: its first node, counted in a plane, (B,), and where in it, x and y, (2, B)."""
        corner = self._row[batch.row] * self._nodes_across + self._column[batch.column]
        return corner, torch.stack([self._column_fraction[batch.column], self._row_fraction[batch.row]])

    def _sampled(self, batch: Batch, grid: Tensor) -> Tensor:
        """The grid's features by torch's sampler: eight times as fast on the CPU, and in a fixed order there."""
        return self.sample(grid, self.positions(batch)).T

    def _embedded(self, batch: Batch, grid: Tensor) -> Tensor:
        """The grid's features as a weighted sum of embeddings, whose gradient sums in a fixed order on CUDA too."""
        corners, share = self.corners(batch)
        nodes = functional.embedding(corners, (grid * self.grid_step).reshape(grid.shape[1], -1).T.contiguous())
        return (nodes * share[..., None]).sum(1)

    def corners(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The four nodes around each pixel, numbered row by row, int64 (B, 4), and the share of each, (B, 4)."""
        assert self.descriptor.grid is not None  # noqa: S101 - nothing else has corners
        across = self.descriptor.grid.width
        corner, (fx, fy) = self.cells(batch)
        corners = torch.stack([corner, corner + 1, corner + across, corner + across + 1], 1)
        share = torch.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy], 1)
        return corners, share

    def state(self) -> tuple[Tensor, float]:
        """A copy of the trained values."""
        return self.values.detach().clone(), self.grid_step

    def restore(self, state: tuple[Tensor, float]) -> None:
        """Return to trained values."""
        values, self.grid_step = state
        self.values.detach().copy_(values)

    def normal_equations(
        self, problem: Problem, count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """See :class:`gamutmeta.fit.last_layer.Solvable`."""
        return normal_equations(self, problem, count)

    def grid_steps(self) -> NDArray[np.float32] | None:
        """The grid in units of its step, (height, width, channels) as the payload has it, or None."""
        if self.grid is None:
            return None
        return np.ascontiguousarray(self.grid.detach()[0].permute(1, 2, 0).cpu().numpy())

    def last_layer(self) -> NDArray[np.float64]:
        """Weights and biases of the last layer as the payload has them, (outputs, inputs + 1), the bias last."""
        named, last = self.mlp_weights(), len(self.layers) - 1
        return np.concatenate([named[f"weight{last}"], named[f"bias{last}"][:, None]], 1).astype(np.float64)

    def mlp_weights(self) -> dict[str, NDArray[np.float32]]:
        """The MLP's tensors by name, as the payload has them."""
        named = {}
        for k, layer in enumerate(self.layers):
            scale = self.output_scale if k == len(self.layers) - 1 else 1.0
            for name, tensor in zip(("weight", "bias"), layer, strict=True):
                if tensor is not None:
                    named[f"{name}{k}"] = (tensor.detach() * scale).cpu().numpy()
        return named


def _in_memory(descriptor: Descriptor) -> list[TensorSpec]:
    """The tensors in the order in which the parameters lie in memory."""
    return sorted(descriptor.tensor_specs(), key=lambda spec: spec.name == "grid")


def _starting_values(descriptor: Descriptor, grid_step: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Random values to start from, by tensor name; drawn on the CPU, so that every device starts alike."""
    values = {}
    widths = descriptor.layer_widths
    for spec in descriptor.tensor_specs():
        if spec.name == "grid":
            height, width, channels = spec.shape
            shape: tuple[int, ...] = (1, channels, height, width)
            bound = 0.02 / grid_step
        else:
            layer = int(spec.name[-1])
            starts_at_zero = layer == len(widths) - 2 and descriptor.head is Head.SRGB_EXCESS
            shape, bound = spec.shape, 0.0 if starts_at_zero else 1 / math.sqrt(widths[layer])
        values[spec.name] = (torch.rand(shape, generator=generator) * 2 - 1) * bound
    return values
