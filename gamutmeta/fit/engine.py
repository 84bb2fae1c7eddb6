"""Fits a model to one photograph, on the CPU or on CUDA. The same seed gives the same result on the same device.

The grid model is fitted on the CPU by :mod:`gamutmeta.fit.cpu`, everything else by :mod:`gamutmeta.fit.torch_engine`,
which is imported only then: torch takes more than a second.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.errors import MissingExtraError
from gamutmeta.fit.cpu.machine_samples import MachineCandidates, surveyed
from gamutmeta.fit.cpu.network import Network
from gamutmeta.fit.cpu.training import trained
from gamutmeta.fit.result import FitResult
from gamutmeta.fit.samples import draw_pixels
from gamutmeta.gpu.bounded import CardError
from gamutmeta.gpu.devices import tried_note, uses_cuda
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.native.library import built_library, library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.choices import Device
    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision

__all__ = ["ON_CPU", "FitResult", "fit", "torch_module"]

ON_CPU = "the GPU's fit was not used, and the model was fitted on the CPU"
"""For notes that go on with why."""


def fit(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None = 0,
    samples: SampleCoding = SampleCoding.SRGB,
    shoulder: Shoulder | None = None,
    device: Device = "auto",
    seed: int = 0,
    compiled: bool | None = None,
    precision: Precision = "ieee",
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> FitResult:
    """Fit a model that restores `wide` from `codes`.

    Args:
        codes: the picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        config: what to fit and how long.
        gate: see :class:`~gamutmeta.model.descriptor.Descriptor`.
        samples: what the codes are, see there.
        shoulder: of the codes, see there.
        device: "cpu", "cuda", or "auto": the CPU, but CUDA on a card that was measured (none yet). What CUDA fails to
            fit within a bounded time, or gets wrong, is fitted on the CPU; the result's notes say so.
        seed: for the draw of samples, the initial weights and the quantisation noise.
        compiled: on the CPU, True for machine code, False for numpy, None for machine code where it is there. The
            paper's model uses torch in any case.
        precision: of matrix products by Triton on CUDA. The payload does not record it.
        start: initial values of the model's tensors, by name; None for random ones.

    Returns:
        The model, whose container is not larger than ``config.max_bytes``.

    Raises:
        FitError: if there is no pixel to learn from, or the model does not fit into ``config.max_bytes``.
        DeviceError: if the device is unknown, or CUDA is requested and not available.
        MissingExtraError: if torch is needed and not installed.
        OSError: if machine code is requested and not there.
    """
    begun = time.perf_counter()
    height, width = codes.shape[:2]
    descriptor = config.descriptor(width, height, gate, samples, shoulder)
    about: dict[str, Any] = {"gate": gate, "samples": samples, "shoulder": shoulder, "seed": seed, "start": start}
    notes: tuple[str, ...] = ()
    if uses_cuda(device):
        notes = (tried_note(),)
        try:
            result: FitResult = torch_module("torch_engine").fit_on_cuda(
                codes, wide, config, precision=precision, **about
            )
        except CardError as error:
            notes += (f"{ON_CPU}: {error}",)
        else:
            return replace(result, notes=notes)
    if not Network.supports(descriptor):
        result = torch_module("torch_engine").fit_by_torch(codes, wide, config, device="cpu", **about)
        return replace(result, notes=notes)
    machine = library() if compiled is None else built_library() if compiled else None
    candidates = None if machine is None else partial(MachineCandidates, library=machine)
    surveyor = None if machine is None else partial(surveyed, library=machine)
    rng = np.random.default_rng(seed)
    draw = draw_pixels(descriptor, codes, wide, config.sample_pixels, rng, candidates=candidates, surveyor=surveyor)
    tensors = trained(descriptor, draw, config, size=(height, width), seed=seed, library=machine, start=start)
    return FitResult(descriptor, tensors, config.steps, len(draw), "cpu", time.perf_counter() - begun, notes)


def torch_module(name: str) -> Any:
    """A module of this folder that needs torch.

    Raises:
        MissingExtraError: if torch is not installed.
    """
    try:
        return import_module(f"gamutmeta.fit.{name}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("fitting the paper's model", "torch", "torch") from error
