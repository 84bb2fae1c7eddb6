from __future__ import annotations

import dataclasses
import tracemalloc

import msgpack
import numpy as np
import pytest
from strategies import container_of

from gamutmeta.container import Binding, Limits, Payload, Tensor, decode, encode
from gamutmeta.errors import LimitError, PayloadError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb

DIGEST = bytes(16)


def payload_of(model: Descriptor, width: int = 640, height: int = 480) -> Payload:
    tensors = tuple(Tensor(np.ones(spec.shape, np.int8), 0.5) for spec in model.tensor_specs())
    return Payload(width, height, Binding("rgb8", DIGEST), model, tensors)


# Features: 3 + 4 + 3. Parameters: 3 * 5 * 4, then 10 * 20 + 20, 20 * 12 + 12, 12 * 3 + 3, all int8.
MODEL = Descriptor(Head.WIDE_RESIDUAL, Grid(3, 5, 4), FourierXY(1), Rgb(0), (20, 12))
PAYLOAD = payload_of(MODEL)
DATA = encode(PAYLOAD)


@pytest.mark.parametrize(
    ("limit", "amount", "field"),
    [
        ("container_bytes", len(DATA), "header.total_length"),
        ("descriptor_bytes", int.from_bytes(DATA[16:20], "big"), "header.descriptor_length"),
        ("tensor_bytes", 571, "header.tensor_length"),
        ("layers", 3, "descriptor.hidden"),
        ("layer_width", 20, "descriptor.hidden"),
        ("grid_nodes", 20, "descriptor.grid"),
        ("parameters", 571, "tensors"),
        ("pixels", 640 * 480, "size"),
    ],
)
def test_each_limit_is_inclusive_and_names_the_field(limit: str, amount: int, field: str) -> None:
    assert decode(DATA, Limits(**{limit: amount})) == PAYLOAD
    with pytest.raises(LimitError) as caught:
        decode(DATA, Limits(**{limit: amount - 1}))
    assert caught.value.field == field


def test_every_limit_is_tested_here() -> None:
    names = {field.name for field in dataclasses.fields(Limits)}
    parameters = test_each_limit_is_inclusive_and_names_the_field.pytestmark[0].args[1]
    of_reading = {"picture_pixels", "pixels_per_byte"}  # see tests/fuzz/test_announced.py
    of_expansion = {"multiply_adds"}  # see tests/fuzz/test_work.py
    assert names - of_reading - of_expansion == {limit for limit, _, _ in parameters}


def test_layer_width_counts_the_features() -> None:
    data = encode(payload_of(Descriptor(Head.WIDE_RESIDUAL, xy=FourierXY(3))))
    decode(data, Limits(layer_width=12))
    with pytest.raises(LimitError) as caught:
        decode(data, Limits(layer_width=11))
    assert caught.value.field == "descriptor.inputs"


def test_an_empty_model_needs_almost_nothing() -> None:
    data = encode(payload_of(Descriptor()))
    limits = Limits(tensor_bytes=0, layers=0, layer_width=0, grid_nodes=0, parameters=0)
    assert decode(data, limits).descriptor.is_empty


def test_limits_can_be_raised_for_reading() -> None:
    wide = Descriptor(Head.WIDE_RESIDUAL, xy=FourierXY(1), hidden=(300,))
    with pytest.raises(LimitError):
        encode(payload_of(wide))
    data = encode(PAYLOAD.bind(640, 480, PAYLOAD.binding))
    frame_start = 28 + int.from_bytes(DATA[16:20], "big")
    entries = msgpack.unpackb(data[28:frame_start])
    entries |= {"h": 2**20, "w": 2**20}
    huge = container_of(msgpack.packb(entries, use_single_float=True), 571, data[frame_start:-4])
    with pytest.raises(LimitError, match="pixels"):
        decode(huge)
    assert decode(huge, Limits(pixels=2**40)) == PAYLOAD.bind(2**20, 2**20, PAYLOAD.binding)


def test_the_paper_and_the_largest_encodable_models_fit() -> None:
    paper = Descriptor(Head.WIDE_RESIDUAL, xy=FourierXY(12), rgb=Rgb(12, identity=False), hidden=(32, 32), bias=False)
    decode(encode(payload_of(paper)))
    deepest = Descriptor(Head.WIDE_RESIDUAL, Grid(12, 256, 256), FourierXY(16), Rgb(16), (60,) * 7)
    decode(encode(payload_of(deepest, 32_768, 32_768)))


@pytest.mark.parametrize(
    "change",
    [
        {"grid": [1, 65535, 65535]},
        {"grid": [65535, 2, 2]},
        {"grid": [2**64 - 1, 2**64 - 1, 2**64 - 1]},
        {"mlp": [256] * 255},
        {"mlp": [2**32 - 1]},
        {"mlp": [2**64 - 1] * 7},
        {"mlp": [257]},
        {"w": 2**32 - 1, "h": 2**32 - 1},
    ],
)
@pytest.mark.parametrize("tensor_length", [9, 1 << 20])
def test_huge_claims_cost_nothing(change: dict[str, object], tensor_length: int) -> None:
    entries = {"h": 480, "head": 1, "q": [0, 0], "rgb": 0, "rgb8": DIGEST, "w": 640} | change
    data = container_of(msgpack.packb(dict(sorted(entries.items()))), tensor_length, b"frame")
    tracemalloc.start()
    try:
        with pytest.raises(LimitError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 18
    finally:
        tracemalloc.stop()


def test_huge_lengths_cost_nothing() -> None:
    for length in ((1 << 20) + 1, 2**32 - 1):
        with pytest.raises(LimitError):
            decode(container_of(b"\x80", length, b"frame"))
    with pytest.raises(LimitError):
        decode(container_of(bytes(1025)))
    with pytest.raises(LimitError):
        decode(container_of(b"", 0, bytes(61_440)))
    claimed = DATA[:12] + b"\xff\xff\xff\xff" + DATA[16:]
    with pytest.raises(LimitError):
        decode(claimed)


def test_limit_errors_are_payload_errors() -> None:
    assert issubclass(LimitError, PayloadError)
