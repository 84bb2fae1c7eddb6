"""Every number, table and formula in spec/gamutmeta-1.md and spec/gamutmeta-2.md is the package's."""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_text import code, examples, functions, hex_example, json_example, table, table_after, text
from strategies import descriptors, payloads, shoulders

from gamutmeta import carriers, errors
from gamutmeta.carriers.container_bytes import MAX_TEXT
from gamutmeta.carriers.jpeg_carrier import COM_PREFIX, MAX_COM_CONTAINER
from gamutmeta.carriers.png_carrier import _FIELD_ROOM
from gamutmeta.carriers.tiff_carrier import TAG
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import clip_to_codes
from gamutmeta.color.shoulder import SHOULDER_BYTES, End, Shoulder
from gamutmeta.color.spaces import SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.color.sycc import decode_sycc, sycc_tables
from gamutmeta.color.transfer import decode_srgb, encode_romm
from gamutmeta.container import DEFAULT_LIMITS, decode, encode, transform_payload
from gamutmeta.container.binding import BINDING_KINDS
from gamutmeta.container.descriptor_map import (
    _ADAPTATIONS,
    _DEFAULTS,
    _HEADS,
    _KEYS,
    _MAX_ENTRIES,
    _MAX_NAME,
    _SAMPLES,
    _SOURCES,
    _VERSION_2_KEYS,
    MAX_SIDE,
    pack,
    unpack,
)
from gamutmeta.container.header import HEADER_BYTES, MAGIC, VERSION
from gamutmeta.container.tensors import MAX_SCALE, MIN_SCALE
from gamutmeta.container.transform import SOFT_GATE
from gamutmeta.envelope import DIGEST_BYTES, LIKENESS_BYTES
from gamutmeta.formats.jpeg import MAX_SEGMENTS
from gamutmeta.formats.png import MAX_CHUNKS
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import MAX_ENTRIES
from gamutmeta.model.descriptor import MAX_AFFINE, MAX_OCTAVES, Descriptor, Head, Rgb
from gamutmeta.model.expand import expand
from gamutmeta.model.features import fitted_positions, gate_weights, grid_nodes, octave_features
from gamutmeta.model.reference import _bilinear, _network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.container import Payload
    from gamutmeta.errors import GamutMetaError


def rint(x: float) -> float:
    return float(np.rint(x))


MATH: dict[str, Any] = {"rint": rint, "sin": math.sin, "cos": math.cos, "floor": math.floor}


# Tables


def test_header_table() -> None:
    rows = table_after("### 4.1 Layout")
    magic = next(value for *_, field, value in rows if field == "`magic`")
    assert bytes.fromhex(code(magic)) == MAGIC
    fixed = [(int(offset), int(size)) for offset, size, *_ in rows if offset.isdecimal() and size.isdecimal()]
    assert [offset for offset, _ in fixed] == [sum(size for _, size in fixed[:k]) for k in range(len(fixed))]
    assert sum(size for _, size in fixed) == HEADER_BYTES
    container = hex_example("container-1")
    for offset, size, field, value in rows[1:5]:
        assert value.endswith(f": {int.from_bytes(container[int(offset) : int(offset) + int(size)], 'big')}") or (
            value.endswith("as 0") and field == "`ignorable_flags`"
        )
    assert str(VERSION) == text(2).split("| Version | ")[1][0]
    assert f"`{zlib.crc32(b'123456789'):08X}`" in text()


def test_limits() -> None:
    names = ("container", "descriptor", "tensors", "weight matrices", "units", "grid nodes", "numbers", "pixels")
    fields = (
        "container_bytes",
        "descriptor_bytes",
        "tensor_bytes",
        "layers",
        "layer_width",
        "grid_nodes",
        "parameters",
        "pixels",
    )
    rows = table("limits")
    for name, field, (quantity, limit, _) in zip(names, fields, rows, strict=True):
        assert quantity.startswith(name)
        assert int(limit) == asdict(DEFAULT_LIMITS)[field]


def test_bounds_of_work() -> None:
    width, layers = DEFAULT_LIMITS.layer_width, DEFAULT_LIMITS.layers
    rows = dict(table_after("## 13 Security considerations"))
    assert f"{(layers - 1) * width * width + width * 3:,}" in rows["network, multiply-adds per pixel"]
    assert f"{6 * width:,}" in rows["grid, multiply-adds per pixel"]
    assert str(4 * MAX_OCTAVES + 6 * MAX_OCTAVES) in rows["sines and cosines per pixel"]
    assert f"{MAX_SEGMENTS:,}" in rows["JPEG"]
    assert f"{MAX_CHUNKS:,}" in rows["PNG"]
    assert f"{MAX_TEXT:,}" in rows["PNG"]
    assert f"{MAX_ENTRIES:,}" in rows["TIFF"]


