"""Learned start weights of the paper's model: data that comes with the package, read when a fit asks for it.

Beside each ``paper-<width>.npz`` lies a JSON file with the recipe and the list of photographs it was learned from.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["learned_start"]

_INPUTS, _OUTPUTS = 120, 3
"""Of the paper's model: 12 octaves of sines and cosines of five numbers; three channels."""


@cache
def learned_start(layer_widths: tuple[int, ...]) -> Mapping[str, NDArray[np.float32]] | None:
    """The learned start of the paper's model with these layer widths.

    Args:
        layer_widths: from the inputs to the outputs, as in ``Descriptor.layer_widths``.

    Returns:
        The tensors by name as a payload has them, float32, read-only; None where no start was learned.
    """
    inputs, *hidden, outputs = layer_widths
    if (inputs, outputs) != (_INPUTS, _OUTPUTS) or len(hidden) != 2 or hidden[0] != hidden[1]:
        return None
    file = resources.files(__name__) / f"paper-{hidden[0]}.npz"
    if not file.is_file():
        return None
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        tensors = {name: stored[name].astype(np.float32) for name in stored.files}
    for tensor in tensors.values():
        tensor.setflags(write=False)
    return tensors
