from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.color.spaces import PROPHOTO, SRGB, conversion_matrix
from gamutmeta.color.transfer import decode_srgb
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab
from gamutmeta.measure.visible import VisibleChange, differences, visible_change


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_each_pixel_by_itself() -> None:
    one, other = picture(1, 50)[0], picture(1, 50, 1)[0]
    other[:20] = one[:20]
    labs = [prophoto_to_lab(decode_srgb(codes / 255) @ conversion_matrix(SRGB, PROPHOTO).T) for codes in (one, other)]
    found = differences(one, other)
    np.testing.assert_allclose(found, delta_e_2000(*labs), atol=1e-4)
    assert not found[:20].any()
    assert found[20:].all()


def test_mean_and_percentile() -> None:
    one = picture(40, 50)
    assert visible_change(one, one) == VisibleChange(0.0, 0.0)
    other = one.copy()
    other[:, :1] ^= 64  # a fiftieth of the pixels
    change = visible_change(one, other)
    each = differences(one.reshape(-1, 3), other.reshape(-1, 3))
    assert change.mean == pytest.approx(each.mean())
    assert change.percentile_99 == pytest.approx(np.percentile(each, 99))
    assert change.percentile_99 > change.mean > 0


def test_large_pictures_by_some_of_their_rows() -> None:
    one = picture(1200, 1100)
    other = one.copy()
    other[::7] ^= 32
    change = visible_change(one, other)
    assert change.mean == pytest.approx(differences(one.reshape(-1, 3), other.reshape(-1, 3)).mean(), rel=0.1)