def test_numbers_of_the_carriers() -> None:
    annexes = text().split("\n## Annex A ")[1]
    for number in (
        MAX_COM_CONTAINER,
        MAX_TEXT,
        MAX_TEXT + _FIELD_ROOM,
        carriers.MAX_CONTAINER,
        MAX_SEGMENTS,
        MAX_CHUNKS,
    ):
        assert f"{number:,}" in annexes
    assert str(TAG) in annexes
    assert f"`{COM_PREFIX.decode().rstrip()}` and a space ({len(COM_PREFIX)} bytes)" in annexes.replace("\n", " ")
    assert f"with `{carriers.SIDECAR_SUFFIX}` behind it" in annexes


def test_signatures() -> None:
    hosts = {"JPEG": "jpeg", "PNG": "png", "TIFF": "tiff", "BigTIFF": "tiff"}
    for cell, kind, _ in table("signatures"):
        for signature in re.findall(r"`([0-9A-F ]+)`", cell):
            if kind in hosts:
                assert host_format(bytes.fromhex(signature)) == hosts[kind]
            else:
                assert bytes.fromhex(signature) == MAGIC


def test_keys() -> None:
    rows = {code(key): (kind, bounds, default) for key, kind, bounds, default, _ in table("keys")}
    later = {code(key): (bounds, default, since) for key, _, bounds, default, _, since in table("keys-2")}
    assert list(rows) == sorted(_KEYS - later.keys())
    of_bytes, of_smp = ("", "none", str(VERSION)), ("0..1", str(_DEFAULTS["smp"]), str(VERSION))
    assert later == {"like": of_bytes, "shl": of_bytes, "smp": of_smp}
    kinds = {code(key): kind for key, kind, *_ in table("keys-2")}
    assert kinds == {"like": f"{LIKENESS_BYTES} bytes", "shl": f"{SHOULDER_BYTES} bytes", "smp": "integer"}
    assert later.keys() == _VERSION_2_KEYS
    for key, (_, bounds, default) in rows.items():
        if key in ("aff", "gate", "grid", "rgb", "xy"):
            assert default in ("identity", "none")
        elif key in BINDING_KINDS:
            assert default == "see 5.5"
        elif key in ("h", "w"):
            assert (bounds, default) == (f"1..{MAX_SIDE}", "required")
        else:
            assert default == ("true" if _DEFAULTS[key] is True else str(_DEFAULTS[key]))
    assert rows["aff"][1].startswith(f"each -{MAX_AFFINE:g}..{MAX_AFFINE:g}")
    assert rows["mlp"][1] == "each at least 1"
    assert (rows["xy"][1], rows["rgb"][1]) == (f"1..{MAX_OCTAVES}", f"0..{MAX_OCTAVES}")
    assert (rows["head"][1], rows["src"][1], rows["cat"][1], rows["gate"][1]) == ("0..2", "0..1", "0..1", "0..255")


def test_values_of_keys() -> None:
    meanings = {code(key): meaning for key, *_, meaning in table("keys")}
    for key, names in (("head", map(str, _HEADS)), ("cat", (choice.value for choice in _ADAPTATIONS))):
        for k, name in enumerate(names):
            assert f"{k} {name}" in meanings[key].lower(), key
    assert "0 the code's, 1 that of" in meanings["src"]
    assert [source.value for source in _SOURCES] == ["code", "wide"]
    assert "0 R, G, B (§7.1), 1 Y, Cb, Cr" in next(row[4] for row in table("keys-2") if code(row[0]) == "smp")
    assert [choice.value for choice in _SAMPLES] == ["srgb", "sycc"]
    lists = " ".join(text().split("## 11 Registries")[1].split("## 12 ")[0].split())
    for known in (carriers.CARRIERS, BINDING_KINDS):
        assert set(known) <= set(re.findall(r"`(\w+)`", lists))


