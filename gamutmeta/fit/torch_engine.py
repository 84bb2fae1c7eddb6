"""Fits a model with torch: any model on CUDA, and the paper's on the CPU.

On the CPU it is also the plain twin of :mod:`gamutmeta.fit.cpu` for the grid model.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.fit.gpu.device_samples import DeviceCandidates
from gamutmeta.fit.result import FitResult
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.threads import single_threaded
from gamutmeta.fit.training import Training, step_for, train
from gamutmeta.gpu.devices import check_device, no_cuda
from gamutmeta.model.descriptor import SampleCoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision

__all__ = ["choose_device", "fit_by_torch", "prepare_training", "result_of"]


def choose_device(name: str) -> torch.device:
    """The device for "auto" (CUDA when present), "cpu" or "cuda".

    Raises:
        DeviceError: if the name is unknown, or CUDA is requested and not available.
    """
    check_device(name)
    there = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not there:
        raise no_cuda()
    return torch.device("cuda" if there else "cpu")


def fit_by_torch(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None = 0,
    samples: SampleCoding = SampleCoding.SRGB,
    shoulder: Shoulder | None = None,
    device: str = "auto",
    seed: int = 0,
    precision: Precision = "ieee",
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> FitResult:
    """See :func:`gamutmeta.fit.engine.fit`.

    Raises:
        FitError: as there.
        DeviceError: as for :func:`choose_device`.
    """
    begun = time.perf_counter()
    where = choose_device(device)
    with single_threaded():
        training = prepare_training(
            codes, wide, config, gate=gate, samples=samples, shoulder=shoulder, device=where, seed=seed, start=start
        )
        train([training], config, step_for([training], config, precision=precision))
        return replace(result_of(training), seconds=time.perf_counter() - begun)


def result_of(training: Training) -> FitResult:
    """The result of a training, with no time."""
    network, config = training.network, training.config
    device = network.values.device.type
    return FitResult(network.descriptor, training.tensors(), config.steps, len(training.problem), device, 0.0)


def prepare_training(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None,
    samples: SampleCoding = SampleCoding.SRGB,
    shoulder: Shoulder | None = None,
    device: torch.device,
    seed: int,
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> Training:
    """Draw the samples of a picture and prepare its training; see :func:`fit_by_torch`.

    Args:
        codes: as for :func:`fit_by_torch`.
        wide: as for :func:`fit_by_torch`.
        config: as for :func:`fit_by_torch`.
        gate: as for :func:`fit_by_torch`.
        samples: as for :func:`fit_by_torch`.
        shoulder: as for :func:`fit_by_torch`.
        device: where to train.
        seed: as for :func:`fit_by_torch`.
        start: as for :func:`fit_by_torch`.
    """
    height, width = codes.shape[:2]
    descriptor = config.descriptor(width, height, gate, samples, shoulder)
    on_cpu = device.type == "cpu"
    candidates = None if on_cpu else partial(DeviceCandidates, device=device)
    rng = np.random.default_rng(seed)
    drawn = draw_samples(descriptor, codes, wide, config.sample_pixels, rng, candidates=candidates)
    return Training.begin(descriptor, drawn, config, size=(height, width), device=device, seed=seed, start=start)
