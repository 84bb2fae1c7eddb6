"""Training: samples in, quantised tensors out. CPU and CUDA, the same result for the same seed on the same device."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.errors import FitError
from gamutmeta.fit.adam import Adam
from gamutmeta.fit.gradient import gradient_for
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.noise import Noise
from gamutmeta.fit.rate import RateControl, tensors_within
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "choose_device", "fit"]

_WARM_UP = 20
"""Steps over which the learning rate rises to its value."""

_LOSS_SCALE = 1_000
"""The squared error is multiplied by this; `FitConfig.rate_weight` counts against it."""


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
        raise FitError("device 'cuda' was asked for, but torch finds no CUDA device")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def fit(
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None = 0,
    device: str = "auto",
    seed: int = 0,
) -> FitResult:
    """Fit a model that takes `codes` to `wide`.

    Args:
        codes: the sRGB picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        config: what to fit and how long.
        gate: see :class:`~gamutmeta.model.descriptor.Descriptor`.
        device: "auto", "cpu" or "cuda".
        seed: of the draw, the initial weights and the quantisation noise.

    Returns:
        The model, whose container is not larger than ``config.max_bytes``.

    Raises:
        FitError: for an unknown device, if no pixel can be learnt from, or if the cap cannot be kept.
    """
    start = time.perf_counter()
    where = choose_device(device)
    height, width = codes.shape[:2]
    descriptor = config.descriptor(width, height, gate)
    samples = draw_samples(descriptor, codes, wide, config.sample_pixels, np.random.default_rng(seed))
    generator = torch.Generator().manual_seed(seed)
    with single_threaded():
        network = Network(descriptor, width, height, grid_step=config.grid_step, generator=generator, device=where)
        _train(network, Problem.build(descriptor, samples, where), config, generator)
    tensors = tensors_within(network, config)
    return FitResult(descriptor, tensors, config.steps, len(samples), where.type, time.perf_counter() - start)


def _train(network: Network, problem: Problem, config: FitConfig, generator: torch.Generator) -> None:
    """Adam with warm-up and a cosine to zero; uniform noise stands in for the rounding of the grid."""
    optimiser = Adam(
        network.values.detach(),
        network.gradient,
        network.rates(config.network_rate, config.grid_rate / config.grid_step),
    )
    batch = min(config.batch, len(problem))
    batches = len(problem) // batch
    gradient = gradient_for(network, problem, batch, _LOSS_SCALE)
    rate = RateControl(network, config)
    noise = Noise(network.grid, config.steps, generator)
    for step in range(config.steps):
        gradient(step % batches * batch, noise.at(step), rate.weight)
        optimiser.step(min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / config.steps)))
        rate.after(step)
