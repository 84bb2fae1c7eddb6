"""Payloads: containers after mutations, what they declare against what they take, and edits of them."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import container_of, fuzz_bound, fuzz_mutated, payloads

from gamutmeta import edit, pillow
from gamutmeta.carriers import embed
from gamutmeta.container import Limits, Payload, Tensor, decode, encode, transform_payload
from gamutmeta.errors import BindingError, LimitError, PhotoError
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.pipeline.expand import expand
from tests.fuzz import limits
from tests.fuzz.expect import CODES, result_or_refusal
from tests.fuzz.mutations import zstd
from tests.fuzz.mutations.container import sealed
from tests.fuzz.targets import container, descriptor, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

structured = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


# --- mutations -------------------------------------------------------------------------------------------------------


@structured
@given(fuzz_mutated(payloads().map(encode)))
def test_mutated_containers(data: bytes) -> None:
    container.run(data)


@structured
@given(payloads().map(encode), st.randoms(use_true_random=False), st.integers(1, 4))
def test_mutated_maps(data: bytes, chance: Any, times: int) -> None:
    changed = data[28 : 28 + int.from_bytes(data[16:20], "big")]
    for _ in range(times):
        changed = descriptor.mutated(changed, chance)
    descriptor.run(changed)


@structured
@given(st.binary(max_size=2000), st.randoms(use_true_random=False), st.integers(1, 4))
def test_mutated_frames(content: bytes, chance: Any, times: int) -> None:
    changed = len(content).to_bytes(3, "big") + zstd.filled(len(content), chance, content=content)
    frame.run(changed)
    for _ in range(times):
        changed = frame.mutated(changed, chance)
    frame.run(changed)


@structured
@given(payloads().map(encode), payloads().map(encode), st.sampled_from([12, 16, 20, 24, 28]))
def test_the_parts_of_two_containers(first: bytes, second: bytes, cut: int) -> None:
    for data in (first[:cut] + second[cut:], container_of(first[28:-4], len(second), second[28:-4])):
        container.run(data)


# --- what is declared and what it takes ------------------------------------------------------------------------------

SIDES = st.sampled_from([1, 2, 255, 256, 257, 1 << 16, 1 << 20, (1 << 32) - 1, 1 << 32, (1 << 64) - 1])


@st.composite
def declared(draw: st.DrawFn) -> bytes:
    """Containers whose map, header and frame each declare sizes of their own, up to the largest there are."""
    head = draw(st.sampled_from([1, 2]))
    values: dict[str, Any] = {"h": draw(SIDES), "w": draw(SIDES), "jpeg": bytes(16), "head": head}
    if draw(st.booleans()):
        values["grid"] = draw(st.lists(SIDES, min_size=3, max_size=3))
    if draw(st.booleans()):
        values["mlp"] = draw(st.lists(SIDES, max_size=9))
    if draw(st.booleans()):
        values |= {"xy": draw(st.sampled_from([1, 16])), "rgb": draw(st.sampled_from([0, 16]))}
    layers = len(values.get("mlp", [])) + 1
    values["q"] = [draw(st.sampled_from([0, "f16"])) for _ in range(2 * layers + ("grid" in values))]
    packed = msgpack.packb(dict(sorted(values.items())), use_single_float=True)
    stated = draw(st.integers(0, 1 << 21) | SIDES)
    sizes = draw(st.lists(st.sampled_from([0, 1, 1 << 17]), min_size=1, max_size=9))
    stored = zstd.Frame(stated, tuple(zstd.Block(zstd.RLE, b"\1", size) for size in sizes)).to_bytes()
    return container_of(packed, draw(st.just(stated & 0xFFFFFFFF) | st.integers(0, 1 << 21)), stored)


@settings(structured, max_examples=3 * settings.default.max_examples)
@given(declared())
def test_declared_sizes_do_not_cost_what_they_declare(data: bytes) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        container.run(data)
        assert tracemalloc.get_traced_memory()[1] < limits.MEMORY
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 2 * limits.SECONDS  # tracing takes time as well


def _widest(layers: int, width: int) -> tuple[bytes, int]:
    """The map of a model of equal layers, and the bytes of its tensors."""
    hidden = [width] * (layers - 1)
    values = {"h": 4, "head": 2, "jpeg": bytes(16), "mlp": hidden, "q": [0] * (2 * layers), "rgb": 16, "w": 4}
    widths = [99, *hidden, 3]
    return msgpack.packb(values), sum((a + 1) * b for a, b in pairwise(widths))


def test_the_largest_model_within_the_limits_decodes_and_expands_in_bounded_time_and_memory() -> None:
    packed, length = _widest(8, 256)
    data = container_of(packed, length, zstd.filled(length, _Fixed()))
    tracemalloc.start()
    started = time.process_time()
    try:
        payload = decode(data)
        assert payload.descriptor.parameter_count == length
        container.run(data)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("layers", "width"), [(9, 4), (2, 257)])
def test_one_more_is_refused(layers: int, width: int) -> None:
    packed, length = _widest(layers, width)
    data = container_of(packed, length, zstd.filled(length, _Fixed()))
    with pytest.raises(LimitError):
        decode(data)
    assert decode(data, Limits(layers=9, layer_width=257)).descriptor.parameter_count == length


class _Fixed:
    """Chance for where there is none."""

    def randbytes(self, count: int) -> bytes:
        return b"\1" * count


# --- weights that overflow -------------------------------------------------------------------------------------------


@structured
@given(fuzz_bound(), st.sampled_from([0x7BFF, 0xFBFF, 0x0001, 0x8000]), st.floats(2.0**-126, 2.0**120, width=32))
def test_extreme_numbers_expand_to_codes(pair: tuple[bytes, Payload], pattern: int, scale: float) -> None:
    data, payload = pair

    def extreme(i: int, shape: tuple[int, ...]) -> Tensor:
        if i % 2:
            return Tensor(np.full(shape, pattern, np.uint16).view(np.float16), None)
        return Tensor(np.full(shape, -128 if i % 4 else 127, np.int8), scale)

    tensors = tuple(extreme(i, spec.shape) for i, spec in enumerate(payload.descriptor.tensor_specs()))
    hostile = Payload(payload.width, payload.height, payload.binding, payload.descriptor, tensors)
    wide = expand(embed(data, hostile.to_bytes(), replace=True), threads=1)
    assert (wide.array.dtype, wide.array.shape) == (np.uint16, (payload.height, payload.width, 3))


# --- edits -----------------------------------------------------------------------------------------------------------


@st.composite
def edits(draw: st.DrawFn, width: int, height: int) -> dict[str, Any]:
    """Any edit of a picture of that size, some of which cannot be done."""
    chosen: dict[str, Any] = {}
    if draw(st.booleans()):
        left, upper = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        chosen["crop"] = (left, upper, draw(st.integers(left, width + 1)), draw(st.integers(upper + 1, height)))
    if draw(st.booleans()):
        side = st.integers(0, 40) | st.sampled_from([1 << 15, 1 << 30, 1 << 32])
        chosen["resize"] = (draw(side), draw(side))
    chosen["rotate"] = draw(st.sampled_from([None, 90, 180, 270, 45]))
    chosen["flip"] = draw(st.sampled_from([None, "horizontal", "vertical", "transpose", "transverse", "inwards"]))
    return chosen


@structured
@given(payloads(), st.data())
def test_an_edited_payload_can_be_read_or_the_edit_is_refused(payload: Payload, data: st.DataObject) -> None:
    for _ in range(4):
        edited = result_or_refusal(transform_payload, CODES, payload, **data.draw(edits(payload.width, payload.height)))
        if edited is not None:
            payload = edited
            assert decode(payload.to_bytes()) == payload


@pytest.fixture
def plugin() -> Iterator[None]:
    pillow.register()
    yield
    pillow.unregister()


@pytest.mark.usefixtures("plugin")
@settings(structured, max_examples=settings.default.max_examples * 3 // 5)
@given(fuzz_bound(), st.data(), st.sampled_from(["png", "tiff", "jpeg"]))
def test_an_edited_file_can_be_expanded(pair: tuple[bytes, Payload], data: st.DataObject, format_: Any) -> None:
    image = Image.open(io.BytesIO(pair[0]))
    edited = result_or_refusal(edit.flip, CODES, image, data.draw(st.sampled_from(["horizontal", "transverse"])))
    if edited is None:  # the payload's affine leads too far away
        return
    width, height = edited.image.size
    chosen = data.draw(st.sampled_from(["crop", "resize", "rotate"]))
    if chosen == "crop":
        edited = result_or_refusal(edit.crop, CODES, edited, (width // 2, 0, width, max(1, height // 2)))
    elif chosen == "resize":
        sides = st.integers(1, 30)
        edited = result_or_refusal(edit.resize, CODES, edited, data.draw(st.tuples(sides, sides)))
    else:
        edited = result_or_refusal(edit.rotate90, CODES, edited, data.draw(st.integers(-3, 3)))
    if edited is None:
        return
    if pair[1].descriptor.samples is SampleCoding.SYCC and format_ != "jpeg":
        with pytest.raises(PhotoError, match="YCbCr samples of a JPEG"):
            edited.to_bytes(format_)
        return
    if pair[1].descriptor.shoulder is not None and format_ == "jpeg":
        with pytest.raises(PhotoError, match="a JPEG cannot keep the last codes"):
            edited.to_bytes(format_)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a lossless model goes into a JPEG
        restored = expand(edited.to_bytes(format_), threads=1)
    assert restored.size == edited.image.size
    if format_ != "jpeg":
        np.testing.assert_array_equal(restored.array, edited.expand(threads=1).array)


@structured
@given(fuzz_bound(), fuzz_bound())
def test_a_payload_on_another_picture_is_refused(one: tuple[bytes, Payload], other: tuple[bytes, Payload]) -> None:
    if one[1].binding == other[1].binding:
        return
    transplanted = embed(one[0], other[1].to_bytes(), replace=True)
    if other[1].descriptor.samples is SampleCoding.SYCC and one[1].binding.kind != "jpeg":
        for check in (True, False):  # without such samples there is nothing to expand
            with pytest.raises((BindingError, PhotoError)):
                expand(transplanted, threads=1, check=check)
        return
    with pytest.raises(BindingError):
        expand(transplanted, threads=1)
    assert expand(transplanted, threads=1, check=False).size == expand(one[0], threads=1).size


def test_header_integers_at_their_ends() -> None:
    data = container.seeds()["default"]
    for offset in (12, 16, 20, 24):
        for value in (0, 1, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            changed = data[:offset] + struct.pack(">I", value) + data[offset + 4 :]
            container.run(changed)
            container.run(sealed(changed))
