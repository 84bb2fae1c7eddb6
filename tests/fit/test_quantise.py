from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.fit.quantise import quantise_grid, quantise_weights


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=50))
def test_int8_is_within_half_a_step(numbers: list[float]) -> None:
    values = np.array(numbers, np.float32)
    tensor = quantise_weights(values, "int8")
    assert tensor.values.dtype == np.int8
    assert tensor.scale is not None
    assert np.abs(tensor.decode() - values).max() <= max(tensor.scale * 0.5001, 1e-30)


def test_zeros_stay_zeros() -> None:
    tensor = quantise_weights(np.zeros((3, 4), np.float32), "int8")
    assert tensor.values.shape == (3, 4)
    assert not tensor.decode().any()


def test_float16_keeps_eleven_bits() -> None:
    values = np.linspace(-3, 3, 100, dtype=np.float32)
    tensor = quantise_weights(values, "float16")
    assert tensor.scale is None
    np.testing.assert_allclose(tensor.decode(), values, rtol=2**-11)


def test_the_grid_is_rounded_and_bounded() -> None:
    tensor = quantise_grid(np.array([[[-500.0, -0.6, 0.4, 2.5, 500.0]]], np.float32), 1 / 16)
    assert tensor.values.tolist() == [[[-127, -1, 0, 2, 127]]]
    assert tensor.scale == 1 / 16
