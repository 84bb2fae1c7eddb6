"""The tasks that a worker does again and again: expanding and fitting, gamutmeta's way and others'.

A task is made from a folder with the picture, see :mod:`benchmarks.speed.sources`, and from how many threads it may
use. Each loads what it needs and no more, since its memory is measured.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Task(Protocol):
    """Something to be timed."""

    @property
    def array_bytes(self) -> int:
        """Of its input and output."""

    def run(self) -> None:
        """Do it once."""

    def figures(self) -> dict[str, Any]:
        """What else there is to be told of it. May take time and memory."""


class _Expanding:
    """An expansion from codes to an array; both are there, and touched, before the first run."""

    def __init__(self, folder: Path, codes: str) -> None:
        self.codes: NDArray[np.uint8] = np.load(folder / f"{codes}.npy")
        self.out = np.full(self.codes.shape, 1, np.uint16)

    @property
    def array_bytes(self) -> int:
        return self.codes.nbytes + self.out.nbytes

    def figures(self) -> dict[str, Any]:
        return {}


class _Copy(_Expanding):
    """Every byte of the input is read and every byte of the output written, and nothing else is done."""

    def __init__(self, folder: Path, threads: int) -> None:
        super().__init__(folder, "png")
        self._threads = threads

    def run(self) -> None:
        from gamutmeta.color.strips import for_each_strip

        def copy(rows: slice) -> None:
            self.out[rows] = self.codes[rows]

        for_each_strip(copy, *self.codes.shape[:2], threads=self._threads)


class _Gamutmeta(_Expanding):
    def __init__(self, folder: Path, threads: int, *, model: str, compiled: bool) -> None:
        super().__init__(folder, model)
        from gamutmeta.container import Payload

        payload = Payload.from_bytes((folder / f"{model}.gamut").read_bytes())
        self._model = payload.descriptor, payload.weights()
        self._options: dict[str, Any] = {"threads": threads, "compiled": compiled}

    def run(self) -> None:
        from gamutmeta.model.expand import expand

        expand(*self._model, self.codes, out=self.out, **self._options)

    def figures(self) -> dict[str, Any]:
        descriptor = self._model[0]
        active = np.ones(256, np.bool_)
        if descriptor.gate is not None:
            from gamutmeta.model.features import gate_weights

            active = gate_weights(descriptor.gate) > 0
        share = np.mean([active[row].any(-1).mean() for row in self.codes])
        return {"model": str(descriptor), "active_percent": round(100 * float(share), 1)}


class _PlainTorch(_Expanding):
    """Weights at random: their values change nothing about the time."""

    def __init__(self, folder: Path, threads: int, *, small_batches: bool) -> None:
        super().__init__(folder, "png")
        import torch

        from benchmarks.rivals.plain import LARGE_BATCH, SMALL_BATCH, PlainExpansion
        from benchmarks.rivals.reference import SHAPES
        from gamutmeta.color.adaptation import Adaptation

        torch.set_num_threads(threads)
        rng = np.random.default_rng(0)
        weights = [(rng.standard_normal(shape) / shape[1] ** 0.5).astype(np.float32) for shape in SHAPES]
        batch = SMALL_BATCH if small_batches else LARGE_BATCH
        self._expansion = PlainExpansion(weights, Adaptation.CAT02, self.codes.shape[:2], batch)
        self._arrays = torch.from_numpy(self.codes), torch.from_numpy(self.out)

    def run(self) -> None:
        self._expansion(*self._arrays)


class _Fitting:
    """A fit to lossless codes."""

    def __init__(self, folder: Path) -> None:
        # Mapped, so that several processes share one copy; and so that only they can be written to, as torch wants.
        self.wide: NDArray[np.uint16] = np.asarray(np.load(folder / "wide.npy", mmap_mode="c"))

    @property
    def array_bytes(self) -> int:
        return self.wide.nbytes + self.wide.size


class _Preset(_Fitting):
    def __init__(self, folder: Path, threads: int, *, preset: str) -> None:
        super().__init__(folder)
        del threads  # Set by the environment.
        self._codes: NDArray[np.uint8] = np.asarray(np.load(folder / "png.npy", mmap_mode="c"))
        self._preset = preset
        self._result: Any = None

    def run(self) -> None:
        from gamutmeta.fit.config import preset_named
        from gamutmeta.fit.engine import fit

        self._result = fit(self._codes, self.wide, preset_named(self._preset), device="cpu")

    def figures(self) -> dict[str, Any]:
        from benchmarks.models import payload_of
        from gamutmeta.model.descriptor import Descriptor
        from gamutmeta.model.quality import measure_models

        payload = payload_of(self._codes, self._result)
        models = [(Descriptor(), {}), (payload.descriptor, payload.weights())]
        clipped, fitted = measure_models(self.wide, self._codes, models)
        sizes = {"steps": self._result.steps, "payload_bytes": len(payload.to_bytes())}
        return _quality_figures(clipped.psnr_og, fitted.psnr_og) | sizes


class _Paper(_Fitting):
    def __init__(self, folder: Path, threads: int, *, adaptation: str) -> None:
        super().__init__(folder)
        import torch

        from gamutmeta.color.adaptation import Adaptation
        from gamutmeta.color.gamut import reduce_to_codes

        torch.set_num_threads(threads)
        self._adaptation = Adaptation(adaptation)
        self._codes, _ = reduce_to_codes(self.wide, self._adaptation)
        self._weights: Any = None

    def run(self) -> None:
        from benchmarks.rivals.reference import Training

        self._weights, _ = Training(self._adaptation)(self.wide, self._codes, 0)

    def figures(self) -> dict[str, Any]:
        from benchmarks.rivals.reference import STEPS, Reference, Training
        from benchmarks.rivals.weights import pack
        from gamutmeta.color.quality import measure
        from gamutmeta.model.descriptor import Descriptor
        from gamutmeta.model.expand import expand

        metadata = pack(self._weights, "float32")
        restored = Reference(Training(self._adaptation), "float32").expand(self._codes, metadata)
        fitted = measure(self.wide, restored, self._adaptation)
        clipped = measure(self.wide, expand(Descriptor(adaptation=self._adaptation), {}, self._codes), self._adaptation)
        return _quality_figures(clipped.psnr_og, fitted.psnr_og) | {"steps": STEPS, "payload_bytes": len(metadata)}


def _quality_figures(clipped: float, fitted: float) -> dict[str, float]:
    return {"psnr_clip_og": round(clipped, 2), "psnr_og": round(fitted, 2)}


EXPANSIONS: Mapping[str, Callable[[Path, int], Task]] = {
    "copy": _Copy,
    "numpy": partial(_Gamutmeta, model="png", compiled=False),
    "numba": partial(_Gamutmeta, model="png", compiled=True),
    "numpy, no gate": partial(_Gamutmeta, model="jpeg", compiled=False),
    "numba, no gate": partial(_Gamutmeta, model="jpeg", compiled=True),
    "plain torch": partial(_PlainTorch, small_batches=False),
    "plain torch, small batches": partial(_PlainTorch, small_batches=True),
}
"""In the order of their turns."""

FITS: Mapping[str, Callable[[Path, int], Task]] = {
    "balanced": partial(_Preset, preset="balanced"),
    "small": partial(_Preset, preset="small"),
    "best": partial(_Preset, preset="best"),
    "paper": partial(_Paper, adaptation="cat02"),
    "paper, Bradford": partial(_Paper, adaptation="bradford"),
}
"""In the order of their turns. The paper's adaptation is CAT02; with Bradford its sRGB codes are those of gamutmeta."""

TASKS = {"expand": EXPANSIONS, "fit": FITS}
