"""The paper's model expanded as it is written: 120 features of every pixel through the network, in batches, by torch.

The twin of :meth:`benchmarks.rivals.reference.Reference.expand`, which works out beforehand what depends on the row,
the column or the code alone. This one is what the targets of speed are measured against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from benchmarks.rivals.reference import OUTPUT_SCALE, SHAPES, Reference, Training, coordinates, octaves
from benchmarks.rivals.weights import unpack
from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LARGE_BATCH", "SMALL_BATCH", "PlainReference"]

LARGE_BATCH = 1 << 18
"""Pixels whose features are 126 MB: few enough for any machine, and so many that Python's own time does not count."""

SMALL_BATCH = 1 << 12
"""Pixels whose features are 2 MB, so that they stay in a core's cache: the fastest of 2^12, 2^13, ..., 2^20, where this
was tried; twice as fast as the large batch."""

_TOE = 1 / 512
"""Of the ROMM curve."""


class PlainReference(Reference):
    """The paper's model, expanded without shortcuts; all of it by torch, on the threads that torch is set to.

    Args:
        training, dtype: as for :class:`~benchmarks.rivals.reference.Reference`.
        batch: pixels at a time.
    """

    def __init__(
        self,
        training: Training,
        dtype: Literal["float32", "float16", "int8"] = "float32",
        *,
        batch: int = LARGE_BATCH,
    ) -> None:
        super().__init__(training, dtype)
        self._batch = batch

    def expand(self, codes: NDArray[np.uint8], metadata: bytes) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.rivals.method.Method`."""
        result = np.empty(codes.shape, np.uint16)
        self.expand_into(result, codes, metadata)
        return result

    def expand_into(self, out: NDArray[np.uint16], codes: NDArray[np.uint8], metadata: bytes) -> None:
        """Expand into an array of the same shape."""
        layers = [torch.from_numpy(weight).T for weight in unpack(metadata, SHAPES)]
        height, width, _ = codes.shape
        rows, columns = (torch.from_numpy(coordinates(np.arange(size), size)) for size in (height, width))
        table = torch.from_numpy(decode_table(SRGB, 256).copy())
        matrix = torch.from_numpy(expansion_matrix(self.adaptation).astype(np.float32)).T
        pixels, target = codes.reshape(-1, 3), out.reshape(-1, 3)
        with torch.inference_mode():
            for start in range(0, len(pixels), self._batch):
                part = torch.from_numpy(pixels[start : start + self._batch])
                index = torch.arange(start, start + len(part))
                clipped = table[part.int()] @ matrix
                places = torch.stack([rows[index // width], columns[index % width]], -1)
                hidden = octaves(torch.cat([places, clipped * 2 - 1], -1))
                for layer in layers[:-1]:
                    hidden = (hidden @ layer).relu_()
                wide = (clipped + hidden @ layers[-1] * OUTPUT_SCALE).clamp_(0, 1)
                encoded = torch.where(wide < _TOE, wide * 16, wide ** (1 / 1.8))
                target[start : start + len(part)] = (encoded * 65535).round_().int().numpy()
