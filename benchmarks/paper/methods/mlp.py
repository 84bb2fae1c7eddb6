"""The paper's network, every size and variant of it: Tables 1, 2 and 3, and Figure 8.

The network sees the place and the clipped colour of a pixel through 12 octaves of sines and cosines, and predicts what
to add to the colour; its weights, float32, are the metadata. Sizes and padding are those of the fast implementation
(:class:`~benchmarks.paper.mlp.network.Layout`), the arithmetic is float32 by torch on CPU and CUDA: the paper's code
multiplies in float16 on CUDA alone. Where the paper does not name the batch, the released code's 65,536 is taken.

References:
    Le, Price, Cohen, Brown, CVPR 2023, sections 3 and 4: three linear layers, two of them with ReLU; Adam with a rate
    of 1e-3 for 9,000 steps, or 1,200 from learned start weights. Its released code: rate 5e-3, 10,000 steps.
    Müller: tiny-cuda-nn, for the padding and the start values.
"""

import time
import zlib
from dataclasses import dataclass

import torch

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Plan, Setting, steps_note
from benchmarks.paper.mlp.network import Layout, Network
from benchmarks.paper.mlp.training import expand, train
from benchmarks.paper.reptile import load_start, start_photographs
from benchmarks.rivals.reference import samples_of

PAPER = Plan(steps=9_000, rate=1e-3)
RELEASED = Plan(steps=10_000, rate=5e-3)
_META_STEPS = 1_200

TABLE_2 = ("mlp-23kb-xy", "mlp-23kb-rgb", "mlp-23kb")
"""Inputs: the place, the colour, both."""
TABLE_3 = ("mlp-53kb-raw", "mlp-53kb", "mlp-23kb-raw", "mlp-23kb")
"""Without and with the encoding."""
FIGURE_8 = ("mlp-137kb", "mlp-53kb", "mlp-23kb", "mlp-11kb")
"""Sizes."""


@dataclass(frozen=True, slots=True)
class Mlp(Clipped):
    """One row: a network of a layout, trained by a plan, from random or (`learned`) from learned weights."""

    key: str
    title: str
    layout: Layout
    plan: Plan = PAPER
    learned: bool = False
    group: str = "optimised"

    @property
    def version(self) -> int:
        """Changes with the learned start weights."""
        start = load_start(self.layout.width) if self.learned else None
        return 1 if start is None else zlib.crc32(b"".join(matrix.tobytes() for matrix in start))

    @property
    def learned_from(self) -> frozenset[str]:
        """Names of the photographs that the start was learned from."""
        return start_photographs(self.layout.width) if self.learned else frozenset()

    @property
    def absent(self) -> str:
        """Why the row cannot be measured, or nothing."""
        if not self.learned or load_start(self.layout.width) is not None:
            return ""
        return f"no learned start weights of width {self.layout.width}; benchmarks.paper.train_meta makes them"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        """The seconds are those of drawing the samples and of the training; on CUDA until all of it has been done."""
        start = time.perf_counter()
        steps = self.plan.quickened(setting.quick)
        inputs, added = samples_of(wide, codes, setting.adaptation)
        samples = inputs.to(setting.device), (added * 2).to(setting.device)
        network = self._start(setting)
        train(network, samples, self.plan, steps, torch.Generator(setting.device).manual_seed(setting.seed))
        data = self.layout.to_bytes(network.tensors())
        begun, done = ", learned start" if self.learned else "", steps_note(steps, self.plan.steps)
        note = f"{self.layout}{begun}, {done} of {self.plan.batch:,}, Adam {self.plan.rate:g}"
        return Metadata(data, time.perf_counter() - start, note)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        tensors = [torch.from_numpy(tensor) for tensor in self.layout.from_bytes(data)]
        return expand(Network(self.layout, tensors, setting.device), codes, setting.adaptation, setting.device)

    def _start(self, setting: Setting) -> Network:
        if not self.learned:
            return Network.random(self.layout, torch.Generator().manual_seed(setting.seed), setting.device)
        start = load_start(self.layout.width)
        if start is None:
            raise ValueError(f"{self.key}: {self.absent}")
        return Network.started(self.layout, start, setting.device)


def methods() -> list[Method]:
    sizes = {"53kb": 64, "23kb": 32}
    rows: list[Method] = [Mlp("mlp-48kb", "MLP + enc., plain layers (48 KB)", Layout(64, padded=False))]
    titles = {size: f"MLP + enc. ({size[:-2]} KB)" for size in sizes}
    rows += [Mlp(f"mlp-{size}", titles[size], Layout(width)) for size, width in sizes.items()]
    for size, width in sizes.items():
        rows.append(Mlp(f"mlp-{size}-released", f"{titles[size]}, released settings", Layout(width), RELEASED))
    for size, width in sizes.items():
        for end, words, rate in (("", "", PAPER.rate), ("-released", ", released rate", RELEASED.rate)):
            plan, title = Plan(_META_STEPS, rate), f"{titles[size]} + meta{words}"
            rows.append(Mlp(f"mlp-{size}-meta{end}", title, Layout(width), plan, learned=True))
    return [
        *rows,
        Mlp("mlp-23kb-xy", "xy", Layout(32, "xy")),
        Mlp("mlp-23kb-rgb", "RGB", Layout(32, "RGB")),
        Mlp("mlp-53kb-raw", "width 64 without encoding", Layout(64, encoded=False)),
        Mlp("mlp-23kb-raw", "width 32 without encoding", Layout(32, encoded=False)),
        Mlp("mlp-137kb", "MLP + enc. (137 KB)", Layout(128)),
        Mlp("mlp-11kb", "MLP + enc. (11 KB)", Layout(16)),
    ]
