from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.measure.difference import MAP_SIDE, color_differences, pixel_grid, scale_end

if TYPE_CHECKING:
    from types import ModuleType

GREY, RED = (30_000, 30_000, 30_000), (65_535, 0, 0)


def picture(*pixels: tuple[int, int, int]) -> np.ndarray:
    return np.array([pixels], np.uint16)


def test_each_picture_is_compared_with_the_original(colour: ModuleType) -> None:
    original, other = picture(GREY, RED), picture(GREY, (60_000, 5_000, 0))
    differences = color_differences(original, [original, other], Adaptation.BRADFORD)
    assert [error.shape for error in differences.errors] == [(1, 2)] * 2
    assert differences.og.tolist() == [[False, True]]
    assert not differences.errors[0].any()
    romm = colour.models.RGB_COLOURSPACE_PROPHOTO_RGB
    lab = [
        colour.XYZ_to_Lab(colour.RGB_to_XYZ(p[0] / 65535, romm, apply_cctf_decoding=True), romm.whitepoint)
        for p in (original, other)
    ]
    assert np.allclose(differences.errors[1][0], colour.delta_E(*lab, method="CIE 2000"), atol=0.02)


@pytest.mark.parametrize(
    ("size", "expected"), [((1, 1000), (1, 1000)), ((1001, 3), (501, 2)), ((900, 4001), (180, 801))]
)
def test_the_grid_is_of_single_pixels(size: tuple[int, int], expected: tuple[int, int]) -> None:
    array = np.arange(size[0] * size[1] * 3, dtype=np.uint32).astype(np.uint16).reshape(*size, 3)
    grid = pixel_grid(array)
    assert grid.shape == (*expected, 3)
    assert max(grid.shape) <= MAP_SIDE
    assert np.shares_memory(grid, array)
    assert pixel_grid(array, 1).shape == (1, 1, 3)


def test_scales_end_at_round_numbers_that_show_nearly_all() -> None:
    assert [scale_end(np.full(9, value)) for value in (0.0, 1.0, 1.1, 30.0, 400.0)] == [1, 1, 2, 40, 100]
    assert scale_end(np.array([50.0, *[0.5] * 999])) == 1


def test_means_and_the_end_of_the_scale() -> None:
    differences = color_differences(picture(GREY, RED), [picture(GREY, (60_000, 5_000, 0))], Adaptation.BRADFORD)
    (errors,) = differences.errors
    assert differences.mean(0) == errors.mean()
    assert differences.mean_og(0) == errors[0, 1]
    assert differences.top == scale_end(errors)
    assert color_differences(picture(GREY), [picture(GREY)], Adaptation.BRADFORD).mean_og(0) is None
