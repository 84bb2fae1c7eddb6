"""Training: samples in, quantised tensors out. CPU and CUDA, the same result for the same seed on the same device."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.color.compiled import kernel_for
from gamutmeta.errors import FitError
from gamutmeta.fit.adam import Adam
from gamutmeta.fit.gradient import gradient_for
from gamutmeta.fit.importance import draw_by_error
from gamutmeta.fit.last_layer import refined_within
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.noise import Noise
from gamutmeta.fit.protection import Protection
from gamutmeta.fit.rate import RateControl, tensors_within
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.soap import Soap
from gamutmeta.fit.starts import learned_start
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "choose_device", "fit"]

_WARM_UP = 20
"""Steps over which the learning rate rises to its value."""

_DRAWN = 1 << 18
"""How many samples are drawn anew at a time; each is then used a few times."""

_LOSS_SCALE = 1_000
"""The squared error is multiplied by this, which keeps gradients in the range Adam's epsilon is made for."""


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
    kernel = kernel_for("gamutmeta.fit.kernel", height * width, compiled=compiled)
    samples = draw_samples(descriptor, codes, wide, config.sample_pixels, np.random.default_rng(seed), kernel=kernel)
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
    """Warm-up, then a cosine to zero; uniform noise stands in for the rounding of the grid."""
    optimisers = _optimisers(network, config)

    def rescale(factor: float) -> None:
        optimisers[0].rescale(factor)
        network.grid_step *= factor

    batch = min(config.batch, len(problem))
    batches = min(len(problem), max(_DRAWN, batch)) // batch
    gradient_of = partial(gradient_for, network, batch=batch, scale=_LOSS_SCALE, compiled=compiled)
    gradient, first = gradient_of(problem.first(batches * batch)), 0
    rate = RateControl(network, config, rescale)
    noise = Noise(network.grid, config.steps, generator)
    redraws = {round(share * config.steps) for share in config.redraws}
    for step in range(config.steps):
        if step in redraws:
            errors = network.squared_errors(problem)
            rate.tell(_LOSS_SCALE * float((errors * problem.everything.weight).mean()) / 3)
            protection.look(problem, errors)
            count = min(len(problem), _DRAWN) // batch * batch
            drawn = draw_by_error(problem, errors, protection.weights(problem), count, generator)
            gradient, first, batches = gradient_of(drawn), step, count // batch
        gradient((step - first) % batches * batch, noise.at(step), rate.weight)
        factor = min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / config.steps))
        for optimiser in optimisers:
            optimiser.step(factor)
        rate.after(step)


def _optimisers(network: Network, config: FitConfig) -> tuple[Adam, *tuple[Soap, ...]]:
    """Adam for the grid and SOAP for the MLP; for the paper's model Adam for all, as the paper has it."""
    values, gradient, split = network.values.detach(), network.gradient, network.mlp_size
    if config.model == "paper":
        return (Adam(values, gradient, config.network_rate),)
    grid = Adam(values[split:], gradient[split:], config.grid_rate / config.grid_step)
    shapes = [(weight.shape[0], weight.shape[1]) for weight, _ in network.layers]
    bias = network.descriptor.bias
    return grid, Soap(values[:split], gradient[:split], shapes, bias=bias, rate=config.network_rate)
