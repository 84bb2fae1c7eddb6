"""Reptile: move the start towards where a few steps of gradient descent on one task lead, task after task.

The difference between the start and the weights after the inner steps is taken for a gradient, with which Adam makes
the outer step, as the authors of Reptile suggest.

References:
    Nichol, Achiam, Schulman: "On First-Order Meta-Learning Algorithms", 2018, algorithm 1 and section 3.
    Tancik et al.: "Learned Initializations for Optimizing Coordinate-Based Neural Representations", CVPR 2021.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from benchmarks.arrays import Floats
from benchmarks.paper.training_set import WEIGHTS, Crop, Picture
from benchmarks.rivals.method import linear_of
from benchmarks.rivals.reference import OUTPUT_SCALE, inputs_at, octaves
from gamutmeta.color.adaptation import Adaptation

_INPUTS = 120
_IN_GAMUT_CHANCE = 0.1
"""The paper trains on every 5th out-of-gamut and every 50th other pixel."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a start is learned: outer steps of Adam, whose rate falls to zero as a cosine does, each on one crop.

    On it, inner steps of gradient descent see `batch` pixels each. `position_decay` is the share by which the weights
    of the position's features shrink in an outer step, relative to the learning rate: what no photograph has in common
    with the next should not stand in the start. `loss_scale` is that of all these benchmarks.
    """

    width: int
    steps: int = 10_000
    seed: int = 0
    inner_steps: int = 8
    inner_rate: float = 1e-2
    outer_rate: float = 3e-3
    position_decay: float = 1.0
    batch: int = 1024
    crop: int = 512
    loss_scale: float = 1e3


def random_start(width: int, seed: int) -> list[torch.Tensor]:
    """Weights as torch starts linear layers without biases: (width, 120), (width, width), (3, width)."""
    generator = torch.Generator().manual_seed(seed)
    shapes = ((width, _INPUTS), (width, width), (3, width))
    return [(torch.rand(shape, generator=generator) * 2 - 1) / math.sqrt(shape[1]) for shape in shapes]


def predict(weights: Sequence[torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """What the network adds to the clipped colour, (N, 3), for features (N, 120)."""
    hidden = functional.linear(features, weights[0]).relu()
    hidden = functional.linear(hidden, weights[1]).relu()
    return functional.linear(hidden, weights[2]) * OUTPUT_SCALE


def draw_task(
    crop: Crop, count: int, rng: np.random.Generator, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw `count` pixels of a crop, with replacement, out-of-gamut ones ten times as often as the others.

    Returns:
        Features, float32 (N, 120), and what to add to the clipped colour in linear ProPhoto, (N, 3).
    """
    height, width = crop.og.shape
    drawn: list[np.ndarray] = []
    while sum(map(len, drawn)) < count:
        at = rng.integers(0, height * width, 4 * count)
        drawn.append(at[crop.og.ravel()[at] | (rng.random(at.shape, np.float32) < _IN_GAMUT_CHANCE)])
    row, column = np.divmod(np.concatenate(drawn)[:count], width)
    inputs, clipped = inputs_at(crop.codes, row, column, Adaptation.CAT02)
    targets = torch.from_numpy(linear_of(crop.wide[row, column]) - clipped).to(device)
    return octaves(torch.from_numpy(inputs).to(device)), targets


