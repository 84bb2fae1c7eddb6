from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from paper_rows import SETTING

from benchmarks.paper.coordinate import Pixels, steps_note
from benchmarks.paper.method import clip_codes
from benchmarks.rivals.method import linear_of, out_of_gamut_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_steps() -> None:
    assert steps_note(9_000, 9_000) == "9,000 steps"
    assert steps_note(900, 9_000) == "quick: 900 of 9,000 steps"


def test_pixels_are_those_of_the_photograph(wide: NDArray[np.uint16]) -> None:
    pixels = Pixels.of(wide, clip_codes(wide, SETTING), SETTING)
    height, width, _ = wide.shape
    np.testing.assert_array_equal(pixels.wide.reshape(height, width, 3).numpy(), linear_of(wide))
    mask = out_of_gamut_mask(linear_of(wide), SETTING.adaptation)
    generator = torch.Generator().manual_seed(0)
    assert mask.ravel()[pixels.draw_outside(500, generator).numpy()].all()
    assert 0 < mask.ravel()[pixels.draw(500, generator).numpy()].mean() < 1
    corners = pixels.places_at(torch.tensor([0, width - 1, (height - 1) * width])).numpy()
    np.testing.assert_array_equal(corners, [[-1, -1], [-1, 1], [1, -1]])


def test_a_photograph_inside_srgb_draws_from_all() -> None:
    grey = np.full((5, 7, 3), 30_000, np.uint16)
    pixels = Pixels.of(grey, clip_codes(grey, SETTING), SETTING)
    assert len(pixels.outside) == 0
    assert len(pixels.draw_outside(9, torch.Generator().manual_seed(0))) == 9
