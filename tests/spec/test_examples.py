"""The examples in spec/gamutmeta-1.md and spec/gamutmeta-2.md are what the package reads, writes and computes."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest
from spec_text import (
    code,
    descriptor_example,
    examples,
    functions,
    hex_example,
    hex_of_line,
    json_example,
    json_form,
    table_after,
)

from gamutmeta import carriers
from gamutmeta.carriers import jumbf
from gamutmeta.carriers.jpeg_carrier import COM_PREFIX
from gamutmeta.carriers.tiff_carrier import TAG
from gamutmeta.color.spaces import apply_matrix, expansion_matrix
from gamutmeta.container import DEFAULT_LIMITS, Payload, decode, encode
from gamutmeta.container.descriptor_map import pack, unpack
from gamutmeta.container.header import split_sections
from gamutmeta.formats import jpeg, png
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.model.features import fitted_positions, gate_weights, linear_samples
from gamutmeta.model.reference import _features, _network, expand_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CONTAINER = hex_example("container-1")

PIXELS = [f"pixel-{number}" for number in range(1, 8)]
DESCRIPTORS = [f"descriptor-{number}" for number in range(2, 6)]
CONTAINERS = [f"container-{number}" for number in range(1, 8)]

EXECUTED = {
    "hex": {*DESCRIPTORS, *CONTAINERS, "app11-1", "jpeg-1", "itxt-1", "tiff-1"},
    "json": {*PIXELS, "descriptor-2", "digest-rgb8", "jpeg-1", "shoulder-values"}
    | {f"likeness-{number}" for number in range(1, 5)},
    "text": {"com-1"},
    # In test_constants.py, and in test_likeness_text.py.
    "python": {"srgb", "matrix", "position", "octaves", "grid", "network", "gate", "romm", "srgb-encode"}
    | {"sycc-numbers", "sycc-linear", "shoulder", "shoulder-gate"}
    | {"likeness", *(f"likeness-{part}" for part in ("sums", "differences", "variances", "sizes", "edits"))},
}


def test_every_example_is_executed() -> None:
    assert set(examples()) == {(language, name) for language, names in EXECUTED.items() for name in names}


@pytest.mark.parametrize("number", range(1, 6))
def test_descriptor(number: int) -> None:
    data = descriptor_example(number)
    contents = unpack(data, DEFAULT_LIMITS, 1 if number <= 2 else 2)
    assert pack(contents) == data


def test_descriptor_as_json() -> None:
    assert json_form(msgpack.unpackb(hex_example("descriptor-2"))) == json_example("descriptor-2")


@pytest.mark.parametrize("number", range(1, 8))
def test_container(number: int) -> None:
    data = hex_example(f"container-{number}")
    payload = decode(data)
    sections = split_sections(data, DEFAULT_LIMITS)
    assert sections.version == (1 if number < 3 else 2)
    if number < 4:
        assert sections.descriptor == descriptor_example(number)
    else:
        assert encode(payload) == data
    if number in {5, 6}:
        assert sections.descriptor == descriptor_example(number - 1)
    assert split_sections(encode(payload), DEFAULT_LIMITS)[:2] == sections[:2]
    assert decode(encode(payload)) == payload


def test_every_line_of_the_container_stands_for_one_field() -> None:
    lines = examples()["hex", "container-1"].splitlines()
    values = {line[27:].strip(): line[:27].replace(" ", "") for line in lines if line[24:27] == "   "}
    assert values["magic"] == carriers.MAGIC.hex().upper()
    numbers = [int(word) for name in values for word in name.split()[1:] if name.split()[0].endswith("_length")]
    assert numbers == [int(values[name], 16) for name in values if name.split()[0].endswith("_length")]
    weights = decode(CONTAINER).tensors
    for name, tensor in (
        ("first", weights[0].values[0]),
        ("second", weights[0].values[1]),
        ("third", weights[0].values[2]),
    ):
        line = next(key for key in values if f"{name} output" in key)
        assert [int(word) for word in line.split(": ")[1].split(", ")] == tensor.tolist()
        assert bytes.fromhex(values[line]) == tensor.tobytes()


def floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


@pytest.mark.parametrize("name", PIXELS)
def test_pixel(name: str) -> None:
    example = json_example(name)
    payload = decode(hex_example(example["container"]))
    codes = np.array(example["codes"], np.uint8)
    assert codes.shape == (payload.height, payload.width, 3)
    at = example["row"], example["column"]
    for step, values in steps(payload, codes, at):
        if step in example:
            # Eight digits tell a float32; sines and powers may differ in the last bit between machines.
            np.testing.assert_allclose(values, floats(example[step]), rtol=3e-7, atol=3e-8, err_msg=step)
    for expanded in (expand_reference, expand):
        assert expanded(payload.descriptor, payload.weights(), codes)[at].tolist() == example["samples"]
    empty = Descriptor(samples=payload.descriptor.samples, shoulder=payload.descriptor.shoulder)
    assert expand_reference(empty, {}, codes)[at].tolist() == example["clip"]


@pytest.mark.parametrize("name", ["pixel-4", "pixel-5"])
def test_numbers_of_samples(name: str) -> None:
    example = json_example(name)
    said = functions("sycc-numbers", "sycc-linear", rint=round)
    numbers = said["numbers"](*example["codes"][example["row"]][example["column"]])
    assert list(numbers) == example["numbers"]
    assert [np.float32(said["linear_of_number"](n)) for n in numbers] == floats(example["linear"]).tolist()
    without_model = decode(hex_example("container-4"))
    codes = np.array(example["codes"], np.uint8)
    expanded = expand(without_model.descriptor, {}, codes)
    assert expanded[example["row"], example["column"]].tolist() == example["clip"]


@pytest.mark.parametrize("name", ["pixel-6", "pixel-7"])
def test_a_shoulder_alone(name: str) -> None:
    example = json_example(name)
    alone, codes = decode(hex_example("container-7")), np.array(example["codes"], np.uint8)
    expanded = expand(alone.descriptor, {}, codes)
    assert expanded[example["row"], example["column"]].tolist() == example["clip"]
    assert alone.binding == decode(hex_example("container-6")).binding
    assert alone.binding.digest == carriers.samples_digest(codes)


def test_values_of_a_shoulder() -> None:
    values = functions("shoulder", rint=round)["values"]
    shoulder = decode(hex_example("container-7")).descriptor.shoulder
    assert shoulder is not None
    for name, expected in json_example("shoulder-values").items():
        channel, side = name.split()
        end = getattr(shoulder, side)[["red", "green", "blue"].index(channel)]
        assert values(end.codes, end.growth, side == "bright") == expected


def steps(
    payload: Payload, codes: NDArray[np.uint8], at: tuple[int, int]
) -> Iterator[tuple[str, NDArray[np.floating[Any]]]]:
    """Intermediate results at one pixel, as section 7 names them."""
    descriptor, weights = payload.descriptor, payload.weights()
    matrix = expansion_matrix(descriptor.adaptation)
    linear = linear_samples(descriptor, codes)
    height, width = codes.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    places = fitted_positions(columns, rows, (width, height), descriptor.affine)
    features = _features(descriptor, weights, codes, apply_matrix(matrix, linear), places)
    outputs = _network(descriptor, weights, features)
    gate = gate_weights(descriptor)[np.arange(3), codes]
    excess = linear + gate * outputs
    u, v = fitted_positions(np.array(at[1]), np.array(at[0]), (payload.width, payload.height), descriptor.affine)
    yield "position", np.stack([u, v])
    yield "features", features[at]
    yield "hidden", weights["weight0"] @ features[at] + weights["bias0"]
    yield "outputs", outputs[at]
    yield "gate", gate[at]
    yield "linear", linear[at]
    yield "excess", excess[at]
    yield "wide", apply_matrix(matrix, excess)[at]


def test_digest_of_samples() -> None:
    example = json_example("digest-rgb8")
    assert carriers.samples_digest(np.array(example["codes"], np.uint8)).hex().upper() == example["digest"]
    assert example["codes"] == json_example("pixel-1")["codes"]
    assert decode(CONTAINER).binding.digest.hex().upper() == example["digest"]


def test_app11() -> None:
    head = hex_example("app11-1")
    segment = jpeg.make_segment(jpeg.APP11, jumbf.pack(CONTAINER))
    assert len(head) == 79
    assert segment == head + CONTAINER


def test_app11_table() -> None:
    segment = jpeg.make_segment(jpeg.APP11, jumbf.pack(CONTAINER))
    end = 0
    for offset, size, _, value in table_after("### A.2 Carrier `app11`"):
        start = int(offset)
        assert start == end
        if size == "n":
            assert segment[start:] == CONTAINER
            return
        end = start + int(size)
        stands = segment[start:end]
        if value.startswith("n + "):
            assert int.from_bytes(stands, "big") == len(CONTAINER) + int(value[4:]), value
        elif value.isdecimal():
            assert int.from_bytes(stands, "big") == int(value), value
        elif value.startswith("`gamutmeta`"):
            assert stands == b"gamutmeta\0"
        else:
            assert stands == bytes.fromhex(value.split("`")[1]), value
    pytest.fail("the table does not end with the container")


def test_com() -> None:
    line = examples()["text", "com-1"].removesuffix("\n").encode()
    assert line == COM_PREFIX + base64.b64encode(CONTAINER)
    file = b"\xff\xd8" + jpeg.make_segment(jpeg.COM, line) + b"\xff\xd9"
    assert carriers.extract(file).container == CONTAINER


def test_digest_of_coded_data() -> None:
    file, example = hex_example("jpeg-1"), json_example("jpeg-1")
    assert carriers.coded_digest(file).hex().upper() == example["digest"]
    shorter = bytes.fromhex("FFD8" + example["hashed"])
    assert carriers.coded_digest(shorter) == carriers.coded_digest(file)
    lines = examples()["hex", "jpeg-1"].splitlines()
    assert b"".join(hex_of_line(line) for line in lines if "hashed" in line) == bytes.fromhex(example["hashed"])


def test_itxt() -> None:
    data = b"gamutmeta\0" + bytes(4) + base64.b64encode(CONTAINER)
    chunk = png.make_chunk(b"iTXt", data)
    example = hex_example("itxt-1")
    assert (chunk[: len(example) - 4], chunk[-4:]) == (example[:-4], example[-4:])
    rows = table_after("### B.1 Carrier `itxt`")
    assert sum(int(size) for size, *_ in rows[:-1]) == 14
    assert [code(value).split(",")[0] for *_, value in rows[:-1]] == ["gamutmeta", "00", "00", "00", "00"]


def test_tiff_entry() -> None:
    entry = hex_example("tiff-1")
    assert struct.unpack("<HHII", entry) == (TAG, 1, len(CONTAINER), 1000)
    file = b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    assert carriers.extract(file.ljust(1000, b"\0") + CONTAINER).container == CONTAINER
