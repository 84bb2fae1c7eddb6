from __future__ import annotations

import math
import struct
from dataclasses import replace

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import container_bindings, container_likenesses, container_scales, descriptors

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.container import Binding
from gamutmeta.container.descriptor_map import Contents, pack, unpack, version_of
from gamutmeta.container.limits import DEFAULT_LIMITS, Limits
from gamutmeta.errors import LimitError, PayloadError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding

DIGEST = bytes(range(16))
SCALE = float(np.float32(0.1))
FIFTH = float(np.float32(0.2))
FULL = Descriptor(
    Head.SRGB_EXCESS,
    Grid(4, 48, 64),
    FourierXY(3),
    Rgb(2, RgbSource.WIDE, identity=False),
    (24, 200),
    bias=False,
    gate=32,
    adaptation=Adaptation.CAT02,
    affine=(0.0, -0.5, 0.75, 0.25, 0.0, FIFTH),
)
CONTENTS = Contents(4000, 3000, Binding("rgb8", DIGEST), FULL, (2.0**-4, None, SCALE, 2.0))
ENTRIES = {
    "aff": [0.0, -0.5, 0.75, 0.25, 0.0, FIFTH],
    "bias": False,
    "cat": 1,
    "gate": 32,
    "grid": [4, 48, 64],
    "h": 3000,
    "head": 2,
    "mlp": [24, 200],
    "q": [4, "f16", SCALE, -1],
    "rgb": 2,
    "rgb8": DIGEST,
    "src": 1,
    "t": False,
    "w": 4000,
    "xy": 3,
}
EMPTY = {"h": 3000, "jpeg": DIGEST, "w": 4000}
SYCC = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(1), bias=False, samples=SampleCoding.SYCC)
LIKENESS = bytes(range(100, 171))
SHOULDER = Shoulder((End(), End(1, 99), End(4, 20)), (End(8, 9), End(2, 60), End()))
OF_SHOULDER = {
    "bias": False, "gate": 0, "h": 3000, "head": 2, "q": [7], "rgb": 1, "rgb8": DIGEST, "w": 4000,
    "shl": bytes.fromhex("000008090163023C04140000"),
}  # fmt: skip
OF_SAMPLES = {"bias": False, "h": 3000, "head": 2, "jpeg": DIGEST, "q": [7], "rgb": 1, "smp": 1, "w": 4000}


def packed(entries: dict[object, object]) -> bytes:
    return msgpack.packb({key: entries[key] for key in sorted(entries, key=str)}, use_single_float=True)


def refusal(data: bytes, version: int = 1) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        unpack(data, DEFAULT_LIMITS, version)
    assert type(caught.value) is PayloadError
    return caught.value


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    model = draw(descriptors())
    count = len(model.tensor_specs())
    scales = draw(st.lists(st.none() | container_scales(), min_size=count, max_size=count))
    sides = st.integers(1, 2**32 - 1)
    binding, likeness = draw(container_bindings(model)), draw(container_likenesses())
    return Contents(draw(sides), draw(sides), binding, model, tuple(scales), likeness)


@given(contents())
def test_round_trip(these: Contents) -> None:
    assert unpack(pack(these), Limits(pixels=2**64), version_of(these)) == these


@given(contents())
def test_keys_ascend_and_numbers_are_short(these: Contents) -> None:
    data = pack(these)
    entries = msgpack.unpackb(data, object_pairs_hook=list)
    keys = [key.encode() for key, _ in entries]
    assert keys == sorted(set(keys))
    assert msgpack.packb(dict(entries), use_single_float=True) == data
    assert len(data) < 400


def test_all_keys() -> None:
    assert pack(CONTENTS) == packed(ENTRIES)
    assert unpack(packed(ENTRIES), DEFAULT_LIMITS) == CONTENTS


