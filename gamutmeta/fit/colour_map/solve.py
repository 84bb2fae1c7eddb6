"""The fit itself: Gauss-Newton steps, each solved by conjugate gradients on the grid of the map."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.fit.colour_map.grid import Stencil
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gamutmeta.fit.colour_map.grid import Grid
    from gamutmeta.fit.colour_map.pixels import Pixels

    Floats = NDArray[np.floating[Any]]

__all__ = ["Fit"]

_FARTHEST = np.float32(0.25)
"""A gain changes no more in one step."""

_SHORTENED = 3
"""Times that a step is shortened at most."""

_RIDGE = np.float32(1e-6)
"""What a squared gain of 1 in a cell costs: cells that no pixel asks for stay at 0."""

_MAX_THREADS = 8


class Fit:
    """The fit of a map.

    Args:
        strips: pixels, and the grid over just these: they have the same cells. Together they are the picture.
        limits: the least and the greatest gain.
        threads: None for one per core, at most 8.
    """

    def __init__(
        self, strips: Sequence[tuple[Pixels, Grid]], limits: tuple[float, float], threads: int | None = None
    ) -> None:
        self._strips = strips
        self._least, self._most = np.float32(limits[0]), np.float32(limits[1])
        self._threads = threads or thread_count(_MAX_THREADS)
        self.gains: Floats = np.zeros((3, *strips[0][1].cells), np.float32)
        """Natural logarithms, float32 (3, rows, columns)."""
        self.stencil: Stencil | None = None
        """The curvature of the error at the last step."""

    def improve(self, steps: int = 3, iterations: int = 12) -> None:
        """Make some Gauss-Newton steps.

        Args:
            steps: how many.
            iterations: of conjugate gradients in each of them.
        """
        for _ in range(steps):
            pulls = self._each(lambda pixels, grid: _gathered(pixels, grid, self.gains))
            slope = sum(pull[0] for pull in pulls)
            self.stencil = Stencil.sum([pull[1] for pull in pulls])
            step = _solved(self.stencil, -slope - _RIDGE * self.gains, iterations)
            within = np.clip(self.gains + np.clip(step, -_FARTHEST, _FARTHEST), self._least, self._most)
            self.gains = self.gains + self._kept(within - self.gains)

    def _kept(self, step: Floats) -> Floats:
        """The step, shortened in cells around which it makes the error larger, as it may where channels are clamped."""
        before = self._each(lambda pixels, grid: pixels.cost(grid.enlarged(self.gains)))
        for _ in range(_SHORTENED):
            tried = self.gains + step
            after = self._each(lambda pixels, grid, tried=tried: pixels.cost(grid.enlarged(tried)))
            more = sum(
                grid.gathered((new - old)[None])
                for (_, grid), new, old in zip(self._strips, after, before, strict=True)
            )
            worse = np.asarray(more) > 0
            if not worse.any():
                break
            step = np.where(worse, step * np.float32(0.4), step)
        return step

    def _each(self, work: Callable[..., object]) -> list[Any]:
        if self._threads == 1:
            return [work(*strip) for strip in self._strips]
        with ThreadPoolExecutor(self._threads, thread_name_prefix="gamutmeta-map") as pool:
            return list(pool.map(lambda strip: work(*strip), self._strips))


def _gathered(pixels: Pixels, grid: Grid, gains: Floats) -> tuple[Floats, Stencil]:
    pull = pixels.pull(grid.enlarged(gains))
    return grid.gathered(pull.slope), grid.stencil(pull.curvature)


def _solved(stencil: Stencil, wanted: Floats, iterations: int) -> Floats:
    """The step that the quadratic form asks for, by conjugate gradients scaled by its diagonal."""
    scale = 1 / (stencil.diagonal + _RIDGE)
    x = np.zeros_like(wanted)
    residual, direction = wanted, wanted * scale
    length = _dot(residual, direction)
    for _ in range(iterations):
        product = stencil.times(direction) + _RIDGE * direction
        share = np.float32(length / max(_dot(direction, product), 1e-30))
        x = x + share * direction
        residual = residual - share * product
        scaled = residual * scale
        new = _dot(residual, scaled)
        direction = scaled + np.float32(new / max(length, 1e-30)) * direction
        length = new
    return x


def _dot(a: Floats, b: Floats) -> float:
    return float(np.einsum("i,i->", a.ravel(), b.ravel(), dtype=np.float64))
