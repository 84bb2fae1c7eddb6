"""Learned start weights of the paper's model, and their two layouts.

``weights/paper-<width>.npz`` holds float16 tensors as a payload names and lays them out; ``paper-<width>.json`` beside
it the recipe and the photographs that they were learned from.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Floats
from benchmarks.paper.training_set import WEIGHTS
from benchmarks.rivals.reference import OUTPUT_SCALE

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
