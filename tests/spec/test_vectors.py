"""The conformance vectors: sound in themselves, made as they are said to be, and passed by the package."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema
import msgpack
import numpy as np
import pytest

import gamutmeta
from gamutmeta import carriers
from gamutmeta.color.sycc import decode_sycc as linear_of_samples
from gamutmeta.color.sycc import outside
from gamutmeta.container import decode
from gamutmeta.container.descriptor_map import _KEYS
from gamutmeta.errors import GamutMetaError
from gamutmeta.model import reference as plain
from gamutmeta.model.expand import expand
from gamutmeta.model.reference import expand_reference
from gamutmeta.photo.pixels import decode_srgb, decode_sycc
from gamutmeta.pipeline.conformance import expand_vector, extract_container, read_ppm
from spec.vectors.make import FOLDER, all_vectors

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray[Any, np.dtype[Any]]

INDEX = json.loads((FOLDER / "index.json").read_bytes())
VECTORS = INDEX["vectors"]
SCHEMA = json.loads((FOLDER / "index.schema.json").read_bytes())
GOOD = [vector for vector in VECTORS if vector["result"] == "ok"]
EXPANDED = [vector for vector in GOOD if vector["operation"] == "expand"]

NO_PICTURE = (".gmt", "by-hand.jpg")
HEADERS = re.compile(r"mutant-samples-|reading-frame-")
"""JPEGs whose headers were changed: what they say counts, and not what a decoder makes of the coded data."""
DECODABLE = [
    vector for vector in EXPANDED if not vector["file"].endswith(NO_PICTURE) and not HEADERS.search(vector["file"])
]

READER_CODES = {
    "payload",
    "payload.checksum",
    "payload.version",
    "payload.limit",
    "carrier",
    "carrier.unsupported",
    "carrier.none",
    "carrier.duplicate",
    "carrier.too-large",
    "photo",
    "binding",
}
"""What a reader can answer; carrier.exists and carrier.multi-picture are a writer's."""

CARRIED = [vector for vector in VECTORS if not vector["file"].endswith(".gmt")]
"""All but those that are a payload by itself."""

every = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
each_carried = pytest.mark.parametrize("vector", CARRIED, ids=lambda vector: vector["id"])
each_decodable = pytest.mark.parametrize("vector", DECODABLE, ids=lambda vector: vector["id"])


def data_of(vector: dict[str, Any]) -> bytes:
    return (FOLDER / vector["file"]).read_bytes()


def pixels_of(vector: dict[str, Any]) -> Array | None:
    """None for a host file of which no pixels come."""
    if "pixels" not in vector:
        return None
    return read_ppm((FOLDER / vector["pixels"]).read_bytes())


def expected_of(vector: dict[str, Any]) -> Array:
    return wide_ppm((FOLDER / vector["expected"]).read_bytes())


def wide_ppm(data: bytes) -> Array:
    magic, size, maximum, samples = data.split(b"\n", 3)
    assert (magic, maximum) == (b"P6", b"65535")
    width, height = map(int, size.split())
    return np.frombuffer(samples, ">u2").reshape(height, width, 3).astype(int)


def assert_close(actual: Array, expected: Array) -> None:
    """As the specification wants it."""
    assert actual.shape == expected.shape
    difference = np.abs(actual.astype(int) - expected)
    assert difference.max() <= 2
    assert (difference > 1).mean() <= 0.001
    assert (difference > 0).sum() <= 3 + 0.02 * difference.size


def descriptor_entries(vector: dict[str, Any]) -> dict[str, Any]:
    container = extract_container(data_of(vector))
    end = 28 + int.from_bytes(container[16:20], "big")
    entries: dict[str, Any] = msgpack.unpackb(container[28:end])
    return entries


# --- The index -------------------------------------------------------------------------------------------------------


def test_the_index_keeps_to_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(INDEX)


