"""Converts trained float tensors to stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gamutmeta.container import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["quantise_grid", "quantise_weights"]

_TINY = 1e-30
"""A tensor without larger values is stored as zeros: its scale would be outside the range of the specification."""


def quantise_weights(values: NDArray[np.float32], kind: Literal["int8", "float16"]) -> Tensor:
    """One MLP tensor: float16, or int8 with the scale that maps the largest magnitude to 127."""
    if kind == "float16":
        return Tensor(values.astype(np.float16), None)
    largest = float(np.abs(values).max())
    scale = float(np.float32(largest / 127)) if largest > _TINY else 1.0
    return Tensor(np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale)


def quantise_grid(steps: NDArray[np.float32], step: float) -> Tensor:
    """The grid, given in units of its quantisation step."""
    return Tensor(np.clip(np.rint(steps), -127, 127).astype(np.int8), float(np.float32(step)))
