"""The choice of a shoulder, on a photograph and on pictures for which the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from carrots import CARROTS

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.convert import encode_codes
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.shoulder import stretch_picture
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, expansion_matrix
from gamutmeta.fit.shoulder import choose_shoulder
from gamutmeta.measure.quality import measure
from gamutmeta.measure.visible import visible_change
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.photo.read import read_photo

CLIP = Descriptor()


def chosen(wide: np.ndarray, budget: float) -> tuple[np.ndarray, np.ndarray, Descriptor | None]:
    """Clipped codes, codes with a shoulder, and what expands these without a model."""
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    shoulder = choose_shoulder(wide, codes, (CLIP, {}), budget)
    if shoulder is None:
        return codes, codes, None
    return codes, stretch_picture(wide, codes, Adaptation.BRADFORD, shoulder), replace(CLIP, shoulder=shoulder)


@pytest.mark.parametrize("budget", [0.5, 1.0])
def test_on_a_photograph(budget: float) -> None:
    wide = read_photo(CARROTS).array
    clipped, codes, model = chosen(wide, budget)
    assert model is not None
    before, after = (measure(wide, expand(m, {}, c)) for m, c in ((CLIP, clipped), (model, codes)))
    assert after.psnr_og > before.psnr_og + 3
    assert after.psnr > before.psnr + 3
    change = visible_change(codes, clipped)
    assert change.percentile_99 < 1.1 * budget
    assert change.mean < 0.11 * budget


def grainy(red: float, spread: float) -> np.ndarray:
    """A flat picture; in a tenth of it red is another one, with grain, in linear sRGB."""
    rng = np.random.default_rng(0)
    linear = np.full((120, 160, 3), 0.4, np.float32)
    linear[:, :16, 0] = red + spread * rng.standard_normal((120, 16))
    return encode_codes(apply_matrix(expansion_matrix(Adaptation.BRADFORD), linear), PROPHOTO, np.uint16)


def test_the_end_and_the_channel_that_are_clipped() -> None:
    _, _, model = chosen(grainy(1.1, 0.03), 2.0)
    assert model is not None
    assert model.shoulder is not None
    assert [end.codes > 0 for end in model.shoulder.bright] == [True, False, False]
    assert [end.codes for end in model.shoulder.dark] == [0, 0, 0]
    _, _, model = chosen(grainy(-0.05, 0.01), 2.0)
    assert model is not None
    assert model.shoulder is not None
    assert [end.codes > 0 for end in model.shoulder.dark] == [True, False, False]
    assert [end.codes for end in model.shoulder.bright] == [0, 0, 0]


def test_nothing_is_clipped() -> None:
    assert chosen(grainy(0.6, 0.02), 1.0)[2] is None


def test_the_least_budget() -> None:
    clipped, codes, _ = chosen(grainy(1.1, 0.03), 1e-6)
    np.testing.assert_array_equal(codes, clipped)
