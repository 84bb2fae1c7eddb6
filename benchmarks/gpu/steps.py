"""What a step of the fit takes on the GPU: by samples, by pictures, by Triton's kernels and by torch's operations."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch

from benchmarks.arrays import Wide
from benchmarks.figures import payload_of
from benchmarks.gpu.card import clocked, timed
from benchmarks.harness import Row
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.quality import measure
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.fit.many import Picture, fit_many
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.static_step import StaticStep
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand

_CUDA = torch.device("cuda")

_BATCHES = (1_280, 2_048, 8_192, 32_768, 131_072)
_PICTURES = (1, 4, 16)
_TIMED_STEPS = 200

_KINDS: dict[str, dict[str, Any]] = {
    "Triton": {"fused": True},
    "Triton, tf32x3": {"fused": True, "precision": "tf32x3"},
    "Triton, tf32": {"fused": True, "precision": "tf32"},
    "torch": {"fused": False},
    "Triton, piece by piece": {"fused": True, "records": False},
    "torch, piece by piece": {"fused": False, "records": False},
}
"""How the step is taken; recorded unless it is said."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """A picture's samples on the device, and a preset with as many steps as are timed."""

    config: FitConfig
    descriptor: Descriptor
    size: tuple[int, int]
    problem: Problem

    @classmethod
    def of(cls, wide: Wide, repeat: int) -> Self:
        config = replace(preset_named("balanced"), steps=_TIMED_STEPS * (repeat + 2))
        codes, _ = reduce_to_codes(wide, config.adaptation)
        height, width = codes.shape[:2]
        descriptor = config.descriptor(width, height, 0)
        samples = draw_samples(descriptor, codes, wide, config.sample_pixels, np.random.default_rng(0))
        return cls(config, descriptor, (width, height), Problem.build(descriptor, samples, _CUDA))

    def seconds(self, batch: int, count: int, repeat: int, **how: Any) -> dict[str, Any]:
        """Of one step of so many samples for each of so many networks."""
        generators = [torch.Generator().manual_seed(number) for number in range(count)]
        step_size = self.config.grid_step
        networks = [
            Network(self.descriptor, *self.size, grid_step=step_size, generator=generator, device=_CUDA)
            for generator in generators
        ]
        step = StaticStep(networks, self.config, batch, generators, **how)
        whole = min(len(self.problem), 1 << 18) // batch * batch
        step.load([self.problem.first(whole)] * count, 0)
        numbers = iter(range(self.config.steps))

        def some() -> None:
            for _ in range(_TIMED_STEPS):
                step(next(numbers), [1e-6] * count)

        times = timed(some, repeat)
        return times | {key: times[key] / _TIMED_STEPS for key in ("best", "median")}


def batches(wide: Wide, repeat: int) -> Iterator[Row]:
    """Rows of one step of one picture's fit, by samples in it."""
    bench = _Bench.of(wide, repeat)
    for batch in _BATCHES:
        if batch > len(bench.problem):
            continue
        for task, how in _KINDS.items():
            yield {"part": "batch", "task": task, "batch": batch} | bench.seconds(batch, 1, repeat, **how)


def pictures(wide: Wide, repeat: int) -> Iterator[Row]:
    """Rows of one step of several pictures' fits, with the preset's batch."""
    bench = _Bench.of(wide, repeat)
    batch = min(bench.config.batch, len(bench.problem))
    for count in _PICTURES:
        for task, how in _KINDS.items():
            times = bench.seconds(batch, count, repeat, **how)
            yield {"part": "pictures", "task": task, "pictures": count, "each": times["best"] / count} | times


def together(wide: Wide, megapixels: float, repeat: int) -> Iterator[Row]:
    """Rows of fitting so many pictures together, all of it; it is the same picture, so that one tells the quality."""
    config = preset_named("balanced")
    codes, _ = reduce_to_codes(wide, config.adaptation)
    for count in _PICTURES:
        for precision in ("ieee", "tf32x3", "tf32"):
            found: list[Any] = []

            def work(count: int = count, precision: Any = precision, found: list[Any] = found) -> None:
                some = [Picture(codes, wide)] * count
                found[:] = fit_many(some, config, device=_CUDA.type, precision=precision)

            times = clocked(work, repeat)
            model = payload_of(codes, found[-1])
            quality = measure(wide, expand(model.descriptor, model.weights(), codes), config.adaptation)
            yield {
                "part": "together", "task": precision, "megapixels": megapixels, "pictures": count,
                "each": times["best"] / count, "psnr_og": quality.psnr_og,
            } | times  # fmt: skip
