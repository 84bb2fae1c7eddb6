"""The paper's model expanded as it is written: 120 features of every pixel through the network, in batches, by torch.

The twin of :meth:`benchmarks.rivals.reference.Reference.expand`, which works out beforehand what depends on the row,
the column or the code alone. This one is what the targets of speed are measured against.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.arrays import Floats
from benchmarks.rivals.reference import CPU, OUTPUT_SCALE, coordinates, octaves
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix

LARGE_BATCH = 1 << 18
"""Pixels whose features are 126 MB: few enough for any machine, and so many that Python's own time does not count."""

SMALL_BATCH = 1 << 12
"""Pixels whose features are 2 MB, so that they stay in a core's cache: the fastest of 2^12, 2^13, ..., 2^20, where this
was tried; twice as fast as the large batch."""

_TOE = 1 / 512
"""Of the ROMM curve."""


class PlainExpansion:
    """Expands codes on a device without shortcuts, so many pixels at a time; on a CPU, on torch's threads.

    Weights are float32 of the network's shapes; the size is height and width of the pictures.
    """

    def __init__(
        self,
        weights: Sequence[Floats],
        adaptation: Adaptation,
        size: tuple[int, ...],
        batch: int = LARGE_BATCH,
        device: torch.device = CPU,
        *,
        compiled: bool = False,
    ) -> None:
        def constant(array: NDArray[Any]) -> torch.Tensor:
            return torch.from_numpy(np.array(array, np.float32)).to(device)

        self._layers = [constant(weight).T for weight in weights]
        self._rows, self._columns = (constant(coordinates(np.arange(side), side)) for side in size)
        self._table, self._matrix = constant(decode_table(SRGB, 256)), constant(expansion_matrix(adaptation)).T
        self._width, self._batch = size[1], batch
        part: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = self._expand
        self._part = torch.compile(part) if compiled else part

    @torch.inference_mode()
    def __call__(self, codes: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Expand codes, uint8 (H, W, 3), into `out`, uint16 (H, W, 3), both contiguous."""
        pixels, target = codes.view(-1, 3), out.view(-1, 3)
        for start in range(0, len(pixels), self._batch):
            part = pixels[start : start + self._batch]
            index = torch.arange(start, start + len(part), device=codes.device)
            target[start : start + len(part)] = self._part(part, index)
        return out

    def _expand(self, codes: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        clipped = self._table[codes.int()] @ self._matrix
        places = torch.stack([self._rows[index // self._width], self._columns[index % self._width]], -1)
        hidden = octaves(torch.cat([places, clipped * 2 - 1], -1))
        for layer in self._layers[:-1]:
            hidden = (hidden @ layer).relu_()
        wide = (clipped + hidden @ self._layers[-1] * OUTPUT_SCALE).clamp_(0, 1)
        encoded = torch.where(wide < _TOE, wide * 16, wide ** (1 / 1.8))
        return (encoded * 65535).round_().int().to(torch.uint16)
