from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.errors import PhotoError
from gamutmeta.photo.floats import float_channels

VALUES = np.random.default_rng(0).random((5, 7, 8)) * 1.5 - 0.2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("channels", range(1, 9))
def test_channels(channels: int, dtype: type[np.floating]) -> None:
    notes: list[str] = []
    samples = VALUES[..., :channels].astype(dtype)
    found = float_channels(samples, (), notes)
    assert found.is_gray == (channels < 3)
    assert found.alpha is None
    assert found.rgb.dtype == np.float32
    assert np.array_equal(found.rgb[..., 0], samples[..., 0].astype(np.float32))
    assert notes == (["further channels were left out"] if channels not in {1, 3} else [])


def test_transparency_is_clipped_and_colours_are_not() -> None:
    found = float_channels(VALUES[..., :4], (2,), [])
    assert found.alpha is not None
    assert np.array_equal(found.alpha, np.rint(np.clip(VALUES[..., 3], 0, 1).astype(np.float32) * 65535))
    assert found.rgb.min() < 0
    assert found.rgb.max() > 1


def test_division_by_transparency() -> None:
    samples = np.array([[[0.2, 0.1, 0.05, 0.5], [0.2, 0.1, 0.05, 0.0]]], np.float32)
    found = float_channels(samples, (1,), [])
    assert found.rgb[0].tolist() == [pytest.approx([0.4, 0.2, 0.1]), pytest.approx([0.2, 0.1, 0.05])]


def test_infinity_becomes_finite_and_nan_is_refused() -> None:
    samples = np.full((2, 2, 3), np.inf, np.float64)
    samples[0] = -np.inf
    assert np.isfinite(float_channels(samples, (), []).rgb).all()
    samples[1, 1, 1] = np.nan
    with pytest.raises(PhotoError, match="not a number"):
        float_channels(samples, (), [])
    with pytest.raises(PhotoError, match="are not a picture"):
        float_channels(np.zeros((2, 2, 9)), (), [])
