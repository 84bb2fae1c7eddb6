"""The model in torch, for training: the arithmetic of :mod:`gamutmeta.model` on a batch of pixels, with gradients.

The tests hold it against the numpy forward pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch.nn import functional

from gamutmeta.color.spaces import SRGB, apply_matrix, decode_table, expansion_matrix
from gamutmeta.model.descriptor import Head, RgbSource
from gamutmeta.model.features import (
    code_coordinate,
    gate_weights,
    grid_position,
    octave_features,
    pixel_centres,
)

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.samples import Samples
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Batch", "Network", "Problem"]

_OUTPUT_SCALE = 0.5
"""The last layer starts small and learns slowly against the others; folded into the stored weights."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B pixels.

    Attributes:
        row, column: where they lie, (B,).
        codes: sRGB codes, (B, 3).
        base: clipped linear ProPhoto, float32 (B, 3).
        target: what the model has to add to it, linear ProPhoto, float32 (B, 3).
    """

    row: Tensor
    column: Tensor
    codes: Tensor
    base: Tensor
    target: Tensor


@dataclass(frozen=True, slots=True)
class Problem:
    """All samples, on the device; constant while training."""

    everything: Batch

    @classmethod
    def build(cls, descriptor: Descriptor, samples: Samples, device: torch.device) -> Self:
        """Move `samples` to the device."""
        matrix = expansion_matrix(descriptor.adaptation)
        base = apply_matrix(matrix, decode_table(SRGB, 256)[samples.codes])
        return cls(
            Batch(
                row=torch.from_numpy(samples.row).to(device),
                column=torch.from_numpy(samples.column).to(device),
                codes=torch.from_numpy(samples.codes).to(device),
                base=torch.from_numpy(base).to(device),
                target=torch.from_numpy(samples.wide - base).to(device),
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
        )


class Network:
    """Trainable tensors of a descriptor for a picture of one size.

    Attributes:
        width, height: of the picture's coded raster, pixels.
        grid_step: quantisation step of the grid.
        layers: (weight, bias or None) per layer; weight is (outputs, inputs).
        grid: grid values in units of the quantisation step, (1, channels, height, width), or None.
    """

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

        def constant(array: np.typing.NDArray[np.floating]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)

        def random(bound: float, *shape: int) -> Tensor:
            # Drawn on the CPU, so that every device starts from the same weights.
            return ((torch.rand(shape, generator=generator) * 2 - 1) * bound).to(device)

        self.layers: list[tuple[Tensor, Tensor | None]] = []
        widths = descriptor.layer_widths
        for k in range(len(widths) - 1):
            bound = 1 / math.sqrt(widths[k])
            last = k == len(widths) - 2
            zero = last and descriptor.head is Head.SRGB_EXCESS
            weight = random(0.0 if zero else bound, widths[k + 1], widths[k])
            bias = random(0.0 if zero else bound, widths[k + 1]) if descriptor.bias else None
            self.layers.append((weight, bias))
        self.grid: Tensor | None = None
        if descriptor.grid is not None:
            g = descriptor.grid
            self.grid = random(0.02 / grid_step, 1, g.channels, g.height, g.width)
            self._row, self._row_fraction = self._axis(height, g.height)
            self._column, self._column_fraction = self._axis(width, g.width)
        if descriptor.xy is not None:
            self._x = constant(octave_features(2 * pixel_centres(width) - 1, descriptor.xy.octaves))
            self._y = constant(octave_features(2 * pixel_centres(height) - 1, descriptor.xy.octaves))
        if descriptor.rgb is not None and descriptor.rgb.source is RgbSource.CODE:
            t = code_coordinate()
            rows = octave_features(t, descriptor.rgb.octaves)
            self._code = constant(np.concatenate([t[:, None], rows], 1) if descriptor.rgb.identity else rows)
        self._gate = constant(gate_weights(descriptor.gate))
        self._matrix = constant(expansion_matrix(descriptor.adaptation).T)
        for tensor in self.parameters():
            tensor.requires_grad_()

    def _axis(self, count: int, nodes: int) -> tuple[Tensor, Tensor]:
        before, fraction = grid_position(count, nodes)
        return torch.from_numpy(before).to(self._device), torch.from_numpy(fraction).to(self._device)

    def mlp_parameters(self) -> list[Tensor]:
        """Weights and biases of all layers."""
        return [tensor for layer in self.layers for tensor in layer if tensor is not None]

    def parameters(self) -> list[Tensor]:
        """Everything trainable."""
        return self.mlp_parameters() + ([self.grid] if self.grid is not None else [])

    def residual(self, batch: Batch, grid: Tensor | None) -> Tensor:
        """What the model adds to clipped linear ProPhoto, (B, 3).

        Args:
            batch: the pixels.
            grid: the grid to use instead of the trainable one (noisy, or rounded), in steps.
        """
        values = self._features(batch, grid)
        for k, (weight, bias) in enumerate(self.layers):
            if k:
                values = functional.relu(values)
            values = functional.linear(values, weight, bias)
        values = values * _OUTPUT_SCALE
        if self.descriptor.head is Head.SRGB_EXCESS:
            values = (values * self._gate[batch.codes]) @ self._matrix
        return values

    def _features(self, batch: Batch, grid: Tensor | None) -> Tensor:
        parts = []
        if grid is not None:
            on_cpu = self._device.type == "cpu"
            parts.append((self._sampled if on_cpu else self._embedded)(batch, grid * self.grid_step))
        if self.descriptor.xy is not None:
            parts += [self._x[batch.column], self._y[batch.row]]
        rgb = self.descriptor.rgb
        if rgb is not None and rgb.source is RgbSource.CODE:
            parts.append(functional.embedding(batch.codes, self._code).flatten(1))
        elif rgb is not None:
            t = 2 * batch.base - 1
            octaves = torch.exp2(torch.arange(rgb.octaves, device=t.device) - 1.0)
            v = t[..., None] * octaves
            angle = (v - v.round()) * (2 * math.pi)
            waves = [angle.sin(), angle.cos()]
            parts.append(torch.cat([t[..., None], *waves] if rgb.identity else waves, -1).flatten(1))
        return torch.cat(parts, 1)

    def _sampled(self, batch: Batch, grid: Tensor) -> Tensor:
        """The grid's features by torch's sampler: eight times as fast on the CPU, and in a fixed order there."""
        u = (batch.column + 0.5) * (2 / self.width) - 1
        v = (batch.row + 0.5) * (2 / self.height) - 1
        where = torch.stack([u, v], 1)[None, None]
        sampled = functional.grid_sample(grid, where, align_corners=True, padding_mode="border")
        return sampled[0, :, 0].T

    def _embedded(self, batch: Batch, grid: Tensor) -> Tensor:
        """The grid's features as a weighted sum of embeddings, whose gradient sums in a fixed order on CUDA too."""
        channels, across = grid.shape[1], grid.shape[3]
        corner = self._row[batch.row] * across + self._column[batch.column]
        fx, fy = self._column_fraction[batch.column], self._row_fraction[batch.row]
        corners = torch.stack([corner, corner + 1, corner + across, corner + across + 1], 1)
        share = torch.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy], 1)
        nodes = functional.embedding(corners, grid.reshape(channels, -1).T.contiguous())
        return (nodes * share[..., None]).sum(1)

    def grid_steps(self) -> np.typing.NDArray[np.float32] | None:
        """The grid in units of its step, (height, width, channels) as the payload has it, or None."""
        if self.grid is None:
            return None
        return np.ascontiguousarray(self.grid.detach()[0].permute(1, 2, 0).cpu().numpy())

    def mlp_weights(self) -> dict[str, np.typing.NDArray[np.float32]]:
        """The MLP's tensors by name, as the payload has them."""
        named = {}
        for k, layer in enumerate(self.layers):
            scale = _OUTPUT_SCALE if k == len(self.layers) - 1 else 1.0
            for name, tensor in zip(("weight", "bias"), layer, strict=True):
                if tensor is not None:
                    named[f"{name}{k}"] = (tensor.detach() * scale).cpu().numpy()
        return named