class Reptile:
    """The training of `start`; its randomness depends on the seed and the number of the step alone."""

    def __init__(self, recipe: Recipe, pictures: Sequence[Picture], device: torch.device) -> None:
        self.recipe, self.done = recipe, 0
        self.start = [weight.to(device) for weight in random_start(recipe.width, recipe.seed)]
        self._pictures, self._device = pictures, device
        self._adam = torch.optim.Adam(self.start, lr=recipe.outer_rate)

    def step(self) -> float:
        """One outer step; the loss on its crop before the inner steps."""
        recipe = self.recipe
        rng = np.random.default_rng((recipe.seed, self.done))
        crop = self._pictures[self.done % len(self._pictures)].crop(recipe.crop, rng)
        adapted, loss = self._adapt(*draw_task(crop, recipe.inner_steps * recipe.batch, rng, self._device))
        for weight, after in zip(self.start, adapted, strict=True):
            weight.grad = weight - after
        rate = recipe.outer_rate * (0.5 + 0.5 * math.cos(math.pi * self.done / recipe.steps))
        self._adam.param_groups[0]["lr"] = rate
        self._adam.step()
        # Features are laid out as sines of row and column and three colours, then cosines of the same.
        first = self.start[0].view(recipe.width, 2, 5, -1)
        first[:, :, :2] *= 1 - rate * recipe.position_decay
        self.done += 1
        return loss

    def _adapt(self, every: torch.Tensor, wanted: torch.Tensor) -> tuple[list[torch.Tensor], float]:
        """Weights after the inner steps, and the loss before them."""
        recipe, losses = self.recipe, []
        weights = [weight.clone().requires_grad_() for weight in self.start]
        for features, targets in zip(torch.split(every, recipe.batch), torch.split(wanted, recipe.batch), strict=True):
            loss = recipe.loss_scale * (predict(weights, features) - targets).square().mean()
            gradients = torch.autograd.grad(loss, weights)
            losses.append(loss.detach())
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight.sub_(recipe.inner_rate * gradient)
        return [weight.detach() for weight in weights], float(losses[0])

    def state_dict(self) -> dict[str, Any]:
        return {"done": self.done, "start": self.start, "adam": self._adam.state_dict()}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.done = state["done"]
        self._adam.load_state_dict(state["adam"])
        for weight, stored in zip(self.start, state["start"], strict=True):
            weight.copy_(stored)


# --- the weights, and their two layouts ------------------------------------------------------------------------------

_OCTAVES = 12


@cache
def payload_start(width: int, folder: Path = WEIGHTS) -> Mapping[str, Floats] | None:
    """Start weights for two hidden layers of `width`, as a payload has them, float32, read-only; None without any.

    They are for :func:`gamutmeta.fit.engine.fit` with the model of the preset ``paper``.
    """
    file = folder / f"paper-{width}.npz"
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as stored:
        tensors = {name: stored[name].astype(np.float32) for name in stored.files}
    for tensor in tensors.values():
        tensor.setflags(write=False)
    return tensors


def start_photographs(width: int, folder: Path = WEIGHTS) -> frozenset[str]:
    """Names of the photographs that the start of a width was learned from; none without a start."""
    facts = folder / f"paper-{width}.json"
    return frozenset(json.loads(facts.read_text(encoding="utf-8"))["photographs"] if facts.is_file() else ())


def load_start(width: int) -> list[Floats] | None:
    """The same in the layout of :mod:`benchmarks.rivals.reference`.

    Returns:
        Floats (outputs, inputs) of shapes (width, 120), (width, width), (3, width), float32, for a network without
        biases whose inputs are ``benchmarks.rivals.reference.octaves`` of row, column, red, green, blue (all sines,
        then all cosines), and whose output times ``OUTPUT_SCALE`` is added to clipped linear ProPhoto. None where no
        start was learned for that width.
    """
    start = payload_start(width)
    if start is None:
        return None
    first, second, third = (start[f"weight{k}"] for k in range(3))
    return [np.ascontiguousarray(first[:, _payload_feature()]), second, third / np.float32(OUTPUT_SCALE)]


def to_payload(weights: Sequence[Floats]) -> dict[str, Floats]:
    """Floats in the layout of :func:`load_start` as the payload's descriptor names and lays them out."""
    first, second, third = weights
    ordered = np.empty_like(first)
    ordered[:, _payload_feature()] = first
    return {"weight0": ordered, "weight1": second, "weight2": third * np.float32(OUTPUT_SCALE)}


def _payload_feature() -> NDArray[np.intp]:
    """Which feature of the descriptor each feature of the reference is, (120,).

    The descriptor has x, y, red, green, blue, and for each its sines, then its cosines; the reference has row (y),
    column (x), red, green, blue, first the sines of all, then the cosines of all.
    """
    of_payload = np.arange(5 * 2 * _OCTAVES).reshape(5, 2, _OCTAVES)
    return of_payload[[1, 0, 2, 3, 4]].transpose(1, 0, 2).ravel()
