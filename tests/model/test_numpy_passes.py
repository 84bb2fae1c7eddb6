from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.model.numpy_passes import product


@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 7, 24, 33])
@pytest.mark.parametrize("outputs", [1, 2, 3, 24])
@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 5, 8, 31, 1000])
def test_a_product_adds_one_input_after_the_other(inputs: int, outputs: int, pixels: int) -> None:
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((outputs, inputs), np.float32)
    values = rng.standard_normal((inputs, pixels), np.float32)
    one_by_one = np.zeros((outputs, pixels), np.float32)
    for k in range(inputs):
        one_by_one += weight[:, k, None] * values[k]
    np.testing.assert_array_equal(product(weight, values, np.empty_like(one_by_one)), one_by_one)
