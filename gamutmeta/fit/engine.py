"""Fits a model to one photograph, on the CPU or on CUDA. The same seed gives the same result on the same device."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from gamutmeta.fit.gpu.device_samples import DeviceCandidates
from gamutmeta.fit.samples import HostCandidates, draw_samples
from gamutmeta.fit.threads import single_threaded
from gamutmeta.fit.training import Training, step_for, train
from gamutmeta.gpu.devices import check_device, no_cuda
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.runtime.compiled import kernel_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "choose_device", "fit", "prepare_training"]


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model.

    Attributes:
        descriptor, tensors: as in :class:`~gamutmeta.container.Payload`.
        steps: optimiser steps taken.
        samples: number of pixels that the fit used.
        device: "cpu" or "cuda".
        seconds: of sampling, training and quantisation. Pictures that are fitted together each get an equal share.
    """

    descriptor: Descriptor
    tensors: tuple[Tensor, ...]
    steps: int
    samples: int
    device: str
    seconds: float

    @classmethod
    def of(cls, training: Training, seconds: float) -> Self:
        """The result of a training."""
        network, config = training.network, training.config
        device = network.values.device.type
        return cls(network.descriptor, training.tensors(), config.steps, len(training.problem), device, seconds)


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


def fit(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None = 0,
    samples: SampleCoding = SampleCoding.SRGB,
    shoulder: Shoulder | None = None,
    device: str = "auto",
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
        device: "auto", "cpu" or "cuda".
        seed: for the draw of samples, the initial weights and the quantisation noise.
        compiled: True for numba's gradient, False for torch's, None for numba's if it is installed and the picture is
            large. For models and devices that numba's gradient does not support, torch's is used.
        precision: of matrix products by Triton on CUDA. The payload does not record it.
        start: initial values of the model's tensors, by name; None for random ones.

    Returns:
        The model, whose container is not larger than ``config.max_bytes``.

    Raises:
        FitError: if there is no pixel to learn from, or the model does not fit into ``config.max_bytes``.
        DeviceError: as for :func:`choose_device`.
    """
    begun = time.perf_counter()
    where = choose_device(device)
    kernel = _kernel_for(codes, where, compiled=compiled)
    with single_threaded():
        training = prepare_training(
            codes,
            wide,
            config,
            gate=gate,
            samples=samples,
            shoulder=shoulder,
            device=where,
            seed=seed,
            kernel=kernel,
            start=start,
        )
        train([training], config, step_for([training], config, compiled=kernel is not None, precision=precision))
        result = FitResult.of(training, 0.0)
    return replace(result, seconds=time.perf_counter() - begun)


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
    kernel: Any | None = None,
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> Training:
    """Draw the samples of a picture and prepare its training; see :func:`fit`.

    Args:
        codes: as for :func:`fit`.
        wide: as for :func:`fit`.
        config: as for :func:`fit`.
        gate: as for :func:`fit`.
        samples: as for :func:`fit`.
        shoulder: as for :func:`fit`.
        device: where to train.
        seed: as for :func:`fit`.
        kernel: the module :mod:`gamutmeta.fit.fit_loops`, to examine all pixels with it on the CPU; None for numpy.
        start: as for :func:`fit`.
    """
    height, width = codes.shape[:2]
    descriptor = config.descriptor(width, height, gate, samples, shoulder)
    on_cpu = device.type == "cpu"
    candidates = partial(HostCandidates, kernel=kernel) if on_cpu else partial(DeviceCandidates, device=device)
    rng = np.random.default_rng(seed)
    drawn = draw_samples(descriptor, codes, wide, config.sample_pixels, rng, candidates=candidates)
    return Training.begin(descriptor, drawn, config, size=(height, width), device=device, seed=seed, start=start)


def _kernel_for(codes: NDArray[np.uint8], device: torch.device, *, compiled: bool | None) -> Any | None:
    """The compiled loops for a picture, or None if they are not to be used."""
    if device.type != "cpu":
        return None
    return kernel_for("gamutmeta.fit.fit_loops", codes.shape[0] * codes.shape[1], compiled=compiled)
