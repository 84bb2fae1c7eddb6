from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.rivals.method import (
    SearchPixels,
    clipped_linear,
    linear_of,
    out_of_gamut_mask,
    romm_codes,
    squared_error,
)
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_codes_survive_linear_light(wide: NDArray[np.uint16]) -> None:
    np.testing.assert_array_equal(romm_codes(linear_of(wide)), wide)


@pytest.mark.parametrize("adaptation", Adaptation)
def test_clipped_is_what_an_expansion_without_a_model_gives(codes: NDArray[np.uint8], adaptation: Adaptation) -> None:
    ours = romm_codes(clipped_linear(codes, adaptation)).astype(int)
    assert np.abs(ours - expand(Descriptor(adaptation=adaptation), {}, codes)).max() <= 1


def test_search_pixels_are_out_of_gamut(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    pixels = SearchPixels.of(wide, codes, Adaptation.BRADFORD, seed=3)
    np.testing.assert_array_equal(pixels.codes, codes[pixels.row, pixels.column])
    np.testing.assert_array_equal(pixels.wanted, linear_of(wide[pixels.row, pixels.column]))
    assert out_of_gamut_mask(pixels.wanted, Adaptation.BRADFORD).all()
    # All of them, since they are few here; each once.
    assert len(pixels.row) == np.count_nonzero(out_of_gamut_mask(linear_of(wide), Adaptation.BRADFORD))
    assert len(set(zip(pixels.row.tolist(), pixels.column.tolist(), strict=True))) == len(pixels.row)


def test_search_pixels_of_a_photograph_inside_srgb() -> None:
    grey = np.full((4, 5, 3), 20_000, np.uint16)
    pixels = SearchPixels.of(grey, np.zeros((4, 5, 3), np.uint8), Adaptation.BRADFORD, seed=0)
    assert len(pixels.row) == 20


def test_squared_error_clips_what_was_restored() -> None:
    wanted = np.array([[0.0, 1.0, 0.5]], np.float32)
    restored = np.array([[-3.0, 7.0, 0.8]], np.float32)
    assert squared_error(restored, wanted) == pytest.approx(0.03)