def test_numbers_of_the_checks_of_a_descriptor() -> None:
    """The vectors show that the package keeps to their order."""
    section = text().split("### 5.5 ")[1].split("## 6 ")[0]
    steps = [" ".join(step.split()) for step in re.split(r"^\d\. ", section, flags=re.MULTILINE)[1:]]
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == list("1234567")
    assert [k for k, step in enumerate(steps, 1) if "payload.limit" in step] == [2, 5]
    limits = DEFAULT_LIMITS
    assert limits.pixels == 2**30
    assert "2^30" in steps[1]
    assert f"`mlp` has at most {limits.layers - 1} elements, each at most {limits.layer_width}" in steps[4]
    assert f"F is at most {limits.layer_width}, GH times GW at most {limits.grid_nodes:,}" in steps[4]
    assert f"(section 6.1) are at most {limits.parameters:,}" in steps[4]
    assert f"(RFC 3629) of at most {_MAX_NAME} bytes, and byte strings have at most {DIGEST_BYTES};" in steps[0]
    assert f"maps, this one too, have at most {_MAX_ENTRIES} entries" in steps[0]
    later = " ".join(text(2).split("### 4.2 ")[1].split("### 4.3 ")[0].split())
    assert f"byte strings have at most {LIKENESS_BYTES} bytes instead of {DIGEST_BYTES}" in later
    assert "payload.limit" not in later


def test_error_codes() -> None:
    def below(error: type[GamutMetaError]) -> set[str]:
        return {error.code}.union(*map(below, error.__subclasses__()))

    ours = below(errors.PayloadError) | below(errors.CarrierError) | below(errors.BindingError)
    ours |= {errors.PhotoError.code}
    listed = [code(row[0]) for row in table("errors")]
    assert len(listed) == len(set(listed))
    assert set(listed) == ours
    # Whatever else the text calls a code is one.
    named = set(re.findall(r"`((?:payload|carrier)\.[a-z-]+)`", text() + text(2)))
    assert named <= ours


def test_scales() -> None:
    assert "from 2^-126 to 2^120" in text()
    assert (MIN_SCALE, MAX_SCALE) == (2.0**-126, 2.0**120)
    assert "integer e, -120..126" in text()


# Formats of the descriptor


@given(payloads())
def test_formats_of_the_descriptor(payload: Payload) -> None:
    data = encode(payload)
    descriptor = data[28 : 28 + int.from_bytes(data[16:20], "big")]
    allowed = set()
    for _, cell, _ in table_after("### 5.1 Canonical encoding") + table("formats-2"):
        for first, last in re.findall(r"`([0-9A-F]{2})(?: 10| 00 10| 47| 0C)?`(?:\.\.`([0-9A-F]{2})`)?", cell):
            allowed.update(range(int(first, 16), int(last or first, 16) + 1))
    assert set(first_bytes(descriptor)) <= allowed
    assert len(descriptor) < 400


def test_there_are_never_more_than_16_keys() -> None:
    """A likeness with all keys of version 1 but a digest, or with a shoulder, but then without `src`."""
    of_samples = _KEYS - {"gate", "rgb8", "shl", "src"}
    assert len(of_samples) < len(_KEYS - {"jpeg", "shl", "smp"}) == len(_KEYS - {"jpeg", "smp", "src"}) == 16
    assert "There are never more than 16 keys (§5.5, step 1)." in text(2)
    lengths = [int(code(row[1]).split(",")[0].split()[1], 16) for row in table("formats-2")[1:]]
    assert lengths == [LIKENESS_BYTES, SHOULDER_BYTES]


@given(shoulders())
def test_shoulders(shoulder: Shoulder) -> None:
    said = functions("shoulder", "shoulder-gate", rint=round)
    ends = list(zip(shoulder.dark, shoulder.bright, strict=True))
    for channel, (dark, bright) in enumerate(ends):
        low = said["values"](dark.codes, dark.growth, False)  # noqa: FBT003 - as the text has it
        high = said["values"](bright.codes, bright.growth, True)  # noqa: FBT003
        assert low[::-1] + high == shoulder.values(channel)
    for threshold in (None, 0, 1, 12, 200):
        model = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), gate=threshold, shoulder=shoulder)
        expected = [
            [said["gate_weight"](c, threshold, dark.codes, bright.codes) for c in range(256)] for dark, bright in ends
        ]
        np.testing.assert_array_equal(gate_weights(model), np.array(expected, np.float32))


