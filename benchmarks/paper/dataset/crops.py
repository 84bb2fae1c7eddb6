"""Pieces of a photograph with much colour outside sRGB, to train networks on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta.color.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["Crop", "crops_of", "og_mask"]


class Crop(NamedTuple):
    """A square piece: its upper left corner in pixels, and its out-of-gamut share in percent."""

    top: int
    left: int
    og_percent: float


def og_mask(wide: NDArray[np.uint16], adaptation: Adaptation) -> NDArray[np.bool_]:
    """Which pixels of a photograph, ROMM RGB, uint16 (H, W, 3), lie outside sRGB: booleans (H, W)."""
    mask = np.empty(wide.shape[:2], np.bool_)

    def work(rows: slice) -> None:
        mask[rows] = out_of_gamut_mask(linear_of(wide[rows]), adaptation)

    for_each_strip(work, *wide.shape[:2])
    return mask


def crops_of(mask: NDArray[np.bool_], side: int, *, min_og: float, most: int, seed: int) -> list[Crop]:
    """Squares that do not overlap, in a mesh in the middle of the photograph.

    Args:
        mask: which pixels are out of gamut, booleans (H, W).
        side: of the squares, pixels.
        min_og: out-of-gamut share that they have at least, percent.
        most: how many are taken at most, by chance where there are more.
        seed: of the chance.

    Returns:
        From top to bottom and left to right; none where the photograph is smaller than a square.
    """
    height, width = mask.shape
    tops, lefts = ((size % side) // 2 + side * np.arange(size // side) for size in (height, width))
    found = [
        Crop(int(top), int(left), 100 * float(mask[top : top + side, left : left + side].mean()))
        for top in tops
        for left in lefts
    ]
    found = [crop for crop in found if crop.og_percent >= min_og]
    if len(found) > most:
        chosen = np.random.default_rng(seed).choice(len(found), most, replace=False)
        found = [found[number] for number in sorted(chosen)]
    return found
