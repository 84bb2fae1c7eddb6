"""Uniform noise that stands in for the rounding of the grid while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Noise"]

_POOL = 4
"""Size of the pool, in grids."""


class Noise:
    """Noise on [-1/2, 1/2] steps, cut for each step at a random place out of one pool: drawing it anew is slow.

    Balle, Laparra, Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017, section 3, for the method.

    Args:
        grid: gives shape and device; None for a model without one.
        steps: how many there will be.
        generator: of random numbers, on the CPU, so that every device sees the same noise.

    Attributes:
        pool: what it is cut out of, on the grid's device, (n,); absent without a grid, as is
        starts: where the noise of each step begins.
    """

    def __init__(self, grid: Tensor | None, steps: int, generator: torch.Generator) -> None:
        self._shape = None if grid is None else grid.shape
        if grid is not None:
            self._size = grid.numel()
            self.pool = (torch.rand(_POOL * self._size, generator=generator) - 0.5).to(grid.device)
            self.starts: list[int] = torch.randint((_POOL - 1) * self._size + 1, (steps,), generator=generator).tolist()

    def at(self, step: int) -> Tensor | None:
        """The noise of one step, of the grid's shape, or None without a grid."""
        if self._shape is None:
            return None
        start = self.starts[step]
        return self.pool[start : start + self._size].view(self._shape)
