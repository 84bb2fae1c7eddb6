"""What is measured on the GPU, part by part."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Self, cast

import numpy as np
import torch

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.figures import payload_of
from benchmarks.gpu.card import clocked, timed
from benchmarks.gpu.report import multiplications
from benchmarks.harness import Row
from benchmarks.machine import ROOT
from benchmarks.paper.method import Setting
from benchmarks.paper.methods import mlp
from benchmarks.rivals.plain import PlainExpansion
from benchmarks.rivals.reference import Training
from gamutmeta.choices import Device
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.fit.engine import FitResult, fit
from gamutmeta.fit.gpu.static_step import StaticStep
from gamutmeta.fit.many import FitInput, fit_many
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.samples import draw_samples
from gamutmeta.gpu.expand import expand_strips
from gamutmeta.gpu.kernel_expander import KernelExpander
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.model.expand import expand as expand_on_host
from gamutmeta.model.features import gate_weights
from gamutmeta.model.tables import Tables
from gamutmeta.photo.wide import WideImage

_CUDA = torch.device("cuda")


_BATCH = 1 << 20
"""Pixels whose features are half a gigabyte."""
_PAPER = (("paper", False), ("paper, compiled", True))


def expansions(wide: Wide, megapixels: float, repeat: int) -> Iterator[Row]:
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    height, width = codes.shape[:2]
    model = payload_of(codes, _fitted(codes, wide, preset_named("balanced")))
    descriptor, weights = model.descriptor, model.weights()
    is_open = gate_weights(descriptor) > 0
    acting = sum(int(is_open[np.arange(3), row].any(-1).sum()) for row in codes)
    share = acting / codes[..., 0].size
    about = {"part": "expand", "megapixels": megapixels, "bytes": 3 * codes.nbytes, "acting": share}
    flop = {"flop": 2 * multiplications(descriptor) * acting}
    there = torch.from_numpy(codes).to(_CUDA)
    out = torch.empty(there.shape, dtype=torch.uint16, device=_CUDA)
    tables = Tables.build(descriptor, weights, height, width)
    expander = KernelExpander(tables, _CUDA, precision="ieee")
    yield about | flop | {"task": "on the GPU"} | timed(partial(expander, there, out), repeat)
    expander = KernelExpander(tables, _CUDA, precision="tf32x3")
    yield about | flop | {"task": "on the GPU, tf32x3"} | timed(partial(expander, there, out), repeat)
    both_ways = partial(expand_strips, KernelExpander(tables, _CUDA), _CUDA, codes, math.inf)
    yield about | {"task": "from main memory and back"} | clocked(both_ways, repeat)
    training = Training(steps=10, device=_CUDA)
    paper_weights, _ = training(wide, codes, 0)
    for task, compiled in _PAPER:
        rival = PlainExpansion(paper_weights, training.adaptation, (height, width), _BATCH, _CUDA, compiled=compiled)
        yield about | {"task": task} | timed(partial(rival, there, out), repeat)


def _fitted(codes: Codes, wide: Wide, config: FitConfig) -> FitResult:
    """By the GPU; an error where the CPU took its place, so that nothing else is measured."""
    result = fit(codes, wide, config, device="cuda")
    _require(result)
    return result


def _require(result: FitResult) -> None:
    if result.device != _CUDA.type:
        raise RuntimeError("; ".join(result.notes))


def fits(wide: Wide, megapixels: float, repeat: int) -> Iterator[Row]:
    """Rows of fitting one picture, the photograph and its codes in main memory."""
    about = {"part": "fit", "megapixels": megapixels}
    config = preset_named("balanced")
    codes, _ = reduce_to_codes(wide, config.adaptation)
    results = []
    times = clocked(lambda: results.append(_fitted(codes, wide, config)), repeat)
    model = payload_of(codes, results[-1])
    quality = measure(wide, expand_on_host(model.descriptor, model.weights(), codes), config.adaptation)
    yield about | {"task": "balanced", "steps": config.steps, "psnr_og": quality.psnr_og} | times
    for task, compiled in _PAPER:
        yield about | {"task": task} | _paper_fit(Training(device=_CUDA, compiled=compiled), wide, repeat)


def _paper_fit(training: Training, wide: Wide, repeat: int) -> Row:
    codes, _ = reduce_to_codes(wide, training.adaptation)
    found: list[list[Floats]] = []
    # Each round has another seed, since the training remembers its last result.
    times = clocked(lambda: found.append(training(wide, codes, len(found))[0]), repeat)
    rival = PlainExpansion(found[-1], training.adaptation, codes.shape[:2], _BATCH, _CUDA)
    there = torch.from_numpy(codes).to(_CUDA)
    restored = rival(there, torch.empty(there.shape, dtype=torch.uint16, device=_CUDA)).cpu().numpy()
    choosing, stepping = training.parts
    figures = {"steps": training.steps, "psnr_og": measure(wide, restored, training.adaptation).psnr_og}
    return figures | {"choosing": choosing, "stepping": stepping} | times


_FOLDER_DEVICES = ("cpu", "cuda")

_BY_CPU = re.compile("(fitted|expanded) on the CPU")
"""In notes that say that the GPU failed or was wrong."""


def folders(
    wide: Wide, megapixels: float, folder: Path, *, images: int, jobs: Sequence[int], repeat: int
) -> Iterator[Row]:
    """Rows of reducing so many copies of a photograph and restoring them, through the command."""
    origin = folder / "photographs"
    origin.mkdir()
    WideImage(wide).save(origin / "0.tif")
    for number in range(1, images):
        shutil.copyfile(origin / "0.tif", origin / f"{number}.tif")
    for task, source, target in (
        ("reduce", origin, folder / "reduced"),
        ("expand", folder / "reduced", folder / "restored"),
    ):
        for device in _FOLDER_DEVICES:
            for count in jobs:
                runs = [_converted(task, source, target, device, count) for _ in range(repeat)]
                seconds = [taken for taken, _ in runs]
                about = {"part": "folder", "task": task, "device": device, "jobs": count, "megapixels": megapixels}
                shares = [share for _, share in runs if share is not None]
                yield about | {
                    "images": images, "best": min(seconds), "median": median(seconds), "rounds": repeat,
                    "fit_share": median(shares) if shares else None,
                }  # fmt: skip


def _converted(task: str, source: Path, target: Path, device: str, jobs: int) -> tuple[float, float | None]:
    """Seconds of one command, and the fit's share of those of all pictures."""
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "gamutmeta", task, str(source), "-o", f"{target}{os.sep}", "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "--device", device, "--jobs", str(jobs)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    seconds = time.perf_counter() - start
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    by_cpu = [note for report in reports for note in report.get("notes", ()) if _BY_CPU.search(note)]
    if by_cpu:
        raise RuntimeError(by_cpu[0])
    return seconds, fit_share(reports)


