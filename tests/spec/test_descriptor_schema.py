"""spec/descriptor.schema.json takes every descriptor the package writes, and never asks for more than it does."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from spec_text import SPEC, descriptor_example, json_example, json_form, table
from strategies import payloads

from gamutmeta.container import DEFAULT_LIMITS, Payload, encode
from gamutmeta.container.descriptor_map import unpack
from gamutmeta.errors import PayloadError

SCHEMA = json.loads((SPEC / "descriptor.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FULL = json_example("descriptor-2")
PLAIN = json_form(msgpack.unpackb(descriptor_example(1)))
SAMPLES = json_form(msgpack.unpackb(descriptor_example(3)))
ALIKE = json_form(msgpack.unpackb(descriptor_example(4)))
SHOULDER = json_form(msgpack.unpackb(descriptor_example(5)))
EMPTY = {"h": 1, "rgb8": "00" * 16, "w": 1}
NAMES = {id(FULL): "full", id(PLAIN): "plain", id(SAMPLES): "samples", id(ALIKE): "alike", id(EMPTY): "empty"}
NAMES[id(SHOULDER)] = "shoulder"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == sorted(row[0].strip("`") for row in table("keys") + table("keys-2"))
    assert all("description" in value for value in SCHEMA["properties"].values())


@pytest.mark.parametrize(
    "entries", [FULL, PLAIN, SAMPLES, ALIKE, SHOULDER, EMPTY], ids=lambda entries: NAMES[id(entries)]
)
def test_right_ones(entries: dict[str, Any]) -> None:
    VALIDATOR.validate(entries)


@pytest.mark.parametrize("entries", [FULL, PLAIN, SAMPLES, SHOULDER, EMPTY], ids=lambda entries: NAMES[id(entries)])
def test_a_likeness_goes_with_everything(entries: dict[str, Any]) -> None:
    VALIDATOR.validate({**entries, "like": ALIKE["like"]})


def test_a_shoulder_alone() -> None:
    VALIDATOR.validate({"cat": 1, "h": 1, "rgb8": "00" * 16, "shl": SHOULDER["shl"], "w": 1})


def test_samples_alone() -> None:
    VALIDATOR.validate({"cat": 1, "h": 1, "jpeg": "00" * 16, "smp": 1, "w": 1})


@given(payloads())
def test_every_payload(payload: Payload) -> None:
    data = encode(payload)
    descriptor = msgpack.unpackb(data[28 : 28 + int.from_bytes(data[16:20], "big")])
    VALIDATOR.validate(json_form(descriptor))


WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *((EMPTY, change) for change in ({"x": 1}, {"w": 0}, {"w": 1.5}, {"h": "1"}, {"h": None}, {"w": 2**30 + 1})),
    (EMPTY, {"rgb8": None}),
    (EMPTY, {"jpeg": "00" * 16}),
    (EMPTY, {"rgb8": "00" * 15}),
    (EMPTY, {"rgb8": "0g" * 16}),
    (EMPTY, {"rgb8": "ab" * 16}),
    (EMPTY, {"rgb8": "00" * 15 + "0\n"}),
    *((EMPTY, {key: FULL[key]}) for key in ("aff", "gate", "grid", "head", "mlp", "q", "rgb", "xy")),
    *((EMPTY, change) for change in ({"bias": False}, {"src": 1}, {"t": False}, {"q": []}, {"head": 0}, {"cat": 0})),
    *((FULL, {"aff": value}) for value in ([1, 0, 0, 0, 1, 0], [0.5] * 5, [0.5] * 7, [16.5] * 6, ["1"] * 6, 1)),
    *((FULL, {"gate": value}) for value in (-1, 256, 0.5, True)),
    *(
        (FULL, {"grid": value})
        for value in ([], [1, 2], [1, 2, 3, 4], [0, 2, 2], [1, 1, 2], [1, 2, 32769], [1, 2.5, 3])
    ),
    *((FULL, {"head": value}) for value in (0, 3, True, "2", 1)),  # 1 has no gate
    *((FULL, {"mlp": value}) for value in ([], [0], [257], [1] * 8, [2.5], 2)),
    *((FULL, {"q": value}) for value in ([], [-121] * 5, ["f32"] * 5, [1e-39] * 5, [1e37] * 5, [1] * 18, [1])),
    *((FULL, {"q": value}) for value in ([-0.5] * 5, [None] * 5, [True] * 5)),
    *((FULL, {"rgb": value}) for value in (-1, 17, 0.5, True)),
    *((FULL, {"xy": value}) for value in (0, 17, True)),
    *(
        (FULL, {key: value})
        for key, value in (("bias", True), ("cat", 0), ("cat", 2), ("src", 0), ("src", 2), ("t", True))
    ),
    (FULL, {"q": None}),
    (FULL, {"grid": None, "xy": None}),  # a needless affine
    (PLAIN, {"rgb": None}),
    (PLAIN, {"t": False}),  # octaves 0 and no colour
    (PLAIN, {"q": [7]}),
    (PLAIN, {"q": [7] * 4}),
    (PLAIN, {"bias": False, "mlp": [1] * 7, "q": [7] * 10}),
    *((SAMPLES, {"smp": value}) for value in (0, 2, True, "1", 1.5)),
    *((SAMPLES, {key: value}) for key, value in (("gate", 0), ("gate", 12), ("head", 1), ("src", 1))),
    (SAMPLES, {"jpeg": None, "rgb8": "00" * 16}),
    (EMPTY, {"smp": 1}),
    *((ALIKE, {"like": value}) for value in ("", "00" * 16, "00" * 70, "00" * 72, "0" * 141, "0g" * 71, "ab" * 71)),
    *((SHOULDER, {"shl": value}) for value in ("", "00" * 12, "00" * 11 + "1", "0410" * 5, "0410" * 7, 12, True)),
    *((SHOULDER, {"shl": value + "0000" * 5}) for value in ("0001", "0100", "0901", "1001", "ff01", "0a0g")),
    *((SHOULDER, {key: value}) for key, value in (("head", 1), ("smp", 1), ("src", 1))),
    *((ALIKE, {"like": value}) for value in (71, True, ["00" * 71], "00" * 70 + "0\n")),
]


@pytest.mark.parametrize(("entries", "change"), WRONG, ids=lambda value: NAMES.get(id(value)) or json.dumps(value)[:40])
def test_wrong_ones(entries: dict[str, Any], change: dict[str, Any]) -> None:
    changed = {key: value for key, value in (entries | change).items() if value is not None}
    assert not VALIDATOR.is_valid(changed)


numbers = st.integers(-130, 300) | st.floats(-20, 20, width=32) | st.booleans()
values = (
    numbers
    | st.sampled_from(["f16", bytes(16), bytes(15), bytes(71), bytes([4, 16] * 6)])
    | st.lists(numbers | st.just("f16"), max_size=8)
)


@given(
    st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), values, max_size=4), st.sampled_from([1, 2, 3, 4, 5])
)
def test_it_refuses_nothing_that_is_read(changes: dict[str, Any], base: int) -> None:
    entries = msgpack.unpackb(descriptor_example(base)) | changes
    data = msgpack.packb(dict(sorted(entries.items())), use_single_float=True)
    try:
        unpack(data, DEFAULT_LIMITS, 2 if {"like", "shl", "smp"} & entries.keys() else 1)
    except PayloadError:
        return
    VALIDATOR.validate(json_form(msgpack.unpackb(data)))
