"""Training: samples in, quantised tensors out. CPU and CUDA, the same result for the same seed on the same device."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.color.compiled import kernel_for
from gamutmeta.errors import FitError
from gamutmeta.fit.device_samples import DeviceCandidates
from gamutmeta.fit.importance import draw_by_error
from gamutmeta.fit.last_layer import refined_within
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.protection import Protection
from gamutmeta.fit.rate import RateControl, tensors_within
from gamutmeta.fit.samples import HostCandidates, draw_samples
from gamutmeta.fit.starts import learned_start
from gamutmeta.fit.static_step import StaticStep
from gamutmeta.fit.step import LOSS_SCALE, EagerStep
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.step import Step
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "choose_device", "fit"]

_DRAWN = 1 << 18
"""How many samples are drawn anew at a time; each is then used a few times."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model.

    Attributes:
        descriptor, tensors: as in :class:`~gamutmeta.container.Payload`.
        steps: optimiser steps taken.
        samples: pixels seen.
        device: "cpu" or "cuda".
        seconds: sampling, training and quantisation.
    """

    descriptor: Descriptor
    tensors: tuple[Tensor, ...]
    steps: int
    samples: int
    device: str
    seconds: float


def choose_device(name: str) -> torch.device:
    """The device for "auto" (CUDA when present), "cpu" or "cuda".

    Raises:
        FitError: if the name is unknown, or CUDA is asked for and there is none.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise FitError(f"unknown device {name!r}; use auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise FitError("device 'cuda' was asked for, but torch finds no CUDA device; auto or cpu does without")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def fit(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None = 0,
    device: str = "auto",
    seed: int = 0,
    compiled: bool | None = None,
) -> FitResult:
    """Fit a model that takes `codes` to `wide`.

    Args:
        codes: the sRGB picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        config: what to fit and how long.
        gate: see :class:`~gamutmeta.model.descriptor.Descriptor`.
        device: "auto", "cpu" or "cuda".
        seed: of the draw, the initial weights and the quantisation noise.
        compiled: True for numba's gradient, False for torch's, None for numba's where it is installed and the picture
            is large. Models and devices that it does not know are left to torch.

    Returns:
        The model, whose container is not larger than ``config.max_bytes``.

    Raises:
        FitError: for an unknown device, if no pixel can be learnt from, or if the cap cannot be kept.
    """
    start = time.perf_counter()
    where = choose_device(device)
    height, width = codes.shape[:2]
    descriptor = config.descriptor(width, height, gate)
    on_cpu = where.type == "cpu"
    kernel = kernel_for("gamutmeta.fit.kernel", height * width, compiled=compiled) if on_cpu else None
    looks = partial(HostCandidates, kernel=kernel) if on_cpu else partial(DeviceCandidates, device=where)
    rng = np.random.default_rng(seed)
    samples = draw_samples(descriptor, codes, wide, config.sample_pixels, rng, candidates=looks)
    generator = torch.Generator().manual_seed(seed)
    with single_threaded():
        network = Network(descriptor, width, height, grid_step=config.grid_step, generator=generator, device=where)
        if (start_values := _learned_start(config, descriptor)) is not None:
            network.take(start_values)
        problem, protection = Problem.build(descriptor, samples, where), Protection(samples)
        _train(network, problem, protection, config, generator, compiled=kernel is not None)
        if config.closed_form:
            tensors = refined_within(network, problem, protection, config)
        else:
            tensors = tensors_within(network, config, config.max_bytes)
    return FitResult(descriptor, tensors, config.steps, len(samples), where.type, time.perf_counter() - start)


def _learned_start(config: FitConfig, descriptor: Descriptor) -> Mapping[str, NDArray[np.float32]] | None:
    """What the MLP starts from; None for random values."""
    wanted = config.start == "learned" and config.model == "paper"
    return learned_start(descriptor.layer_widths) if wanted else None


def _train(
    network: Network,
    problem: Problem,
    protection: Protection,
    config: FitConfig,
    generator: torch.Generator,
    *,
    compiled: bool,
) -> None:
    """Steps with the samples as they were drawn, and anew by their errors now and then."""
    batch = min(config.batch, len(problem))
    take_step: Step
    if StaticStep.knows(network, config) and not network.on_cpu:
        take_step = StaticStep(network, config, batch, generator)
    else:
        take_step = EagerStep(network, config, batch, generator, compiled=compiled)
    take_step.load(problem.first(min(len(problem), max(_DRAWN, batch)) // batch * batch), 0)
    rate = RateControl(network, config, take_step.rescale)
    redraws = {round(share * config.steps) for share in config.redraws}
    for step in range(config.steps):
        if step in redraws:
            errors = network.squared_errors(problem)
            rate.tell(LOSS_SCALE * float((errors * problem.everything.weight).mean()) / 3)
            protection.look(problem, errors)
            count = min(len(problem), _DRAWN) // batch * batch
            take_step.load(draw_by_error(problem, errors, protection.weights(problem), count, generator), step)
        take_step(step, rate.weight)
        rate.after(step)