def test_a_whole_picture_is_packed_as_before_there_were_edits() -> None:
    golden = (
        "8ea462696173c2a363617401a46761746520a46772696493043040a168cd0bb8a46865616402a36d6c709218ccc8"
        "a1719404a3663136ca3dcccccdffa372676202a472676238c410000102030405060708090a0b0c0d0e0f"
        "a373726301a174c2a177cd0fa0a2787903"
    )
    whole = replace(CONTENTS, descriptor=replace(FULL, affine=None))
    assert pack(whole).hex() == golden
    assert unpack(bytes.fromhex(golden), DEFAULT_LIMITS) == whole


def test_the_affine_comes_first_and_takes_34_bytes() -> None:
    data = packed(ENTRIES)
    numbers = struct.pack(">" + "Bf" * 6, *(part for value in ENTRIES["aff"] for part in (0xCA, value)))
    assert data[1:36] == b"\xa3aff\x96" + numbers


@pytest.mark.parametrize("values", [[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [-0.0, -0.5, 0.75, 0.25, 0.0, 0.5]])
def test_affines_have_one_form(values: list[float]) -> None:
    assert "canonical" in str(refusal(packed({**ENTRIES, "aff": values})))


def test_an_affine_needs_a_place() -> None:
    entries = {k: v for k, v in ENTRIES.items() if k not in {"grid", "xy"}} | {"q": [4, 4, 4]}
    unpack(packed({k: v for k, v in entries.items() if k != "aff"}), DEFAULT_LIMITS)
    assert "canonical" in str(refusal(packed(entries)))
    assert "canonical" in str(refusal(packed({**EMPTY, "aff": ENTRIES["aff"]})))


def test_defaults_are_absent() -> None:
    assert pack(Contents(4000, 3000, Binding("jpeg", DIGEST), Descriptor(), ())) == packed(EMPTY)


def test_gate_0_is_not_no_gate() -> None:
    open_gate = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), bias=False)
    shut_gate = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), bias=False, gate=0)
    both = [pack(Contents(1, 1, Binding("jpeg", DIGEST), model, (1.0,))) for model in (open_gate, shut_gate)]
    assert [unpack(data, DEFAULT_LIMITS).descriptor for data in both] == [open_gate, shut_gate]
    assert len(both[1]) == len(both[0]) + 6


@pytest.mark.parametrize("key", ["bias", "cat", "head", "mlp", "q", "src", "t"])
def test_defaults_must_be_absent(key: str) -> None:
    default = {"bias": True, "cat": 0, "head": 0, "mlp": [], "q": [], "src": 0, "t": True}[key]
    entries = {"h": 1, "head": 1, "jpeg": DIGEST, "q": [0, 0], "rgb": 0, "w": 1}
    unpack(packed(entries), DEFAULT_LIMITS)
    entries = EMPTY if key in ("head", "q") else entries
    error = refusal(packed({**entries, key: default}))
    assert (error.field, "canonical" in str(error)) == ("descriptor", True)


def test_samples() -> None:
    these = Contents(4000, 3000, Binding("jpeg", DIGEST), SYCC, (2.0**-7,))
    assert pack(these) == packed(OF_SAMPLES)
    assert unpack(packed(OF_SAMPLES), DEFAULT_LIMITS, 2) == these
    alone = replace(these, descriptor=Descriptor(samples=SampleCoding.SYCC), scales=())
    assert pack(alone) == packed({**EMPTY, "smp": 1})
    assert unpack(pack(alone), DEFAULT_LIMITS, 2) == alone
    assert version_of(these) == version_of(alone) == 2
    assert version_of(CONTENTS) == 1


