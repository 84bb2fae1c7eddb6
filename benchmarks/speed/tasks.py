"""The tasks that a process of its own does again and again: expanding and fitting, gamutmeta's way and others'.

    python -m benchmarks.speed.tasks PART TASK FOLDER THREADS

It does the task once, and then whenever it is told to: every line on standard input is answered with one on standard
output, a JSON object with the seconds. The first line of output comes by itself, the last one when the input ends.

A task is made from a folder with the picture, see :mod:`benchmarks.speed.sources`, and from how many threads it may
use. Each loads what it needs and no more, since its memory is measured.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Wide
from benchmarks.machine import confine, peak_bytes


class Task(NamedTuple):
    """Something to be timed: what does it once, and what else there is to be told, which may take time and memory."""

    run: Callable[[], object]
    array_bytes: int
    """Of its input and output."""
    figures: Callable[[], dict[str, Any]] = dict


def _expanding(codes: Codes, out: Wide, run: Callable[[], object], figures: Any = dict) -> Task:
    return Task(run, codes.nbytes + out.nbytes, figures)


def _arrays(folder: Path, name: str) -> tuple[Codes, Wide]:
    """Codes, and an array to expand them to; both are there, and touched, before the first run."""
    codes: Codes = np.load(folder / f"{name}.npy")
    return codes, np.full(codes.shape, 1, np.uint16)


def _copy(folder: Path, threads: int) -> Task:
    """Every byte of the input is read and every byte of the output written, and nothing else is done."""
    from gamutmeta.runtime.strips import for_each_strip

    codes, out = _arrays(folder, "png")

    def copy(rows: slice) -> None:
        out[rows] = codes[rows]

    return _expanding(codes, out, lambda: for_each_strip(copy, *codes.shape[:2], threads=threads))


def _peak(folder: Path, threads: int, *, is_fused: bool) -> Task:
    """What the cores compute at most, whatever the size of the picture."""
    from benchmarks.speed.peak import Peak

    del folder
    peak = Peak(threads, is_fused=is_fused)
    counts: list[int] = []

    def run() -> None:
        counts[:] = [peak()]

    return Task(run, 0, lambda: {"multiply_adds": counts[0]})


def _gamutmeta(folder: Path, threads: int, *, model: str, compiled: bool) -> Task:
    from gamutmeta.container import Payload
    from gamutmeta.model.expand import expand

    codes, out = _arrays(folder, model)
    payload = Payload.from_bytes((folder / f"{model}.gamut").read_bytes())
    descriptor, weights = payload.descriptor, payload.weights()

    def figures() -> dict[str, Any]:
        from gamutmeta.model.features import gate_weights

        active = gate_weights(descriptor) > 0
        share = np.mean([active[np.arange(3), row].any(-1).mean() for row in codes])
        multiply_adds = round(descriptor.multiply_adds * codes[..., 0].size * share)
        return {
            "model": str(descriptor),
            "active_percent": round(100 * float(share), 1),
            "multiply_adds": multiply_adds,
        }

    run = partial(expand, descriptor, weights, codes, out=out, threads=threads, compiled=compiled)
    return _expanding(codes, out, run, figures)


def _plain_torch(folder: Path, threads: int, *, small_batches: bool) -> Task:
    """Weights at random: their values change nothing about the time."""
    import torch

    from benchmarks.rivals.plain import LARGE_BATCH, SMALL_BATCH, PlainExpansion
    from benchmarks.rivals.reference import SHAPES
    from gamutmeta.color.adaptation import Adaptation

    torch.set_num_threads(threads)
    (codes, out), rng = _arrays(folder, "png"), np.random.default_rng(0)
    weights = [(rng.standard_normal(shape) / shape[1] ** 0.5).astype(np.float32) for shape in SHAPES]
    batch = SMALL_BATCH if small_batches else LARGE_BATCH
    expansion = PlainExpansion(weights, Adaptation.CAT02, codes.shape[:2], batch)
    return _expanding(codes, out, partial(expansion, torch.from_numpy(codes), torch.from_numpy(out)))


def _mapped(folder: Path, name: str) -> NDArray[Any]:
    """Mapped, so that several processes share one copy; and so that only they can be written to, as torch wants."""
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c"))


def _preset(folder: Path, threads: int, *, preset: str) -> Task:
    from gamutmeta.fit.config import preset_named
    from gamutmeta.fit.engine import fit

    del threads  # set by the environment
    wide, codes = _mapped(folder, "wide"), _mapped(folder, "png")
    results: list[Any] = []

    def run() -> None:
        results[:] = [fit(codes, wide, preset_named(preset), device="cpu")]

    def figures() -> dict[str, Any]:
        from benchmarks.figures import payload_of
        from gamutmeta.model.descriptor import Descriptor
        from gamutmeta.pipeline.model_quality import measure_models

        payload = payload_of(codes, results[0])
        models = [(Descriptor(), {}), (payload.descriptor, payload.weights())]
        clipped, fitted = measure_models(wide, codes, models)
        return _quality(clipped, fitted, results[0].steps, len(payload.to_bytes()))

    return Task(run, wide.nbytes + codes.nbytes, figures)


def _paper(folder: Path, threads: int, *, adaptation: str) -> Task:
    import torch

    from benchmarks.rivals.reference import STEPS, Reference, Training
    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.color.gamut import reduce_to_codes

    torch.set_num_threads(threads)
    wide, chosen = _mapped(folder, "wide"), Adaptation(adaptation)
    codes, _ = reduce_to_codes(wide, chosen)
    trainings: list[Training] = []

    def run() -> None:
        trainings[:] = [Training(chosen)]
        trainings[0](wide, codes, 0)

    def figures() -> dict[str, Any]:
        from gamutmeta.measure.quality import measure
        from gamutmeta.model.descriptor import Descriptor
        from gamutmeta.model.expand import expand

        method = Reference(trainings[0], "float32")
        data = method.fit(wide, codes, None, 0).data
        fitted = measure(wide, method.expand(codes, data), chosen)
        clipped = measure(wide, expand(Descriptor(adaptation=chosen), {}, codes), chosen)
        return _quality(clipped, fitted, STEPS, len(data))

    return Task(run, wide.nbytes + codes.nbytes, figures)


def _quality(clipped: Any, fitted: Any, steps: int, size: int) -> dict[str, Any]:
    decibels = {"psnr_clip_og": round(clipped.psnr_og, 2), "psnr_og": round(fitted.psnr_og, 2)}
    return decibels | {"steps": steps, "payload_bytes": size}


EXPANSIONS: Mapping[str, Callable[[Path, int], Task]] = {
    "copy": _copy,
    "peak, fused": partial(_peak, is_fused=True),
    "peak": partial(_peak, is_fused=False),
    "numpy": partial(_gamutmeta, model="png", compiled=False),
    "machine code": partial(_gamutmeta, model="png", compiled=True),
    "numpy, no gate": partial(_gamutmeta, model="jpeg", compiled=False),
    "machine code, no gate": partial(_gamutmeta, model="jpeg", compiled=True),
    "plain torch": partial(_plain_torch, small_batches=False),
    "plain torch, small batches": partial(_plain_torch, small_batches=True),
}
"""In the order of their turns."""

FITS: Mapping[str, Callable[[Path, int], Task]] = {
    "balanced": partial(_preset, preset="balanced"),
    "small": partial(_preset, preset="small"),
    "best": partial(_preset, preset="best"),
    "paper": partial(_paper, adaptation="cat02"),
    "paper, Bradford": partial(_paper, adaptation="bradford"),
}
"""In the order of their turns. The paper's adaptation is CAT02; with Bradford its sRGB codes are those of gamutmeta."""

TASKS = {"expand": EXPANSIONS, "fit": FITS}


def main() -> None:
    part, name, folder, threads = sys.argv[1:]
    confine(int(threads))
    task = TASKS[part][name](Path(folder), int(threads))

    def turn() -> None:
        start = time.perf_counter()
        task.run()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)

    turn()
    for _ in sys.stdin:
        turn()
    peak = peak_bytes()
    print(json.dumps({"peak_bytes": peak, "array_bytes": task.array_bytes} | task.figures()), flush=True)


if __name__ == "__main__":
    main()
