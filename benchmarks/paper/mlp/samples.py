"""The pixels that the network learns from: every fifth out-of-gamut and every fiftieth other one, as in the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from benchmarks.rivals.method import clipped_linear, linear_of, out_of_gamut_mask
from benchmarks.rivals.reference import coordinates
from gamutmeta.color.strips import row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["Samples", "draw", "og_mask"]

_EVERY_OG, _EVERY_OTHER = 5, 50


class Samples(NamedTuple):
    """What the network sees, and what it is to answer."""

    inputs: torch.Tensor
    """Row, column, red, green, blue of the clipped picture in linear ProPhoto, all on [-1, 1]: float32 (N, 5)."""
    targets: torch.Tensor
    """What the photograph has more than the clipped picture, on that scale (twice the linear value): float32 (N, 3)."""


def og_mask(wide: NDArray[np.uint16], adaptation: Adaptation) -> NDArray[np.bool_]:
    """Which pixels of ROMM codes, uint16 (H, W, 3), are out of gamut: booleans (H, W)."""
    result = np.empty(wide.shape[:2], np.bool_)
    for rows in row_strips(*wide.shape[:2]):
        result[rows] = out_of_gamut_mask(linear_of(wide[rows]), adaptation)
    return result


def draw(wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation, device: str) -> Samples:
    """The samples of a photograph, ROMM codes uint16 (H, W, 3), reduced to sRGB codes uint8 (H, W, 3).

    Raises:
        ValueError: if the two differ in size.
    """
    if wide.shape != codes.shape:
        raise ValueError(f"the photograph's shape {wide.shape} is not the codes' {codes.shape}")
    height, width, _ = wide.shape
    mask = og_mask(wide, adaptation)
    index = np.concatenate([np.flatnonzero(mask)[::_EVERY_OG], np.flatnonzero(~mask)[::_EVERY_OTHER]])
    row, column = np.divmod(index, width)
    clipped = clipped_linear(codes[row, column], adaptation)
    places = np.stack([coordinates(row, height), coordinates(column, width)], -1)
    inputs = np.concatenate([places, clipped * 2 - 1], -1)
    targets = (linear_of(wide[row, column]) - clipped) * 2
    return Samples(torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device))
