"""The paper's model on a device: expansion and fit as :mod:`benchmarks.rivals` has them, nothing moved to the host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from benchmarks.rivals import reference
from benchmarks.rivals.reference import OUTPUT_SCALE, SHAPES, Training, coordinates
from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["DeviceTraining", "PaperExpansion"]

_OCTAVES = SHAPES[0][1] // 10

_BATCH = 1 << 20
"""Pixels whose features are half a gigabyte."""


def _octaves(values: Tensor) -> Tensor:
    """:func:`benchmarks.rivals.reference.octaves`, the factors on the device of the values."""
    factors = torch.exp2(torch.arange(_OCTAVES, device=values.device)) * torch.pi
    angles = (values[..., None] * factors).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], -1)


class PaperExpansion:
    """Expands codes on a device by every feature of every pixel.

    Args:
        weights: float32, of the network's shapes.
        adaptation: of the matrix.
        size: height and width of the pictures.
        device: where they lie.
        compiled: whether by ``torch.compile``.
    """

    def __init__(
        self,
        weights: Sequence[NDArray[np.float32]],
        adaptation: Adaptation,
        size: tuple[int, int],
        device: torch.device,
        *,
        compiled: bool = False,
    ) -> None:
        def constant(array: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.array(array, np.float32)).to(device)

        self._layers = [constant(weight).T for weight in weights]
        self._rows, self._columns = (constant(coordinates(np.arange(side), side)) for side in size)
        self._table, self._matrix = constant(decode_table(SRGB, 256)), constant(expansion_matrix(adaptation)).T
        self._width = size[1]
        self._part: Callable[[Tensor, Tensor], Tensor] = torch.compile(self._expand) if compiled else self._expand

    @torch.inference_mode()
    def __call__(self, codes: Tensor, out: Tensor) -> Tensor:
        """Expand codes, uint8 (H, W, 3), into `out`, uint16 (H, W, 3), both contiguous."""
        pixels, target = codes.view(-1, 3), out.view(-1, 3)
        for start in range(0, len(pixels), _BATCH):
            part = pixels[start : start + _BATCH]
            index = torch.arange(start, start + len(part), device=codes.device)
            target[start : start + len(part)] = self._part(part, index)
        return out

    def _expand(self, codes: Tensor, index: Tensor) -> Tensor:
        clipped = self._table[codes.int()] @ self._matrix
        places = torch.stack([self._rows[index // self._width], self._columns[index % self._width]], -1)
        hidden = _octaves(torch.cat([places, clipped * 2 - 1], -1))
        for layer in self._layers[:-1]:
            hidden = (hidden @ layer).relu()
        wide = (clipped + hidden @ self._layers[-1] * OUTPUT_SCALE).clamp(0, 1)
        encoded = torch.where(wide < 1 / 512, wide * 16, wide ** (1 / 1.8))
        return (encoded * 65535).round().int().to(torch.uint16)


class DeviceTraining(Training):
    """The paper's fit on a device. Its samples are chosen by numpy, as there; their time counts by itself.

    Attributes:
        seconds: of choosing the samples and bringing them to the device, and of the steps, of the last fit.
    """

    def __init__(self, device: torch.device, *, compiled: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self._device, self._compiled = device, compiled
        self.seconds = (0.0, 0.0)

    def _train(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], seed: int) -> list[NDArray[np.float32]]:
        begin = time.perf_counter()
        inputs, targets = (x.to(self._device) for x in self._samples(wide, codes, seed))
        chosen = time.perf_counter()
        torch.manual_seed(seed)
        linear = [nn.Linear(inputs_, outputs, bias=False) for outputs, inputs_ in SHAPES]
        network = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2]).to(self._device)
        # What "plain torch" offers: fused Adam on the GPU, one kernel for all parameters.
        optimiser = torch.optim.Adam(network.parameters(), lr=reference._LEARNING_RATE, fused=True)  # noqa: SLF001

        def loss_of(batch: Tensor, wanted: Tensor) -> Tensor:
            error = network(_octaves(batch)) * OUTPUT_SCALE - wanted
            return reference._LOSS_SCALE * (error**2).mean()  # noqa: SLF001

        loss = torch.compile(loss_of) if self._compiled else loss_of
        for _ in range(self.steps):
            at = torch.randint(len(inputs), (reference._BATCH,), device=self._device)  # noqa: SLF001
            optimiser.zero_grad()
            loss(inputs[at], targets[at]).backward()
            optimiser.step()
        weights = [layer.weight.detach().cpu().numpy().copy() for layer in linear]
        self.seconds = chosen - begin, time.perf_counter() - chosen
        return weights
