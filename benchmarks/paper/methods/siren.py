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

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from benchmarks.paper.coordinate import (
    Pixels,
    clock,
    parameters_from,
    parameters_of,
    places_of,
    steps_note,
    train,
)
from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from benchmarks.paper.mlp.training import Plan
from benchmarks.rivals.method import clipped_linear, romm_codes
from gamutmeta.color.strips import row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OMEGA", "Siren", "SirenMethod", "methods"]

OMEGA = 30.0
"""Frequency of the sines, of the first layer and of the others."""
PLAN = Plan(steps=9_000, rate=1e-4, batch=1 << 14)
"""The steps are those of every row that the paper optimises from a random start."""
_STRIP_PIXELS = 1 << 16


class Siren(nn.Module):
    """2 inputs, layers of equal width with sines, 3 linear outputs.

    Args:
        width: of each layer.
        layers: with weights, the linear one at the end among them.
    """

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
class SirenMethod:
    """One row.

    Attributes:
        key, title: of the row.
        width, layers: of the network.
        residual: whether it predicts what to add to the clipped picture, instead of the picture.
    """

    key: str
    title: str
    width: int
    layers: int
    residual: bool
    group: str = "optimised"

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`."""
        start = clock(setting.device)
        pixels = Pixels.of(wide, codes, setting)
        network = self._network(setting)

        def loss_of(generator: torch.Generator) -> torch.Tensor:
            index = pixels.draw(PLAN.batch, generator)
            wanted = pixels.wide[index] - pixels.clipped[index] if self.residual else pixels.wide[index] - 0.5
            loss: torch.Tensor = ((network(pixels.places_at(index)) - 2 * wanted) ** 2).mean()
            return loss

        steps = PLAN.quickened(setting.quick)
        train(network, loss_of, steps=steps, rate=PLAN.rate, setting=setting)
        data = parameters_of(network)
        note = f"{self.layers} layers of {self.width}, batch {PLAN.batch:,}, {steps_note(steps, PLAN.steps)}"
        return Metadata(data, clock(setting.device) - start, note)

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`."""
        height, width, _ = codes.shape
        network = self._network(setting)
        parameters_from(network, data)
        network.to(setting.device)
        rows, columns = places_of(height, width, setting.device)
        result = np.empty(codes.shape, np.uint16)
        with torch.inference_mode():
            for strip in row_strips(height, width, _STRIP_PIXELS):
                places = torch.cartesian_prod(rows[strip], columns)
                painted = (network(places) / 2).reshape(-1, width, 3).cpu().numpy()
                base = clipped_linear(codes[strip], setting.adaptation) if self.residual else np.float32(0.5)
                result[strip] = romm_codes(base + painted)
        return result

    def _network(self, setting: Setting) -> Siren:
        """A network with random parameters, the same on every device."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(setting.seed)
            network = Siren(self.width, self.layers)
        network.to(setting.device)
        return network


def methods() -> list[Method]:
    """The rows, in the order of the paper's table."""
    return [
        SirenMethod("siren", "SIREN, 796 KB", 256, 5, residual=False),
        SirenMethod("siren-residual", "SIREN-residual, 796 KB", 256, 5, residual=True),
        SirenMethod("siren-small-residual", "SIREN-small-residual, 69 KB", 128, 3, residual=True),
    ]
