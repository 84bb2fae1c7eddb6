"""Reptile: move the start towards where a few steps of gradient descent on one task lead, task after task.

The difference between the start and the weights after the inner steps is taken for a gradient, with which Adam makes
the outer step, as the authors of Reptile suggest.

References:
    Nichol, Achiam, Schulman: "On First-Order Meta-Learning Algorithms", 2018, algorithm 1 and section 3.
    Tancik et al.: "Learned Initializations for Optimizing Coordinate-Based Neural Representations", CVPR 2021.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.paper.meta.tasks import draw_task
from benchmarks.rivals.reference import OUTPUT_SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.paper.meta.tasks import Task
    from benchmarks.paper.training_set import Picture

__all__ = ["Recipe", "Reptile", "predict", "random_start"]

_INPUTS = 120


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a start is learned.

    Attributes:
        width: of the two hidden layers.
        steps: outer steps; each sees one crop.
        seed: of the random start and of all draws.
        inner_steps: of gradient descent on a crop.
        inner_rate: its learning rate.
        outer_rate: Adam's learning rate of the outer steps; falls to zero as a cosine does.
        position_decay: share by which the weights of the position's features shrink in an outer step, relative to the
            learning rate: what no photograph has in common with the next should not stand in the start.
        batch: pixels for each inner step.
        crop: side of the crops, pixels.
        loss_scale: factor on the mean squared error, as everywhere in these benchmarks.
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

    def facts(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


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


class Reptile:
    """The training; its randomness depends on the seed and the number of the step alone, so that it can be resumed.

    Attributes:
        recipe: how.
        done: outer steps taken.
        start: the present start weights.
    """

    def __init__(self, recipe: Recipe, pictures: Sequence[Picture], device: torch.device) -> None:
        self.recipe, self.done = recipe, 0
        self.start = [weight.to(device) for weight in random_start(recipe.width, recipe.seed)]
        self._pictures, self._device = pictures, device
        self._adam = torch.optim.Adam(self.start, lr=recipe.outer_rate)
        # Adam makes its moments at the first step; they are wanted before, so that a checkpoint can fill them.
        for weight in self.start:
            self._adam.state[weight] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }

    def step(self) -> float:
        """One outer step; the loss on its crop before the inner steps."""
        recipe = self.recipe
        rng = np.random.default_rng((recipe.seed, self.done))
        crop = self._pictures[self.done % len(self._pictures)].crop(recipe.crop, rng)
        tasks = draw_task(crop, recipe.inner_steps * recipe.batch, rng, self._device)
        adapted, loss = self._adapt(tasks)
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

    def _adapt(self, tasks: Task) -> tuple[list[torch.Tensor], float]:
        """Weights after the inner steps, and the loss before them."""
        recipe, losses = self.recipe, []
        weights = [weight.clone().requires_grad_() for weight in self.start]
        for start in range(0, len(tasks.features), recipe.batch):
            features, targets = (every[start : start + recipe.batch] for every in (tasks.features, tasks.targets))
            loss = recipe.loss_scale * (predict(weights, features) - targets).square().mean()
            gradients = torch.autograd.grad(loss, weights)
            losses.append(loss.detach())
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight.sub_(recipe.inner_rate * gradient)
        return [weight.detach() for weight in weights], float(losses[0])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the training needs to go on, by name."""
        kept: dict[str, NDArray[Any]] = {"done": np.array(self.done)}
        for k, weight in enumerate(self.start):
            moments = self._adam.state[weight]
            kept[f"weight{k}"] = weight.cpu().numpy().copy()
            kept |= {f"{name}{k}": moments[name].cpu().numpy().copy() for name in ("exp_avg", "exp_avg_sq")}
        return kept

    @torch.no_grad()
    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from :meth:`arrays`."""
        self.done = int(arrays["done"])
        for k, weight in enumerate(self.start):
            moments = self._adam.state[weight]
            weight.copy_(torch.from_numpy(arrays[f"weight{k}"]))
            moments["step"].fill_(self.done)
            for name in ("exp_avg", "exp_avg_sq"):
                moments[name].copy_(torch.from_numpy(arrays[f"{name}{k}"]))
