"""One task of the meta-learning: fit the paper's model to a crop, taken as a picture of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.rivals.method import clipped_linear, linear_of
from benchmarks.rivals.reference import coordinates, octaves
from gamutmeta.color.adaptation import Adaptation

if TYPE_CHECKING:
    from benchmarks.paper.training_set import Crop

__all__ = ["Task", "draw_task"]

_IN_GAMUT_CHANCE = 0.1
"""The paper trains on every 5th out-of-gamut and every 50th other pixel."""


@dataclass(frozen=True, slots=True)
class Task:
    """Pixels of one crop.

    Attributes:
        features: inputs of the network, float32 (N, 120), laid out as ``benchmarks.rivals.reference.octaves`` does.
        targets: what to add to the clipped colour, linear ProPhoto, float32 (N, 3).
    """

    features: torch.Tensor
    targets: torch.Tensor


def draw_task(crop: Crop, count: int, rng: np.random.Generator, device: torch.device) -> Task:
    """Draw `count` pixels of the crop, with replacement, out-of-gamut ones ten times as often as the others."""
    height, width = crop.og.shape
    drawn: list[np.ndarray] = []
    while sum(map(len, drawn)) < count:
        at = rng.integers(0, height * width, 4 * count)
        drawn.append(at[crop.og.ravel()[at] | (rng.random(at.shape, np.float32) < _IN_GAMUT_CHANCE)])
    row, column = np.divmod(np.concatenate(drawn)[:count], width)
    clipped = clipped_linear(crop.codes[row, column], Adaptation.CAT02)
    places = np.stack([coordinates(row, height), coordinates(column, width)], -1)
    inputs = torch.from_numpy(np.concatenate([places, clipped * 2 - 1], -1)).to(device)
    targets = torch.from_numpy(linear_of(crop.wide[row, column]) - clipped).to(device)
    return Task(octaves(inputs), targets)