def test_shoulder() -> None:
    model = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(1), bias=False, gate=0, shoulder=SHOULDER)
    these = Contents(4000, 3000, Binding("rgb8", DIGEST), model, (2.0**-7,))
    assert pack(these) == packed(OF_SHOULDER)
    assert unpack(packed(OF_SHOULDER), DEFAULT_LIMITS, 2) == these
    alone = replace(these, binding=Binding("jpeg", DIGEST), descriptor=Descriptor(shoulder=SHOULDER), scales=())
    assert pack(alone) == packed({**EMPTY, "shl": SHOULDER.to_bytes()})
    assert unpack(pack(alone), DEFAULT_LIMITS, 2) == alone
    assert version_of(these) == version_of(alone) == 2
    assert "needs version 2" in str(refusal(packed(OF_SHOULDER), 1))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *(({"shl": value}, "shl") for value in (b"", bytes(11), bytes(13), "12 characters", 1, None, [3] * 12)),
        ({"shl": bytes(12)}, "shl"),
        ({"shl": bytes([9, 1, *[0] * 10])}, "shl"),
        ({"shl": bytes([0, 1, *[0] * 10])}, "shl"),
        ({"shl": bytes([*[0] * 10, 3, 0])}, "shl"),
        ({"shl": bytes([*[0] * 10, 3, 200])}, "shl"),
        ({"head": 1, "gate": None}, "shoulder"),
        ({"src": 1}, "shoulder"),
        ({"smp": 1, "gate": None, "jpeg": DIGEST, "rgb8": None}, "shoulder"),
    ],
)
def test_wrong_shoulders(change: dict[str, object], field: str) -> None:
    entries = {key: value for key, value in {**OF_SHOULDER, **change}.items() if value is not None or key == "shl"}
    assert refusal(packed(entries), 2).field == f"descriptor.{field}" or "msgpack" in str(refusal(packed(entries), 2))


def test_samples_need_version_2_and_it_needs_them() -> None:
    for entries in (OF_SAMPLES, {**EMPTY, "smp": 1}, {**EMPTY, "smp": 0}, {**EMPTY, "smp": "x", "w": -1}):
        assert "needs version 2" in str(refusal(packed(entries), 1))
    for entries in (ENTRIES, EMPTY):
        assert refusal(packed(entries), 2).field == "header.min_reader_version"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *(({"smp": value}, "smp") for value in (2, -1, True, False, 1.0, "1", None, [1])),
        ({"gate": 0}, "gate"),
        ({"gate": 12}, "gate"),
        ({"head": 1}, "samples"),
        ({"src": 1}, "samples"),
    ],
)
def test_what_goes_with_samples(change: dict[str, object], field: str) -> None:
    assert refusal(packed({**OF_SAMPLES, **change}), 2).field == f"descriptor.{field}"


def test_samples_are_those_of_a_jpeg() -> None:
    entries = {key: value for key, value in OF_SAMPLES.items() if key != "jpeg"} | {"rgb8": DIGEST}
    # Before the limits of the model, which would give another code.
    assert refusal(packed({**entries, "mlp": [257]}), 2).field == "descriptor.smp"
    with pytest.raises(PayloadError) as caught:
        pack(Contents(4000, 3000, Binding("rgb8", DIGEST), SYCC, (2.0**-7,)))
    assert caught.value.field == "descriptor.smp"


@pytest.mark.parametrize("entries", [OF_SAMPLES, EMPTY], ids=["model", "empty"])
def test_srgb_samples_are_not_spelled_out(entries: dict[object, object]) -> None:
    assert "canonical" in str(refusal(packed({**entries, "smp": 0}), 2))


ALIKE: list[dict[object, object]] = [
    {**ENTRIES, "like": LIKENESS},
    {**EMPTY, "like": LIKENESS},
    {**OF_SAMPLES, "like": LIKENESS},
    {**EMPTY, "smp": 1, "like": LIKENESS},
]
each_alike = pytest.mark.parametrize("entries", ALIKE, ids=["full", "empty", "samples", "samples alone"])


@each_alike
def test_a_likeness_goes_with_everything(entries: dict[object, object]) -> None:
    these = unpack(packed(entries), DEFAULT_LIMITS, 2)
    assert these.likeness == LIKENESS
    assert pack(these) == packed(entries)
    assert version_of(these) == 2
    without = replace(these, likeness=None)
    assert len(pack(without)) == len(packed(entries)) - 78 - 2 * (len(entries) == 16)