def fit_share(reports: Sequence[Row]) -> float | None:
    """The share of the fit in the seconds of all reports of the command; None where nothing was fitted."""
    fitting = [report["fit_seconds"] for report in reports if report.get("fit_seconds") is not None]
    return sum(fitting) / sum(report["seconds"] for report in reports) if fitting else None


# --- the paper's own sizes and settings -------------------------------------------------------------------------------

_DEVICE = "cuda"

_ROWS = ("mlp-23kb", "mlp-23kb-meta", "mlp-53kb", "mlp-53kb-meta")

_WARM_UP = 1e-9
"""Share of the steps that is taken before, which does not count; it comes to one step."""


def papers(wide: Wide, megapixels: float, repeat: int, quick: float = 1.0) -> Iterator[Row]:
    """Rows of fit and expansion by each; `quick` is the share of the steps that is taken."""
    setting = Setting(device=_DEVICE, seed=0, quick=quick, truncate=False, adaptation=Adaptation.CAT02)
    known = {method.key: method for method in mlp.methods()}
    for method in (known[key] for key in _ROWS if key in known):
        method.reduce(wide, replace(setting, quick=_WARM_UP))
        fits, expansions = [], []
        for _ in range(repeat):
            codes, metadata = method.reduce(wide, setting)
            fits.append(metadata.seconds)
            method.expand(codes, metadata.data, setting)
            torch.cuda.synchronize()
            start = time.perf_counter()
            restored = method.expand(codes, metadata.data, setting)
            expansions.append(time.perf_counter() - start)
        yield {
            "part": "paper", "task": method.title, "megapixels": megapixels, "metadata": len(metadata.data),
            "note": metadata.note, "best": min(fits), "median": median(fits), "expand": min(expansions),
            "rounds": repeat, "psnr_og": measure(wide, restored, setting.adaptation).psnr_og,
        }  # fmt: skip


# --- one step of the fit ---------------------------------------------------------------------------------------------

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
                some = [FitInput(codes, wide)] * count
                found[:] = fit_many(some, config, device=cast("Device", _CUDA.type), precision=precision)
                for result in found:
                    _require(result)

            times = clocked(work, repeat)
            model = payload_of(codes, found[-1])
            quality = measure(wide, expand(model.descriptor, model.weights(), codes), config.adaptation)
            yield {
                "part": "together", "task": precision, "megapixels": megapixels, "pictures": count,
                "each": times["best"] / count, "psnr_og": quality.psnr_og,
            } | times  # fmt: skip
