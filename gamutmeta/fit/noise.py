"""Uniform noise that takes the place of rounding the grid during training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Noise"]

_POOL = 4
"""Size of the pool, in grids."""


class Noise:
    """Noise on [-1/2, 1/2] quantisation steps.

    For each training step it is a part of one pool, at a random place: drawing new numbers each time is slow. The
    method is that of Balle, Laparra, Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017, section 3.

    Args:
        grid: gives shape and device; None for a model without one.
        steps: number of training steps.
        generator: of random numbers, on the CPU, so that the noise is the same on every device.

    Attributes:
        pool: the random numbers, on the grid's device, (n,). Absent without a grid.
        starts: where the noise of each training step begins in the pool. Absent without a grid.
    """

    def __init__(self, grid: Tensor | None, steps: int, generator: torch.Generator) -> None:
        self._shape = None if grid is None else grid.shape
        if grid is not None:
            self._size = grid.numel()
            self.pool = (torch.rand(_POOL * self._size, generator=generator) - 0.5).to(grid.device)
            self.starts: list[int] = torch.randint((_POOL - 1) * self._size + 1, (steps,), generator=generator).tolist()

    def at(self, step: int) -> Tensor | None:
        """The noise of one training step, in the grid's shape, or None without a grid."""
        if self._shape is None:
            return None
        start = self.starts[step]
        return self.pool[start : start + self._size].view(self._shape)
