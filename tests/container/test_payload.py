from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from strategies import container_bindings, payloads

from gamutmeta.container import Binding, Payload, Tensor, decode, encode
from gamutmeta.errors import LimitError, PayloadError
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb, SampleCoding

BINDING = Binding("jpeg", bytes(range(16)))
LINEAR = Descriptor(Head.WIDE_RESIDUAL, rgb=Rgb(0), bias=False)
TINY = Payload(640, 480, BINDING, LINEAR, (Tensor(np.arange(9, dtype=np.int8).reshape(3, 3), 0.25),))
EMPTY = Payload(4000, 3000, BINDING, Descriptor(), ())

# The bytes of these two are the format: a change here is a new version.
GOLDEN_EMPTY = (
    "89474d540d0a1a0a 01 01 00 00 00000042 00000022 00000000 00000000"
    "83 a168 cd0bb8 a46a706567 c410000102030405060708090a0b0c0d0e0f a177 cd0fa0 39674331"
)
GOLDEN_TINY = (
    "89474d540d0a1a0a 01 01 00 00 00000069 00000037 00000009 00000012"
    "87 a462696173 c2 a168 cd01e0 a468656164 01 a46a706567 c410000102030405060708090a0b0c0d0e0f"
    "a171 91 02 a3726762 00 a177 cd0280"
    "28b52ffd 20 09 490000 000102030405060708 edcae60e"
)


GOLDEN_SAMPLES = (
    "89474d540d0a1a0a 02 02 00 00 00000047 00000027 00000000 00000000"
    "84 a168 cd0bb8 a46a706567 c410000102030405060708090a0b0c0d0e0f a3736d70 01 a177 cd0fa0 50d72e88"
)


def test_golden_samples() -> None:
    payload = dataclasses.replace(EMPTY, descriptor=Descriptor(samples=SampleCoding.SYCC))
    assert encode(payload).hex() == GOLDEN_SAMPLES.replace(" ", "")
    assert decode(encode(payload)) == payload


def test_samples_cannot_be_bound_to_pixels_in_a_file() -> None:
    payload = dataclasses.replace(EMPTY, descriptor=Descriptor(samples=SampleCoding.SYCC))
    with pytest.raises(PayloadError) as caught:
        payload.bind(4000, 3000, Binding("rgb8", bytes(16))).to_bytes()
    assert caught.value.field == "descriptor.smp"


def test_golden_empty() -> None:
    assert encode(EMPTY).hex() == GOLDEN_EMPTY.replace(" ", "")
    assert decode(bytes.fromhex(GOLDEN_EMPTY)) == EMPTY


def test_golden_tiny() -> None:
    golden = bytes.fromhex(GOLDEN_TINY)
    assert decode(golden) == TINY
    # The frame is libzstd's business, and with it the lengths and the checksum.
    assert encode(TINY)[:12] == golden[:12]
    assert encode(TINY)[28 : 28 + 0x37] == golden[28 : 28 + 0x37]


@given(payloads())
def test_round_trip(payload: Payload) -> None:
    data = encode(payload)
    again = decode(data)
    assert again == payload
    assert hash(again) == hash(payload)
    assert encode(again) == data
    assert all(tensor.values.dtype == t.values.dtype for tensor, t in zip(again.tensors, payload.tensors, strict=True))


@given(payloads())
def test_the_quick_size_is_nearly_the_size(payload: Payload) -> None:
    size = len(encode(payload))
    assert size - 4 <= payload.quick_size() <= size + 16 + size // 50


@given(payloads())
def test_weights_are_named_shaped_and_finite(payload: Payload) -> None:
    weights = payload.weights()
    assert [(name, w.shape) for name, w in weights.items()] == list(payload.descriptor.tensor_specs())
    assert all(w.dtype == np.float32 and np.isfinite(w).all() for w in weights.values())


@given(payloads(), container_bindings())
def test_bind_changes_the_picture_alone(payload: Payload, binding: Binding) -> None:
    bound = payload.bind(7, 5, binding)
    assert (bound.width, bound.height, bound.binding) == (7, 5, binding)
    assert (bound.descriptor, bound.tensors) == (payload.descriptor, payload.tensors)
    assert bound.likeness is None  # it was that of the other one
    assert bound.bind(payload.width, payload.height, payload.binding, payload.likeness) == payload


def test_equality_is_by_value() -> None:
    assert EMPTY != TINY
    assert TINY.bind(640, 481, BINDING) != TINY
    assert dataclasses.replace(TINY, tensors=(Tensor(TINY.tensors[0].values, 0.5),)) != TINY
    assert dataclasses.replace(TINY, tensors=(Tensor(TINY.tensors[0].values.copy(), 0.25),)) == TINY


def test_tensors_become_a_tuple() -> None:
    payload = Payload(1, 1, BINDING, LINEAR, list(TINY.tensors))  # type: ignore[arg-type]
    assert type(payload.tensors) is tuple
    hash(payload)


@pytest.mark.parametrize("side", [0, -1, 2**32, True, 1.0, np.int64(4)])
@pytest.mark.parametrize("name", ["width", "height"])
def test_sides_are_positive_integers(name: str, side: object) -> None:
    with pytest.raises(PayloadError) as caught:
        dataclasses.replace(TINY, **{name: side})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("tensors", "field"),
    [
        ((), "tensors"),
        (TINY.tensors * 2, "tensors"),
        ((Tensor(np.zeros((3, 4), np.int8), 1.0),), "tensors.weight0"),
        ((Tensor(np.zeros(9, np.int8), 1.0),), "tensors.weight0"),
    ],
)
def test_tensors_fit_the_descriptor(tensors: tuple[Tensor, ...], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        dataclasses.replace(TINY, tensors=tensors)
    assert caught.value.field == field


def test_nothing_is_written_that_readers_refuse() -> None:
    with pytest.raises(LimitError, match="pixels"):
        EMPTY.bind(2**15 + 1, 2**15, BINDING).to_bytes()
    grid = Descriptor(Head.WIDE_RESIDUAL, Grid(1, 300, 256), bias=False)
    values = np.random.default_rng(0).integers(-128, 128, (300, 256, 1)).astype(np.int8)
    weights = Tensor(np.zeros((3, 1), np.int8), 1.0)
    with pytest.raises(LimitError) as caught:
        Payload(64, 64, BINDING, grid, (Tensor(values, 1.0), weights)).to_bytes()
    assert caught.value.field == "descriptor.grid"
    grid = Descriptor(Head.WIDE_RESIDUAL, Grid(1, 250, 256), bias=False)
    with pytest.raises(LimitError) as caught:
        Payload(64, 64, BINDING, grid, (Tensor(values[:250], 1.0), weights)).to_bytes()
    assert caught.value.field == "header.total_length"


def test_the_default_model_has_little_overhead() -> None:
    model = Descriptor(Head.SRGB_EXCESS, Grid(4, 48, 64), rgb=Rgb(2), hidden=(24, 24), gate=0)
    scale = float(np.float32(0.01))
    values = (Tensor(np.zeros(spec.shape, np.int8), scale) for spec in model.tensor_specs())
    payload = Payload(4000, 3000, BINDING, model, tuple(values))
    assert len(payload.to_bytes()) <= 28 + 105 + 4 + 40