def test_a_map_of_all_16_keys_takes_the_longer_form() -> None:
    data = packed(ALIKE[0])
    assert data[:3] == b"\xde\x00\x10"
    assert data.index(b"\xa4like\xc4\x47" + LIKENESS) == data.index(b"\xa3mlp") - 78
    assert "msgpack" in str(refusal(b"\x8f" + data[3:], 2))
    shorter = packed(ALIKE[1])
    assert "canonical" in str(refusal(b"\xde\x00" + bytes([shorter[0] & 15]) + shorter[1:], 2))


@each_alike
@pytest.mark.parametrize(
    "value",
    [b"", bytes(16), bytes(70), bytes(72), bytes(142), LIKENESS.hex(), "", 71, None, False, [0] * 71, [LIKENESS], {}],
    ids=lambda value: repr(value)[:16],
)
def test_a_likeness_has_71_bytes(entries: dict[object, object], value: object) -> None:
    error = refusal(packed({**entries, "like": value}), 2)
    long = isinstance(value, (bytes, str)) and len(value) > 71
    assert error.field == ("descriptor" if long else "descriptor.like")


def test_a_likeness_needs_version_2() -> None:
    for entries in ALIKE:
        refusal(packed(entries), 1)
    for value in (bytes(16), "x", None, 1):
        assert "needs version 2" in str(refusal(packed({**EMPTY, "like": value}), 1))


@pytest.mark.parametrize(("version", "longest"), [(1, 16), (2, 71)])
def test_byte_strings_are_as_long_as_in_the_version(version: int, longest: int) -> None:
    """So that readers of all versions give the same code, which is that of a limit behind."""
    entries: dict[object, object] = {**(EMPTY if version == 1 else ALIKE[1]), "w": 1 << 16, "h": 1 << 16}
    with pytest.raises(LimitError):
        unpack(packed({**entries, "q": [[bytes(longest)]]}), DEFAULT_LIMITS, version)
    assert "msgpack" in str(refusal(packed({**entries, "q": [[bytes(longest + 1)]]}), version))


def test_no_map_has_more_than_16_entries() -> None:
    many = {chr(ord("a") + number): 0 for number in range(17)}
    assert "msgpack" in str(refusal(packed({**EMPTY, "q": [many]})))


@pytest.mark.parametrize("key", sorted(ENTRIES))
def test_nil_is_not_a_value(key: str) -> None:
    assert refusal(packed({**ENTRIES, key: None})).field == f"descriptor.{key}"


