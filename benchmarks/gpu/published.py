"""The paper's own sizes and settings on the GPU, by :mod:`benchmarks.paper`: 23 and 53 KB, random and learned start.

Le, Price, Cohen, Brown, CVPR 2023, section 4: 9,000 steps from random weights, 1,200 from learned ones.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.harness import Row
from benchmarks.paper.method import Setting
from benchmarks.paper.methods import mlp
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import measure

_DEVICE = "cuda"

_ROWS = ("mlp-23kb", "mlp-23kb-meta", "mlp-53kb", "mlp-53kb-meta")

_WARM_UP = 1e-9
"""Share of the steps that is taken before, which does not count; it comes to one step."""


def papers(wide: NDArray[np.uint16], megapixels: float, repeat: int, quick: float = 1.0) -> Iterator[Row]:
    """Rows of fit and expansion by each; `quick` is the share of the steps that is taken."""
    setting = Setting(device=_DEVICE, seed=0, quick=quick, truncate=False, adaptation=Adaptation.CAT02)
    known = {method.key: method for method in mlp.methods()}
    for method in (known[key] for key in _ROWS if key in known):
        method.reduce(wide, replace(setting, quick=_WARM_UP))
        fits, expansions = [], []
        for _ in range(repeat):
            codes, metadata = method.reduce(wide, setting)
            fits.append(metadata.seconds)
            method.expand(codes, metadata.data, setting)
            torch.cuda.synchronize()
            start = time.perf_counter()
            restored = method.expand(codes, metadata.data, setting)
            expansions.append(time.perf_counter() - start)
        yield {
            "part": "paper", "task": method.title, "megapixels": megapixels, "metadata": len(metadata.data),
            "note": metadata.note, "best": min(fits), "median": median(fits), "expand": min(expansions),
            "rounds": repeat, "psnr_og": measure(wide, restored, setting.adaptation).psnr_og,
        }  # fmt: skip