@pytest.mark.parametrize(
    "change",
    [
        {"error": "payload"},
        {"expected": None},
        {"pixels": None},
        {"class": "extractor"},
        {"operation": "extract"},
        {"result": "maybe"},
        {"file": "../x.gmt"},
        {"rationale": "no sentence"},
        {"note": "x"},
        {"tags": []},
        {"since": 1},
        {"since": 3},
        {"since": "2"},
    ],
    ids=str,
)
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    vector = {key: value for key, value in {**EXPANDED[0], **change}.items() if value is not None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({**INDEX, "vectors": [vector]})


def test_extraction_knows_no_versions() -> None:
    vector = next(vector for vector in VECTORS if vector["operation"] == "extract")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate({**INDEX, "vectors": [vector]})
    assert not validator.is_valid({**INDEX, "vectors": [{**vector, "since": 2}]})


def test_names_are_unique() -> None:
    assert max(Counter(vector["id"] for vector in VECTORS).values()) == 1


def test_all_files_are_there_and_used() -> None:
    named = {vector[key] for vector in VECTORS for key in ("file", "pixels", "expected") if key in vector}
    there = {f"{kind}/{path.name}" for kind in ("files", "pixels", "expected") for path in (FOLDER / kind).iterdir()}
    assert there == named


def test_the_folder_is_small() -> None:
    kept = (path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"})
    assert sum(path.stat().st_size for path in kept) < 3_250_000


# --- How they are made -----------------------------------------------------------------------------------------------


def test_the_script_makes_these_very_vectors() -> None:
    suite = all_vectors()
    assert suite.index() == (FOLDER / "index.json").read_bytes()
    for path, data in suite.files.items():
        kept = (FOLDER / path).read_bytes()
        if path.startswith("expected/") and path.endswith(".ppm"):
            # Another processor or numpy may make another last bit.
            assert np.abs(wide_ppm(data) - wide_ppm(kept)).max() <= 1, path
        else:
            assert data == kept, path


def test_the_script_writes_and_clears_a_folder(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "old.jpg").write_bytes(b"x")
    suite = all_vectors()
    suite.write(tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"index.json", *suite.files}


def decoded(vector: dict[str, Any]) -> Array:
    """The picture of a host file, in the samples that its payload is for."""
    has_samples = descriptor_entries(vector).get("smp") == 1
    return (decode_sycc if has_samples else decode_srgb)(data_of(vector))


@each_decodable
def test_host_files_show_the_pixels_they_come_with(vector: dict[str, Any]) -> None:
    difference = np.abs(decoded(vector).astype(int) - pixels_of(vector))
    # Other builds of libjpeg may differ by a code.
    assert difference.max() <= (2 if vector["file"].endswith(".jpg") else 0)


# --- What they cover -------------------------------------------------------------------------------------------------


def test_every_code_of_a_reader_occurs() -> None:
    assert {vector["error"] for vector in VECTORS if "error" in vector} == READER_CODES


def test_every_key_and_every_kind_of_value_occurs() -> None:
    entries = [descriptor_entries(vector) for vector in EXPANDED]
    assert {key for each in entries for key in each} == _KEYS

    def values(key: str, default: object) -> set[Any]:
        return {each.get(key, default) for each in entries}

    assert values("head", 0) == {0, 1, 2}
    assert values("gate", None) >= {None, 0, 1, 32, 128, 255}
    assert values("cat", 0) == values("src", 0) == {0, 1}
    assert values("smp", 0) == {0, 1}
    assert values("bias", default=True) == values("t", default=True) == {False, True}
    assert values("rgb", None) >= {None, 0, 16}
    assert values("xy", None) >= {None, 1, 16}
    encodings = {type(encoding) for each in entries for encoding in each.get("q", [])}
    assert encodings == {int, float, str}
    layers = {len(each.get("mlp", [])) for each in entries}
    assert layers >= {0, 1, 2, 7}
    inputs = {frozenset({"grid", "xy", "rgb"} & each.keys()) for each in entries if "head" in each}
    assert len(inputs) == 7
    of_samples = [each for each in entries if each.get("smp") == 1]
    assert {key for each in of_samples for key in each} == _KEYS - {"gate", "rgb8", "shl", "src"}
    assert {each.get("head", 0) for each in of_samples} == {0, 2}
    sizes = {(each["w"], each["h"]) for each in entries}
    assert sizes >= {(1, 1), (1, 9), (9, 1), (17, 13)}


def test_samples_occur_on_all_sides_of_the_cube() -> None:
    samples = [pixels_of(vector) for vector in EXPANDED if descriptor_entries(vector).get("smp") == 1]
    together = np.concatenate([each.reshape(-1, 3) for each in samples])
    for channel in range(3):
        assert {0, 255} <= set(together[:, channel].tolist())
    linear = linear_of_samples(together)
    assert (linear < -0.05).any(0).all()
    assert (linear > 1.05).any(0).all()
    assert outside(together).mean() > 0.3


def test_what_is_newer_than_version_1_is_said_to_be() -> None:
    for vector in VECTORS:
        if vector["operation"] != "expand":
            continue
        try:
            container = extract_container(data_of(vector))
        except GamutMetaError:
            assert "since" not in vector
            continue
        if vector["result"] == "ok":
            assert vector.get("since", 1) == container[8], vector["id"]
        elif "since" in vector:
            assert container[8] == 2, vector["id"]


def test_every_carrier_occurs() -> None:
    found = Counter()
    for vector in GOOD:
        data = data_of(vector)
        found["sidecar" if data.startswith(carriers.MAGIC) else carriers.extract(data).carrier] += 1
        found[data[:4]] += 1
    for name in (*carriers.CARRIERS, b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        assert found[name] >= 2, name


def test_few_colours_are_at_the_ends_of_the_range() -> None:
    """A network whose outputs are all clamped would not be tested."""
    shares = {
        vector["id"]: np.isin(expected_of(vector), (0, 65_535)).mean()
        for vector in EXPANDED
        if "overflow" not in vector["tags"]
    }
    assert np.median(list(shares.values())) < 0.25
    assert max(shares.values()) < 0.75


# --- What the package makes of them ----------------------------------------------------------------------------------


@each_carried
def test_headers_alone_give_the_same_answer(vector: dict[str, Any]) -> None:
    """Of a path no more is read than headers; of bytes all is there."""
    answers: list[object] = []
    for source in (data_of(vector), FOLDER / vector["file"]):
        try:
            answers.append(carriers.extract(source))
        except GamutMetaError as error:
            answers.append((error.code, str(error)))
    assert answers[0] == answers[1]


@every
def test_the_package_gives_the_right_answer(vector: dict[str, Any]) -> None:
    data = data_of(vector)
    if vector["operation"] == "extract":
        if vector["result"] == "ok":
            assert extract_container(data) == (FOLDER / vector["expected"]).read_bytes()
            return
        with pytest.raises(GamutMetaError) as caught:
            extract_container(data)
        assert caught.value.code == vector["error"]
        return
    codes = pixels_of(vector)
    for implementation in (expand, expand_reference):
        if vector["result"] == "ok":
            assert_close(expand_vector(data, codes, implementation), expected_of(vector))
        else:
            with pytest.raises(GamutMetaError) as caught:
                expand_vector(data, codes, implementation)
            assert caught.value.code == vector["error"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if "-no-codes-" in v["id"]], ids=lambda vector: vector["id"])
def test_host_files_without_codes_give_the_right_error(vector: dict[str, Any]) -> None:
    with pytest.raises(GamutMetaError) as caught:
        gamutmeta.expand(data_of(vector))
    assert caught.value.code == vector["error"]


@each_decodable
def test_host_files_go_all_the_way(vector: dict[str, Any]) -> None:
    data = data_of(vector)
    if not np.array_equal(decoded(vector), pixels_of(vector)):
        pytest.skip("this libjpeg decodes to other codes")
    assert_close(gamutmeta.expand(data).array, expected_of(vector))


# --- Whether they are fair -------------------------------------------------------------------------------------------


def in_double_precision(descriptor: Any, weights: Any, features: Array) -> Array:
    values = features
    for k in range(len(descriptor.layer_widths) - 1):
        values = np.maximum(values, 0) if k else values
        values = values.astype(float) @ weights[f"weight{k}"].T.astype(float)
        if descriptor.bias:
            values = values + weights[f"bias{k}"].astype(float)
        values = values.astype(np.float32)
    return values


def from_the_last_term_on(descriptor: Any, weights: Any, features: Array) -> Array:
    values = features
    for k in range(len(descriptor.layer_widths) - 1):
        values = np.maximum(values, np.float32(0)) if k else values
        weight = weights[f"weight{k}"]
        sums = np.zeros((*values.shape[:-1], len(weight)), np.float32)
        sums = sums + weights[f"bias{k}"] if descriptor.bias else sums
        for i in reversed(range(weight.shape[1])):
            sums = sums + values[..., i, None] * weight[:, i]
        values = sums
    return values


@pytest.mark.parametrize("network", [in_double_precision, from_the_last_term_on])
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_no_vector_depends_on_the_order_of_summation(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Well within the tolerance, so that every right implementation passes."""
    monkeypatch.setattr(plain, "_network", network)
    for vector in EXPANDED:
        payload = decode(extract_container(data_of(vector)))
        wide = expand_reference(payload.descriptor, payload.weights(), pixels_of(vector))
        difference = np.abs(wide.astype(int) - expected_of(vector))
        assert difference.max() <= 1, vector["id"]
        assert (difference > 0).sum() <= 3 + 0.01 * difference.size, vector["id"]