@pytest.mark.parametrize("key", sorted(ENTRIES))
def test_types_are_exact(key: str) -> None:
    right = type(ENTRIES[key])
    wrong = [1, True, 1.0, "x", b"x", {}, [True] * 3, [[]] * 3, [1.0] * 3, [{}] * 4, [b""] * 4, [None]]
    for value in wrong:
        if type(value) is not right or type(value) is list:
            assert refusal(packed({**ENTRIES, key: value})).field.startswith(f"descriptor.{key}"), value


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"aff": [0.5, 0.0, 0.0, 0.0, 0.5]}, "aff"),
        ({"aff": [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]}, "aff"),
        ({"aff": [0.5, 0, 0.0, 0.0, 0.5, 0.0]}, "aff"),
        ({"aff": []}, "aff"),
        ({"aff": [math.nan, 0.0, 0.0, 0.0, 0.5, 0.0]}, "affine"),
        ({"aff": [0.5, 0.0, math.inf, 0.0, 0.5, 0.0]}, "affine"),
        ({"aff": [0.5, 0.0, 0.0, 0.0, 0.5, 16.5]}, "affine"),
        ({"aff": [0.5, 0.0, 0.0, 0.0, -17.0, 0.0]}, "affine"),
        ({"cat": 2}, "cat"),
        ({"cat": -1}, "cat"),
        ({"head": 3}, "head"),
        ({"src": 2}, "src"),
        ({"w": 0}, "w"),
        ({"h": -1}, "h"),
        ({"h": 2**32}, "h"),
        ({"gate": 256}, "gate"),
        ({"gate": -1}, "gate"),
        ({"head": 1}, "gate"),
        ({"grid": [4, 48]}, "grid"),
        ({"grid": [4, 48, 64, 1]}, "grid"),
        ({"grid": []}, "grid"),
        ({"grid": [0, 48, 64]}, "grid"),
        ({"grid": [-1, 48, 64]}, "grid"),
        ({"grid": [4, 1, 64]}, "grid"),
        ({"mlp": [24, 0]}, "hidden"),
        ({"mlp": [24, -3]}, "hidden"),
        ({"xy": 0}, "xy"),
        ({"xy": 17}, "xy"),
        ({"rgb": 17}, "rgb"),
        ({"rgb": -1}, "rgb"),
        ({"rgb8": bytes(15)}, "rgb8"),
        ({"rgb8": ""}, "rgb8"),
        ({"jpeg": DIGEST}, "binding"),
        ({"q": [4, "f16", SCALE]}, "q"),
        ({"q": [4, "f16", SCALE, 1, 1]}, "q"),
        ({"q": ["f32", "f16", SCALE, 1]}, "q.grid"),
        ({"q": [None, "f16", SCALE, 1]}, "q.grid"),
        ({"q": [4, True, SCALE, 1]}, "q.weight0"),
        ({"q": [4, b"f16", SCALE, 1]}, "q.weight0"),
        ({"q": [4, "f16", -SCALE, 1]}, "q.weight1"),
        ({"q": [4, "f16", 0.0, 1]}, "q.weight1"),
        ({"q": [4, "f16", -0.0, 1]}, "q.weight1"),
        ({"q": [4, "f16", SCALE, math.nan]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, math.inf]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, 2.0**-140]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, 1.5 * 2.0**120]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, 127]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, -121]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, 10**18]}, "q.weight2"),
        ({"q": [4, "f16", SCALE, -(10**18)]}, "q.weight2"),
    ],
)
def test_values_out_of_range(change: dict[str, object], field: str) -> None:
    assert refusal(packed({**ENTRIES, **change})).field == f"descriptor.{field}"


@pytest.mark.parametrize("key", ["w", "h"])
def test_size_is_required(key: str) -> None:
    assert refusal(packed({k: v for k, v in EMPTY.items() if k != key})).field == f"descriptor.{key}"


def test_binding_is_required() -> None:
    assert refusal(packed({"h": 1, "w": 1})).field == "descriptor.binding"


@pytest.mark.parametrize("key", ["src", "t"])
def test_colour_details_need_a_colour(key: str) -> None:
    entries = {k: v for k, v in ENTRIES.items() if k not in {"rgb", "src", "t"}}
    assert refusal(packed({**entries, key: ENTRIES[key]})).field == "descriptor.rgb"


def test_an_empty_model_has_nothing() -> None:
    for key in ("bias", "gate", "grid", "mlp", "rgb", "xy"):
        assert refusal(packed({**EMPTY, key: ENTRIES[key]})).field == "descriptor.head"
    assert refusal(packed({**EMPTY, "q": [1]})).field == "descriptor.q"


def test_unknown_keys_are_named() -> None:
    assert "unknown key 'octave'" in str(refusal(packed({**EMPTY, "octave": 1})))
    assert "unknown key b'w'" in str(refusal(packed({**EMPTY, b"w": 1})))


def test_duplicate_keys_are_named() -> None:
    data = b"\x84" + packed(EMPTY)[1:] + b"\xa1w\x05"
    assert "'w' occurs twice" in str(refusal(data))


