from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rivals.weights import pack, unpack

SHAPES = ((32, 20), (3, 32))
RNG = np.random.default_rng(2)
WEIGHTS = [
    RNG.normal(size=shape, scale=scale).astype(np.float32) for shape, scale in zip(SHAPES, (1, 0.1), strict=True)
]


def test_float32_is_exact() -> None:
    for found, wanted in zip(unpack(pack(WEIGHTS, "float32"), SHAPES), WEIGHTS, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_float16_is_rounded_once() -> None:
    for found, wanted in zip(unpack(pack(WEIGHTS, "float16"), SHAPES), WEIGHTS, strict=True):
        np.testing.assert_array_equal(found, wanted.astype(np.float16))


def test_int8_has_one_scale_per_matrix() -> None:
    for found, wanted in zip(unpack(pack(WEIGHTS, "int8"), SHAPES), WEIGHTS, strict=True):
        step = np.abs(wanted).max() / 127
        assert np.abs(found - wanted).max() <= step / 2 * 1.001


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float16", 2), ("int8", 1)])
def test_never_larger_than_the_numbers_themselves(dtype: str, size: int) -> None:
    count = sum(w.size for w in WEIGHTS)
    assert len(pack(WEIGHTS, dtype)) <= 1 + 4 * len(WEIGHTS) + size * count  # type: ignore[arg-type]


def test_what_compresses_is_compressed() -> None:
    zeros = [np.zeros(shape, np.float32) for shape in SHAPES]
    data = pack(zeros, "int8")
    assert len(data) < 60
    assert all((w == 0).all() for w in unpack(data, SHAPES))
