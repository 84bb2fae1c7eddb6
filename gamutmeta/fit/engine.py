"""Training: samples in, quantised tensors out. CPU and CUDA, the same result for the same seed on the same device."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.container import Binding, Payload, Tensor, encode
from gamutmeta.errors import FitError
from gamutmeta.fit.adam import Adam
from gamutmeta.fit.gradient import gradient_for
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.quantise import quantise_grid, quantise_weights
from gamutmeta.fit.samples import draw_samples
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "choose_device", "fit"]

_WARM_UP = 20
"""Steps over which the learning rate rises to its value."""

_LOSS_SCALE = 1_000
"""The squared error is multiplied by this; `FitConfig.rate_weight` counts against it."""

_SIZE_CHECKS = 6
"""How often during training the size of the grid is looked at."""

_SIZE_RESPONSE = 2.0
"""How strongly the rate weight answers: it grows with this power of the excess."""

_COARSER = 1.08
_COARSEST = 300.0
"""Last resort for the cap: factors on the quantisation step of the trained grid, until nothing is left of it."""

_SIZE_HEADROOM = 0.94
"""Training aims below the cap: the last steps still move the grid."""


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
    tensors = _within_cap(network, config)
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
    rate_weight = config.rate_weight
    for step in range(config.steps):
        noisy = None
        if network.grid is not None:
            # Drawn on the CPU, so that every device sees the same noise.
            noise = torch.rand(network.grid.shape, generator=generator) - 0.5
            noisy = network.grid.detach() + noise.to(network.grid.device)
        gradient(step % batches * batch, noisy, rate_weight)
        optimiser.step(min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / config.steps)))
        if network.grid is not None and (step + 1) % max(1, config.steps // _SIZE_CHECKS) == 0:
            excess = _container_size(network, config) / (config.max_bytes * _SIZE_HEADROOM)
            rate_weight = max(config.rate_weight, rate_weight * excess**_SIZE_RESPONSE)


def _within_cap(network: Network, config: FitConfig) -> tuple[Tensor, ...]:
    """The stored tensors; the grid is rounded more coarsely if the container would be too large otherwise."""
    coarser = 1.0
    while (size := _container_size(network, config, coarser)) > config.max_bytes:
        coarser *= _COARSER
        if network.grid is None or coarser > _COARSEST:
            raise FitError(f"the model takes {size} bytes, but only {config.max_bytes} are allowed")
    return _tensors(network, config, coarser)


def _tensors(network: Network, config: FitConfig, coarser: float = 1.0) -> tuple[Tensor, ...]:
    """The stored tensors, the grid rounded to `coarser` times its step."""
    stored = {name: quantise_weights(values, config.weights) for name, values in network.mlp_weights().items()}
    steps = network.grid_steps()
    if steps is not None:
        stored["grid"] = quantise_grid(steps / np.float32(coarser), float(np.float32(network.grid_step * coarser)))
    return tuple(stored[spec.name] for spec in network.descriptor.tensor_specs())


def _container_size(network: Network, config: FitConfig, coarser: float = 1.0) -> int:
    """Bytes of the whole container as it stands."""
    binding = Binding("rgb8", bytes(range(16)))
    tensors = _tensors(network, config, coarser)
    return len(encode(Payload(network.width, network.height, binding, network.descriptor, tensors)))
