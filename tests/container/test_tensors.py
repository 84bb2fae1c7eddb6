from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from strategies import container_scales, container_tensors

from gamutmeta.container.tensors import MAX_SCALE, MIN_SCALE, Tensor, bytes_per_element, tensor_bytes, tensors_of_bytes
from gamutmeta.errors import PayloadError
from gamutmeta.model.descriptor import TensorSpec

CODES = np.array([-128, -1, 0, 127], np.int8)


@given(st.lists(array_shapes(max_dims=3, max_side=5).flatmap(container_tensors), max_size=4))
def test_bytes_round_trip(many: list[Tensor]) -> None:
    specs = [TensorSpec(f"t{k}", tensor.values.shape) for k, tensor in enumerate(many)]
    scales = [tensor.scale for tensor in many]
    raw = b"".join(tensor_bytes(many))
    assert len(raw) == sum(s.size * bytes_per_element(scale) for s, scale in zip(specs, scales, strict=True))
    assert tensors_of_bytes(specs, scales, raw) == tuple(many)


def test_layout_is_c_order_and_little_endian() -> None:
    fortran = np.asfortranarray(np.array([[1, 2], [3, 4]], np.int8))
    half = np.array([1.0, -2.0], np.float16)
    assert tensor_bytes([Tensor(fortran, 1.0), Tensor(half, None)]) == [b"\1\2\3\4", b"\x00\x3c\x00\xc0"]


@given(container_scales())
def test_int8_decodes_to_code_times_scale(scale: float) -> None:
    decoded = Tensor(CODES, scale).decode()
    assert decoded.dtype == np.float32
    # The product in double precision is exact, so this is the correctly rounded value.
    np.testing.assert_array_equal(decoded, (CODES.astype(np.float64) * scale).astype(np.float32))


def test_float16_decodes_exactly() -> None:
    values = np.array([[0.5, -65504.0], [2.0**-24, -0.0]], np.float16)
    decoded = Tensor(values, None).decode()
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded, values.astype(np.float32))


@pytest.mark.parametrize(
    "scale",
    [
        0.0,
        -1.0,
        float("nan"),
        float("inf"),
        -float("inf"),
        MIN_SCALE / 2,
        2 * MAX_SCALE,
        0.1,
        1 + 2.0**-30,
        5e-324,
        None,
    ],
)
def test_unusable_scales(scale: float) -> None:
    with pytest.raises(PayloadError) as caught:
        Tensor(CODES, scale)
    assert caught.value.field == "tensor.scale"


@pytest.mark.parametrize("scale", [MIN_SCALE, MAX_SCALE, np.float32(0.1), 1])
def test_usable_scales_become_floats(scale: float) -> None:
    assert type(Tensor(CODES, scale).scale) is float


def test_float16_takes_no_scale() -> None:
    with pytest.raises(PayloadError) as caught:
        Tensor(CODES.astype(np.float16), 1.0)
    assert caught.value.field == "tensor.scale"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_float16_is_finite(value: float) -> None:
    values = np.array([0, value], np.float16)
    with pytest.raises(PayloadError) as caught:
        Tensor(values, None)
    assert caught.value.field == "tensor.values"
    with pytest.raises(PayloadError) as caught:
        tensors_of_bytes([TensorSpec("bias0", (2,))], [None], values.astype("<f2").tobytes())
    assert caught.value.field == "tensors.bias0"


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, ">f2", bool, object])
def test_other_types(dtype: object) -> None:
    with pytest.raises(PayloadError) as caught:
        Tensor(np.zeros(3, dtype), 1.0)
    assert caught.value.field == "tensor.values"


def test_values_cannot_be_changed() -> None:
    source = CODES.copy()
    tensor = Tensor(source, 1.0)
    source[0] = 5
    assert tensor.values[0] == -128
    with pytest.raises(ValueError, match="read-only"):
        tensor.values[0] = 5


def test_equality_is_by_value() -> None:
    tensor = Tensor(CODES, 0.5)
    assert tensor == Tensor(CODES.copy(), 0.5)
    assert hash(tensor) == hash(Tensor(CODES.copy(), 0.5))
    others = [Tensor(CODES, 0.25), Tensor(-CODES, 0.5), Tensor(CODES[:, None], 0.5), Tensor(CODES.astype("f2"), None)]
    assert all(tensor != other for other in [*others, CODES.tobytes()])
    assert Tensor(np.float16([0.0]), None) != Tensor(np.float16([-0.0]), None)
