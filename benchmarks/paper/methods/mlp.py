"""The paper's network, every size and variant of it: Tables 1, 2 and 3, and Figure 8.

The network sees the place and the clipped colour of a pixel through 12 octaves of sines and cosines, and predicts what
to add to the colour; its weights, float32, are the metadata. Sizes and padding are those of the fast implementation
(:class:`~benchmarks.paper.mlp.layout.Layout`), the arithmetic is float32 by torch on CPU and CUDA: the paper's code
multiplies in float16 on CUDA alone. Where the paper does not name the batch, the released code's 65,536 is taken.

References:
    Le, Price, Cohen, Brown, CVPR 2023, sections 3 and 4: three linear layers, two of them with ReLU; Adam with a rate
    of 1e-3 for 9,000 steps, or 1,200 from learned start weights. Its released code: rate 5e-3, 10,000 steps.
    Müller: tiny-cuda-nn, for the padding and the start values.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from benchmarks.paper.meta.weights import load_start
from benchmarks.paper.method import Metadata, clip_codes
from benchmarks.paper.mlp.expansion import expand
from benchmarks.paper.mlp.layout import Layout
from benchmarks.paper.mlp.network import Network
from benchmarks.paper.mlp.samples import draw
from benchmarks.paper.mlp.training import Plan, train

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.paper.method import Method, Setting

__all__ = ["FIGURE_8", "PAPER", "RELEASED", "TABLE_2", "TABLE_3", "Mlp", "absent", "methods"]

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
class Mlp:
    """One row.

    Attributes:
        key, title: as for every method.
        layout: of the network.
        plan: of its training.
        learned: whether it starts from learned weights; otherwise from random ones.
    """

    key: str
    title: str
    layout: Layout
    plan: Plan = PAPER
    learned: bool = False

    @property
    def group(self) -> str:
        """As for every method."""
        return "optimised"

    @property
    def version(self) -> int:
        """Changes with the learned start weights."""
        start = load_start(self.layout.width) if self.learned else None
        return 1 if start is None else zlib.crc32(b"".join(matrix.tobytes() for matrix in start))

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`.

        The seconds are those of drawing the samples and of the training; on CUDA until all of it has been done.
        """
        start = time.perf_counter()
        steps = self.plan.quickened(setting.quick)
        samples = draw(wide, codes, setting.adaptation, setting.device)
        network = self._start(setting)
        generator = torch.Generator(setting.device).manual_seed(setting.seed)
        train(network, samples, self.plan, steps, generator)
        data = self.layout.to_bytes(network.tensors())
        return Metadata(data, time.perf_counter() - start, self._note(steps))

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`."""
        tensors = [torch.from_numpy(tensor) for tensor in self.layout.from_bytes(data)]
        return expand(Network(self.layout, tensors, setting.device), codes, setting.adaptation, setting.device)

    def _start(self, setting: Setting) -> Network:
        if not self.learned:
            return Network.random(self.layout, torch.Generator().manual_seed(setting.seed), setting.device)
        start = load_start(self.layout.width)
        if start is None:
            raise ValueError(f"{self.key}: {_no_start(self.layout.width)}")
        return Network.started(self.layout, start, setting.device)

    def _note(self, steps: int) -> str:
        plan = self.plan
        done = f"{steps:,} steps" if steps == plan.steps else f"quick: {steps:,} of {plan.steps:,} steps"
        start = ", learned start" if self.learned else ""
        return f"{self.layout}{start}, {done} of {plan.batch:,}, Adam {plan.rate:g}"


def _no_start(width: int) -> str:
    return f"no learned start weights of width {width}; benchmarks.paper.train_meta makes them"


def _every() -> list[Mlp]:
    sizes = {"53kb": 64, "23kb": 32}
    rows = [Mlp("mlp-48kb", "MLP + enc., plain layers (48 KB)", Layout(64, padded=False))]
    for size, width in sizes.items():
        rows.append(Mlp(f"mlp-{size}", f"MLP + enc. ({_spaced(size)})", Layout(width)))
    for size, width in sizes.items():
        title = f"MLP + enc. ({_spaced(size)}), released settings"
        rows.append(Mlp(f"mlp-{size}-released", title, Layout(width), RELEASED))
    for size, width in sizes.items():
        for end, words, rate in (("", "", PAPER.rate), ("-released", ", released rate", RELEASED.rate)):
            title = f"MLP + enc. ({_spaced(size)}) + meta{words}"
            plan = Plan(_META_STEPS, rate)
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


def _spaced(size: str) -> str:
    return f"{size[:-2]} KB"


def methods() -> list[Method]:
    """All rows that can be run, those of Table 1 first."""
    missing = absent()
    return [row for row in _every() if row.key not in missing]


def absent() -> dict[str, str]:
    """The rows that cannot be run, and why not."""
    return {
        row.key: _no_start(row.layout.width) for row in _every() if row.learned and load_start(row.layout.width) is None
    }
