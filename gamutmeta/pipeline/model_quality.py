"""Measures how well models restore a photograph, without the whole restored picture in memory."""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.measure.quality import Quality, StripSums
from gamutmeta.model.expand import STRIP_PIXELS, StripExpander
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["measure_models"]


def measure_models(
    original: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    models: Sequence[tuple[Descriptor, Mapping[str, Floats]]],
    adaptation: Adaptation = Adaptation.BRADFORD,
    *,
    threads: int | None = None,
    apart: int = 1,
    compiled: bool | None = None,
) -> list[Quality]:
    """Expand a picture by each of several models and measure the results, strip by strip.

    Args:
        original: ROMM RGB, uint16 (H, W, 3).
        codes: the sRGB picture, uint8 (H, W, 3).
        models: architectures and their tensors, as for :func:`gamutmeta.model.expand.expand`.
        adaptation: of the matrix that decides which pixels are out of gamut.
        threads: how many to use; None for one per core.
        apart: which strips of rows count: every one, every second one, and so on.
        compiled: as for :func:`gamutmeta.model.expand.expand`.

    Returns:
        The figures of each model.
    """
    height, width = codes.shape[:2]
    expanders = [StripExpander(*model, height, width, compiled=compiled) for model in models]
    sums = [StripSums(original, adaptation, compiled=compiled) for _ in models]
    buffers, strips = local(), list(row_strips(height, width, STRIP_PIXELS))[::apart]

    def work(numbers: slice) -> None:
        for rows in strips[numbers]:
            measure(rows)

    def measure(rows: slice) -> None:
        part = codes[rows]
        if getattr(buffers, "shape", None) != part.shape:
            buffers.shape, buffers.restored = part.shape, np.empty(part.shape, np.uint16)
        for expander, sum_ in zip(expanders, sums, strict=True):
            expander(part, rows.start, buffers.restored)
            sum_.add(rows, buffers.restored)

    for_each_strip(work, len(strips), 1, pixels=1, threads=threads)
    return [sum_.quality() for sum_ in sums]