def test_what_a_shoulder_is_made_of() -> None:
    said = functions("shoulder", rint=round)
    first = re.search(r"table=shoulder-ordinary -->\n\| code \|(.*)\|\n", text(2))
    assert first
    codes = [int(cell) for cell in first[1].split("|")]
    values = [int(value) for value in table("shoulder-ordinary")[0][1:]]
    more = [[int(cell) for cell in row[1:]] for row in table("shoulder-ordinary")[1:]]
    pairs = dict(zip([*codes, *more[0]], [*values, *more[1]], strict=True))
    assert pairs == {c: said["ordinary"](c) for c in (*range(9), *range(247, 256))}
    for c in pairs:
        e = c / 255
        exact = 2**20 * (e / 12.92 if e <= 0.04045 else ((e + 0.055) / 1.055) ** 2.4)
        assert abs(exact - round(exact)) < 0.46


def test_how_far_a_shoulder_may_reach() -> None:
    dark, bright = ([int(q) for q in row[1:]] for row in table("shoulder-limits"))
    values = functions("shoulder", rint=round)["values"]
    for n in range(1, 9):
        for is_bright, limit in ((False, dark[n - 1]), (True, bright[n - 1])):
            ends = [(End(), End(), End()), (End(n, limit), End(), End())]
            Shoulder(*(ends if is_bright else ends[::-1]))
            assert abs(values(n, limit, is_bright)[-1]) < 2**24
            if limit < 255:
                assert abs(values(n, limit + 1, is_bright)[-1]) >= 2**24
                ends[1] = (End(n, limit + 1), End(), End())
                with pytest.raises(ValueError, match="below 16"):
                    Shoulder(*(ends if is_bright else ends[::-1]))


def first_bytes(data: bytes) -> list[int]:
    """The first byte of every MessagePack object, for the formats of section 5.1 only."""
    sizes = {0xC2: 0, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xD0: 1, 0xCA: 4, 0xDC: 2, 0xDE: 2}
    found, at = [], 0
    while at < len(data):
        byte = data[at]
        found.append(byte)
        length = 1 + data[at + 1] if byte == 0xC4 else sizes.get(byte, 0)
        at += 1 + (byte & 31 if 0xA0 <= byte <= 0xBF else length)
    assert at == len(data)
    return found


# Formulas


def test_srgb() -> None:
    linear = functions("srgb")["linear"]
    ours = decode_table(SRGB, 256)
    np.testing.assert_array_equal(np.array([linear(c) for c in range(256)]).astype(np.float32), ours)
    between = np.linspace(0, 1, 60_001)
    np.testing.assert_allclose([linear(255 * e) for e in between.tolist()], decode_srgb(between), rtol=1e-9)
    for row, value in table("srgb"):
        # By str() it would depend on printing options, which colour-science sets for all.
        assert float(value) == float(np.format_float_positional(ours[int(row)]))


def test_linear_values_of_samples() -> None:
    said = functions("sycc-numbers", "sycc-linear", rint=round)
    shares, ours = sycc_tables()
    offset = -int(shares[3].min() - shares[3, 128])
    every = [np.float32(said["linear_of_number"](n)) for n in range(-offset, len(ours) - offset)]
    np.testing.assert_array_equal(every, ours)
    for number, value in table("sycc-linear"):
        assert float(value) == float(np.format_float_positional(ours[int(number) + offset]))
    lowest, highest = said["numbers"](0, 0, 0)[2], said["numbers"](255, 255, 255)[2]
    assert (lowest, highest) == (-offset, len(ours) - offset - 1)
    assert f"from {lowest:,} to {highest:,}" in text(2)
    assert f"{len(ours):,} linear values" in text(2).replace("\n", " ")
    np.testing.assert_array_equal(ours[offset : offset + 64 * 255 + 1 : 64], decode_table(SRGB, 256))


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_numbers_of_samples(samples: tuple[int, int, int]) -> None:
    said = functions("sycc-numbers", "sycc-linear", rint=round)
    linear = [np.float32(said["linear_of_number"](n)) for n in said["numbers"](*samples)]
    assert linear == decode_sycc(np.array(samples, np.uint8)).tolist()


def test_no_number_is_near_a_tie() -> None:
    distances = [
        abs(abs(Fraction(factor) * 64 * chroma) % 1 - Fraction(1, 2))
        for factor in re.findall(r"64 \* -?(\d\.\d+)", examples()["python", "sycc-numbers"])
        for chroma in range(-128, 128)
    ]
    assert len(distances) == 4 * 256
    assert min(distances) > Fraction("0.002")
    assert "none is nearer than 0.002" in " ".join(text(2).split())


