"""Fits a model with torch: any model on CUDA, and the paper's on the CPU.

On the CPU it is also the plain twin of :mod:`gamutmeta.fit.cpu` for the grid model.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gamutmeta.errors import GamutMetaError
from gamutmeta.fit.doubt import believed_error, doubt_of
from gamutmeta.fit.gpu.device_samples import DeviceCandidates
from gamutmeta.fit.result import FitResult
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.threads import single_threaded
from gamutmeta.fit.training import Training, step_for, train
from gamutmeta.gpu.bounded import CardError, on_card, seconds_for
from gamutmeta.gpu.devices import uses_cuda
from gamutmeta.gpu.launch import settle
from gamutmeta.model.descriptor import SampleCoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision

__all__ = ["CUDA", "choose_device", "fit_by_torch", "fit_on_cuda", "prepare_training", "result_of"]

CUDA = torch.device("cuda")
"""Where :func:`fit_on_cuda` fits."""


def choose_device(name: str) -> torch.device:
    """The device for "cpu", "cuda", or "auto": CUDA on a card that was measured, else the CPU.

    Raises:
        DeviceError: if the name is unknown, or CUDA is requested and not available.
    """
    return torch.device("cuda" if uses_cuda(name) else "cpu")


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
    """See :func:`gamutmeta.fit.engine.fit`; on CUDA nothing is bounded or checked.

    Raises:
        FitError: as there.
        DeviceError: as for :func:`choose_device`.
    """
    begun = time.perf_counter()
    with single_threaded():
        training = prepare_training(
            codes,
            wide,
            config,
            gate=gate,
            samples=samples,
            shoulder=shoulder,
            device=choose_device(device),
            seed=seed,
            start=start,
        )
        train([training], config, step_for([training], config, precision=precision))
        return replace(result_of(training), seconds=time.perf_counter() - begun)


def fit_on_cuda(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    precision: Precision = "ieee",
    **about: Any,
) -> FitResult:
    """As :func:`fit_by_torch` on CUDA, in a bounded time and checked; `about` are its other arguments but the device.

    Raises:
        CardError: if there is no model, or one of which :func:`gamutmeta.fit.doubt.doubt_of` says that it is not to be
            used.
    """

    def work(deadline: float) -> FitResult:
        with single_threaded():
            training = prepare_training(codes, wide, config, device=CUDA, **about)
            step = step_for([training], config, precision=precision)
            train([training], config, step, partial(settle, CUDA, deadline))
            return result_of(training, checked=True)

    begun = time.perf_counter()
    try:
        result = on_card(work, seconds_for(wide.shape[0] * wide.shape[1], config.steps))
    except GamutMetaError as error:
        # It may be the GPU's, by values that are not numbers; if it is not, the CPU finds it again.
        raise CardError(str(error)) from error
    if result.doubt is not None:
        raise CardError(result.doubt)
    return replace(result, seconds=time.perf_counter() - begun)


def result_of(training: Training, *, checked: bool = False) -> FitResult:
    """The result of a training, with no time; if `checked`, with what :func:`gamutmeta.fit.doubt.doubt_of` says."""
    network, problem, config = training.network, training.problem, training.config
    believed = believed_error(network, problem) if checked else 0.0
    tensors = training.tensors()
    doubt = doubt_of(network, problem, tensors, believed) if checked else None
    device = network.values.device.type
    return FitResult(network.descriptor, tensors, config.steps, len(problem), device, 0.0, doubt=doubt)


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
