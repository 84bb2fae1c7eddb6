"""SIREN: a network with sines for activations that knows nothing of a pixel but its place.

Three rows. SIREN paints the wide-gamut photograph itself; SIREN-residual what is to be added to the clipped one; and
SIREN-small-residual the same with fewer parameters. All of it in linear ProPhoto, scaled from [0, 1] to [-1, 1].

The sizes are the paper's. Five layers of 256 with biases are 198,915 parameters, 795,660 bytes: its 796 KB, if a KB is
1,000 bytes and nothing but parameters counts. Of the small network only the 69 KB are known here. Counted alike, no
five layers give them (width 74 has 68,388 bytes, 75 has 70,212), and of all widths that are powers of two only 128
does: three layers, 17,283 parameters, 69,132 bytes.

Initialisation, frequency and learning rate are SIREN's own. Its training takes all pixels at every step, which a
photograph of 12 megapixels forbids: here they are drawn, uniformly, and their number is this benchmark's choice. So is
linear light, in which the errors are measured.

References:
    Sitzmann, Martel, Bergman, Lindell, Wetzstein: "Implicit Neural Representations with Periodic Activation
    Functions", NeurIPS 2020, section 3.2 and the supplement, 1.5.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.paper.coordinate import Pixels, clock, painted, parameters_from, parameters_of, train
from benchmarks.paper.method import Clipped, Metadata, Method, Plan, Setting, steps_note

OMEGA = 30.0
"""Frequency of the sines, of the first layer and of the others."""
PLAN = Plan(steps=9_000, rate=1e-4, batch=1 << 14)
"""The steps are those of every row that the paper optimises from a random start."""


class Siren(nn.Module):
    """2 inputs, `layers` of equal `width`: with sines, and 3 linear outputs at the end."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        sizes = [2, *[width] * (layers - 1), 3]
        linear = [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(sizes)]
        for number, layer in enumerate(linear):
            inputs = layer.in_features
            bound = 1 / inputs if number == 0 else math.sqrt(6 / inputs) / OMEGA
            nn.init.uniform_(layer.weight, -bound, bound)
        self.layers = nn.ModuleList(linear)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """Row and column on [-1, 1], (N, 2), to (N, 3)."""
        for layer in self.layers[:-1]:
            places = torch.sin(OMEGA * layer(places))
        result: torch.Tensor = self.layers[-1](places)
        return result


@dataclass(frozen=True, slots=True)
class SirenMethod(Clipped):
    """One row: a network that predicts the picture, or (`residual`) what to add to the clipped one."""

    key: str
    title: str
    width: int
    layers: int
    residual: bool
    group: str = "optimised"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        start = clock(setting.device)
        pixels = Pixels.of(wide, codes, setting)
        network = self._network(setting)

        def loss_of(generator: torch.Generator) -> torch.Tensor:
            index = pixels.draw(PLAN.batch, generator)
            wanted = pixels.wide[index] - pixels.clipped[index] if self.residual else pixels.wide[index] - 0.5
            loss: torch.Tensor = ((network(pixels.places_at(index)) - 2 * wanted) ** 2).mean()
            return loss

        steps = train(network, loss_of, PLAN, setting)
        note = f"{self.layers} layers of {self.width}, batch {PLAN.batch:,}, {steps_note(steps, PLAN.steps)}"
        return Metadata(parameters_of(network), clock(setting.device) - start, note)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        network = self._network(setting)
        parameters_from(network, data)
        network.to(setting.device)

        def restore(places: torch.Tensor, clipped: Floats) -> Floats:
            made = (network(places) / 2).reshape(clipped.shape).cpu().numpy()
            restored: Floats = (clipped if self.residual else np.float32(0.5)) + made
            return restored

        return painted(codes, setting, restore)

    def _network(self, setting: Setting) -> Siren:
        """A network with random parameters, the same on every device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(setting.seed)
            network = Siren(self.width, self.layers)
        network.to(setting.device)
        return network


def methods() -> list[Method]:
    return [
        SirenMethod("siren", "SIREN, 796 KB", 256, 5, residual=False),
        SirenMethod("siren-residual", "SIREN-residual, 796 KB", 256, 5, residual=True),
        SirenMethod("siren-small-residual", "SIREN-small-residual, 69 KB", 128, 3, residual=True),
    ]