@pytest.mark.parametrize("adaptation", Adaptation)
def test_matrices(adaptation: Adaptation) -> None:
    ours = expansion_matrix(adaptation)
    printed = np.array([[float(cell) for cell in row[1:]] for row in table(f"{adaptation}-expansion")])
    # The last digit depends on the machine's linear algebra; what is computed with does not.
    np.testing.assert_allclose(printed, ours, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(printed.astype(np.float32), ours.astype(np.float32))
    np.testing.assert_allclose(np.linalg.inv(printed), reduction_matrix(adaptation), rtol=0, atol=1e-14)


@given(st.lists(st.floats(-2, 2, width=32), min_size=3, max_size=3), st.sampled_from(Adaptation))
def test_application_of_the_matrix(rgb: list[float], adaptation: Adaptation) -> None:
    channel = functions("matrix")["channel"]
    matrix = expansion_matrix(adaptation).astype(np.float32)
    linear = np.array(rgb, np.float32)
    assert [channel(row, *linear) for row in matrix] == apply_matrix(matrix, linear[None])[0].tolist()


@given(descriptors(), st.integers(1, 5000), st.integers(1, 5000), st.data())
def test_positions(model: Descriptor, width: int, height: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    ours = fitted_positions(np.array(x), np.array(y), (width, height), model.affine)
    said = functions("position")["position"](x, y, width, height, model.affine)
    assert [np.float32(value) for value in said] == [float(value) for value in ours]


@given(st.floats(-1, 1, width=32), st.integers(0, 16))
def test_octaves(t: float, octaves: int) -> None:
    said = functions("octaves", **MATH)["octaves"](t, octaves)
    np.testing.assert_allclose(said, octave_features(np.array(t, np.float32), octaves), atol=5e-7)


def test_two_pi() -> None:
    assert np.float32("6.2831855") == np.float32(2 * np.pi)
    assert "6.2831855" in text()


@given(st.integers(2, 6), st.integers(2, 6), st.integers(1, 3), st.data())
def test_grid(rows: int, columns: int, channels: int, data: st.DataObject) -> None:
    u, v = (data.draw(st.floats(-0.5, 1.5, width=32)) for _ in range(2))
    grid = np.random.default_rng(1).standard_normal((rows, columns, channels)).astype(np.float32)
    said = functions("grid", **MATH)["interpolated"](grid.tolist(), rows, columns, channels, u, v)
    ours = _bilinear(grid, np.full((1, 1), u, np.float32), np.full((1, 1), v, np.float32))[0, 0]
    np.testing.assert_allclose(said, ours, atol=1e-5)
    before, fraction = grid_nodes(np.float32(u), columns)
    assert 0 <= before <= columns - 2
    assert 0 <= fraction <= 1


@given(descriptors().filter(lambda model: not model.is_empty), st.integers(0, 99))
def test_network(model: Descriptor, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = {spec.name: rng.uniform(-1, 1, spec.shape).astype(np.float32) for spec in model.tensor_specs()}
    features = rng.uniform(-1, 1, model.feature_count).astype(np.float32)
    layers = [
        (weights[f"weight{k}"].tolist(), weights[f"bias{k}"].tolist() if model.bias else [0.0] * width)
        for k, width in enumerate(model.layer_widths[1:])
    ]
    said = functions("network")["network"](layers, features.tolist())
    np.testing.assert_allclose(said, _network(model, weights, features), rtol=1e-3, atol=1e-3)


def test_relu_keeps_not_a_number() -> None:
    said = functions("network")["network"]([([[1.0]], [0.0]), ([[1.0]], [0.0])], [math.nan])
    assert math.isnan(said[0])


@pytest.mark.parametrize("gate", [None, 0, 1, 12, 100, 255])
def test_gate(gate: int | None) -> None:
    weight = functions("gate")["gate_weight"]
    np.testing.assert_array_equal(
        np.array([weight(c, gate) for c in range(256)], np.float32),
        gate_weights(Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), gate=gate))[0],
    )


def test_romm() -> None:
    sample = functions("romm", **MATH)["sample"]
    values = np.linspace(-0.1, 1.1, 4001).astype(np.float32)
    ours = np.rint(encode_romm(np.clip(values, 0, 1)) * np.float32(65535))
    assert np.abs([sample(float(v)) for v in values] - ours).max() <= 1
    assert (sample(math.nan), sample(math.inf), sample(-math.inf)) == (0, 65535, 0)
    for value, printed in table("romm"):
        assert sample(float(value)) == int(printed)
        assert np.rint(encode_romm(np.float32(value)) * np.float32(65535)) == int(printed)


def test_reduction() -> None:
    encode_code = functions("srgb-encode", **MATH)["code"]
    values = np.linspace(-0.1, 1.1, 4001)
    np.testing.assert_array_equal([encode_code(v) for v in values.tolist()], clip_to_codes(values))


EDITS: dict[str, dict[str, Any]] = {
    "crop": {"crop": (3, 2, 13, 9)},
    "resize": {"resize": (7, 5)},
    "turn 90": {"rotate": 90},
    "turn 180": {"rotate": 180},
    "turn 270": {"rotate": 270},
    "mirror left": {"flip": "horizontal"},
    "mirror top": {"flip": "vertical"},
    "transpose": {"flip": "transpose"},
    "transverse": {"flip": "transverse"},
}


def test_affines_of_edits() -> None:
    payload = decode(hex_example("container-2")).bind(16, 10, decode(hex_example("container-2")).binding)
    start = payload.descriptor.affine
    assert start is not None
    left, top, right, bottom = EDITS["crop"]["crop"]
    known = {"l": left, "t": top, "r": right, "s": bottom, "W": payload.width, "H": payload.height}
    rows = table("affine")
    assert len(rows) == len(EDITS)
    for (edit, arguments), (name, *cells) in zip(EDITS.items(), rows, strict=True):
        assert name.startswith(edit)
        inner = [eval(cell, {}, known) for cell in cells]  # noqa: S307 - our own text
        a, b, c, d, e, f = start
        p, q, r, s, t, w = inner
        composed = (a * p + b * s, a * q + b * t, a * r + b * w + c, d * p + e * s, d * q + e * t, d * r + e * w + f)
        ours = transform_payload(payload, **arguments).descriptor.affine
        np.testing.assert_allclose(composed, ours, atol=1e-7, err_msg=edit)
    assert f"`gate` of 0 by {SOFT_GATE}," in text().replace("\n", " ")


# All of it together


def expanded_by_the_text(data: bytes, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Section 7 put together from the functions in the text, for the features that example container-2 has."""
    names = ("srgb", "matrix", "position", "octaves", "grid", "network", "gate", "romm")
    said = functions(*names, **MATH)
    payload = decode(data)
    model, weights = payload.descriptor, {name: weight.tolist() for name, weight in payload.weights().items()}
    assert model.grid
    assert model.xy
    assert model.rgb
    matrix = [[float(cell) for cell in row[1:]] for row in table("bradford-expansion")]
    result = np.zeros(codes.shape)
    for y in range(payload.height):
        for x in range(payload.width):
            u, v = said["position"](x, y, payload.width, payload.height, model.affine)
            features = said["interpolated"](
                weights["grid"], model.grid.height, model.grid.width, model.grid.channels, u, v
            )
            features += said["octaves"](2 * u - 1, model.xy.octaves) + said["octaves"](2 * v - 1, model.xy.octaves)
            for c in codes[y, x].tolist():
                t = c / 127.5 - 1
                features += [t, *said["octaves"](t, model.rgb.octaves)]
            layers = [(weights[f"weight{k}"], weights[f"bias{k}"]) for k in range(len(model.hidden) + 1)]
            outputs = said["network"](layers, features)
            linear = [
                said["linear"](c) + said["gate_weight"](c, model.gate) * o
                for c, o in zip(codes[y, x].tolist(), outputs, strict=True)
            ]
            result[y, x] = [said["sample"](said["channel"](row, *linear)) for row in matrix]
    return result


def test_a_picture_by_the_text_alone() -> None:
    data = hex_example("container-2")
    codes = np.array(json_example("pixel-3")["codes"], np.uint8)
    payload = decode(data)
    ours = expand(payload.descriptor, payload.weights(), codes)
    assert np.abs(expanded_by_the_text(data, codes) - ours).max() <= 1


def test_canonical_form_is_what_the_text_says() -> None:
    data = hex_example("descriptor-2")
    entries = msgpack.unpackb(data)
    assert list(entries) == sorted(entries)
    assert pack(unpack(data, DEFAULT_LIMITS)) == msgpack.packb(entries, use_single_float=True) == data
