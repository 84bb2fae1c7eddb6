"""A small network that predicts a gain map from place and colour: like Gain-MLP, and of its size, but not a copy of it.

What is taken from that work is its idea: 10 KB of weights for one picture; the inputs are the place and the colour of
a pixel of the lesser rendition; the output is an exponent, so that the gain is a power. What is not known from the
text at hand (layers, encoding, loss, number formats, training) is filled in with the network of the GamutMLP paper:
12 octaves of sines and cosines, two hidden layers of 32, no biases, 4,960 weights, here as float16; 9,000 steps of
Adam at 1e-3. The exponent is the logarithmic gain of :mod:`benchmarks.rivals.gain_map` in linear ProPhoto, and the
loss is the squared error of the restored colours. Half of every batch is drawn among the out-of-gamut pixels.

References:
    "Gain-MLP: Improving HDR Gain Map Encoding via a Lightweight MLP", ICCV 2025, arXiv 2503.11883.
"""

import numpy as np
import torch
from torch import nn

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.paper.coordinate import Pixels, clock, painted, train
from benchmarks.paper.method import Clipped, Metadata, Method, Plan, Setting, steps_note
from benchmarks.rivals.gain_map import OFFSET, apply_gain
from benchmarks.rivals.reference import SHAPES, octaves, pack, unpack

PLAN = Plan(steps=9_000, rate=1e-3, batch=1 << 14)
_LOSS_SCALE = 1e3
"""Keeps the gradients of tiny errors far above Adam's epsilon."""


class GainMlp(Clipped):
    """The row; see the module."""

    key = "gain-mlp-like"
    title = "Gain-MLP-like network, 10 KB"
    group = "rival"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        start = clock(setting.device)
        pixels = Pixels.of(wide, codes, setting)
        # What the gain multiplies: the clipped colour, lifted above zero.
        above = apply_gain("log gain", pixels.clipped.cpu().numpy(), np.zeros(1, np.float32)) + OFFSET
        lifted = torch.from_numpy(above).to(setting.device)
        network, half = _network(setting), PLAN.batch // 2

        def loss_of(generator: torch.Generator) -> torch.Tensor:
            index = torch.cat([pixels.draw(half, generator), pixels.draw_outside(half, generator)])
            gain = network(_features(pixels.places_at(index), pixels.clipped[index]))
            restored = lifted[index] * torch.exp2(gain) - float(OFFSET)
            return _LOSS_SCALE * ((restored - pixels.wide[index]) ** 2).mean()

        steps = train(network, loss_of, PLAN, setting)
        weights = [parameter.detach().cpu().numpy() for parameter in network.parameters()]
        note = f"120-32-32-3, float16, batch {PLAN.batch:,}, {steps_note(steps, PLAN.steps)}"
        return Metadata(pack(weights, "float16"), clock(setting.device) - start, note)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        network = _network(setting)
        with torch.no_grad():
            for parameter, weight in zip(network.parameters(), unpack(data, SHAPES), strict=True):
                parameter.copy_(torch.from_numpy(weight))

        def restore(places: torch.Tensor, clipped: Floats) -> Floats:
            colours = torch.from_numpy(clipped.reshape(-1, 3)).to(setting.device)
            gain = network(_features(places, colours)).cpu().numpy().reshape(clipped.shape)
            return apply_gain("log gain", clipped, gain)

        return painted(codes, setting, restore)


def _features(places: torch.Tensor, clipped: torch.Tensor) -> torch.Tensor:
    """Place on [-1, 1], (N, 2), and clipped linear ProPhoto, (N, 3), to (N, 120)."""
    return octaves(torch.cat([places, clipped * 2 - 1], -1))


def _network(setting: Setting) -> nn.Module:
    """A network that starts without any gain, and else at random, the same on every device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(setting.seed)
        first, second, last = (nn.Linear(inputs, outputs, bias=False) for outputs, inputs in SHAPES)
    nn.init.zeros_(last.weight)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last).to(setting.device)


def methods() -> list[Method]:
    return [GainMlp()]