def test_keys_are_in_order() -> None:
    swapped = msgpack.packb({"w": 4000, "h": 3000, "jpeg": DIGEST})
    assert sorted(swapped) == sorted(packed(EMPTY))
    assert "canonical" in str(refusal(swapped))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (b"\xa1h\xcd\x0b\xb8", b"\xa1h\xce\x00\x00\x0b\xb8"),
        (b"\xa1h\xcd\x0b\xb8", b"\xa1h\xd1\x0b\xb8"),
        (b"\xa1h", b"\xd9\x01h"),
        (b"\xc4\x10", b"\xc5\x00\x10"),
        (b"\x8f", b"\xde\x00\x0f"),
        (b"\x96", b"\xdc\x00\x06"),
        (b"\xca\xbf\x00\x00\x00", b"\xcb\xbf\xe0\x00\x00\x00\x00\x00\x00"),
        (b"\x93\x04", b"\xdc\x00\x03\x04"),
        (b"\xa3f16", b"\xd9\x03f16"),
        (b"\xa4head\x02", b"\xa4head\xcc\x02"),
        (b"\xca\x3d\xcc\xcc\xcd", b"\xcb\x3f\xb9\x99\x99\xa0\x00\x00\x00"),
        (b"\xa1q\x94\x04", b"\xa1q\x94\xca\x3d\x80\x00\x00"),
        (b"\xff\xa3rgb", b"\xd0\xff\xa3rgb"),
    ],
)
def test_encodings_are_the_shortest(short: bytes, long: bytes) -> None:
    data = packed(ENTRIES)
    assert data.count(short) == 1
    assert "canonical" in str(refusal(data.replace(short, long)))


def test_double_precision_scales_are_refused() -> None:
    data = packed(ENTRIES).replace(b"\xca\x3d\xcc\xcc\xcd", b"\xcb" + np.array(0.1, ">f8").tobytes())
    assert refusal(data).field == "descriptor.q.weight1"


def test_double_precision_affines_are_refused() -> None:
    single, double = np.array(0.2, ">f4").tobytes(), np.array(0.2, ">f8").tobytes()
    assert refusal(packed(ENTRIES).replace(b"\xca" + single, b"\xcb" + double)).field == "descriptor.affine"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc0",
        b"\x90",
        b"\x01",
        b"\xc1",
        b"\xa1w",
        packed(EMPTY) + b"\xc0",
        packed(EMPTY)[:-1],
        b"\xdf\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\x81\xdb\xff\xff\xff\xff",
        b"\x81\xa1w\xc6\xff\xff\xff\xff",
        b"\x81\xa1w\xc9\xff\xff\xff\xff\x01",
        b"\x81\x01\x02",
        b"\x81\x90\x02",
        b"\x81\x80\x02",
        b"\x81\xc0\x02",
        b"\x81\xa1\xff\x02",
        b"\x81\xa1w\xd4\x01\x00",
        b"\x81\xa1w\xc7\x00\x01",
        b"\x81\xa1w\xc7\x00\xff",
        b"\x81\xa1w\xd6\xff\x00\x00\x00\x00",
        b"\x91" * 1024,
        b"\x81\xa1w" * 340,
        b"\x81\xa1w" + b"\x91" * 900 + b"\x00",
    ],
)
def test_other_msgpack(data: bytes) -> None:
    assert refusal(data).field.startswith("descriptor")


@given(st.binary(max_size=300))
def test_arbitrary_bytes(data: bytes) -> None:
    try:
        these = unpack(data, DEFAULT_LIMITS)
    except PayloadError as error:
        assert error.field  # noqa: PT017 - both outcomes are right
    else:
        assert pack(these) == data


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(width=32)
    | st.sampled_from(["", "f16", "w", "jpeg"])
    | st.binary(max_size=17)
    | st.just(LIKENESS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("hwz"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted({*ENTRIES, *OF_SAMPLES, "like"})), values),
    st.sampled_from([ENTRIES, EMPTY, OF_SAMPLES]),
    st.sampled_from([1, 2]),
)
def test_arbitrary_entries(changes: dict[str, object], entries: dict[str, object], version: int) -> None:
    data = packed({**entries, **changes})
    try:
        these = unpack(data, DEFAULT_LIMITS, version)
    except PayloadError as error:
        assert error.field  # noqa: PT017 - both outcomes are right
    else:
        assert pack(these) == data
