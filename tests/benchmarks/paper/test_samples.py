from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper.method import clip_codes
from benchmarks.paper.mlp.samples import draw, og_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, SRGB, expansion_matrix, reduction_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.paper.method import Setting


def test_every_fifth_outside_and_every_fiftieth_inside(wide: NDArray[np.uint16], setting: Setting) -> None:
    linear = PROPHOTO.decode(wide / 65535)
    srgb = linear @ reduction_matrix(Adaptation.CAT02).T
    outside = ((srgb < 0) | (srgb > 1)).any(-1) & ~(srgb < 0).all(-1) & ~(srgb > 1).all(-1)
    # float32 and float64 may differ where a value is at the border.
    assert (og_mask(wide, Adaptation.CAT02) != outside).mean() < 1e-3
    mask = og_mask(wide, Adaptation.CAT02)
    codes = clip_codes(wide, setting)
    samples = draw(wide, codes, Adaptation.CAT02, "cpu")
    inside = -(-np.count_nonzero(mask) // 5)
    assert len(samples.inputs) == inside + -(-np.count_nonzero(~mask) // 50)
    # The sixth out-of-gamut pixel is the second sample.
    row, column = np.argwhere(mask)[5]
    clipped = SRGB.decode(codes[row, column] / 255) @ expansion_matrix(Adaptation.CAT02).T
    height, width = mask.shape
    place = [row / (height - 1) * 2 - 1, column / (width - 1) * 2 - 1]
    np.testing.assert_allclose(samples.inputs[1], [*place, *(clipped * 2 - 1)], atol=1e-6)
    np.testing.assert_allclose(samples.targets[1], (linear[row, column] - clipped) * 2, atol=1e-6)


def test_pictures_of_two_sizes_are_refused(wide: NDArray[np.uint16]) -> None:
    with pytest.raises(ValueError, match="is not the codes'"):
        draw(wide, np.zeros((2, 2, 3), np.uint8), Adaptation.CAT02, "cpu")
