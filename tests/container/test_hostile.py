"""Whatever the bytes: a payload or a PayloadError, quickly and in little memory."""

from __future__ import annotations

import tracemalloc

import msgpack
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from strategies import container_of, container_resealed, payloads

from gamutmeta.container import Binding, Payload, Tensor, decode, encode
from gamutmeta.errors import ChecksumError, PayloadError
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb

BINDING = Binding("jpeg", bytes(range(16)))


def small(model: Descriptor, dtype: type = np.int8) -> bytes:
    specs = model.tensor_specs()
    scale = None if dtype is np.float16 else float(np.float32(0.3))
    values = (np.arange(spec.size).reshape(spec.shape).astype(dtype) for spec in specs)
    return encode(Payload(640, 480, BINDING, model, tuple(Tensor(value, scale) for value in values)))


SAMPLES = {
    "empty": small(Descriptor()),
    "linear": small(Descriptor(Head.WIDE_RESIDUAL, rgb=Rgb(0), bias=False)),
    "grid": small(Descriptor(Head.SRGB_EXCESS, Grid(1, 2, 2), rgb=Rgb(0), hidden=(2,), gate=0)),
    "float16": small(Descriptor(Head.WIDE_RESIDUAL, rgb=Rgb(0)), np.float16),
}
each_sample = pytest.mark.parametrize("name", SAMPLES)


def descriptor_of(data: bytes) -> bytes:
    return data[28 : 28 + int.from_bytes(data[16:20], "big")]


@each_sample
def test_truncation_at_every_byte(name: str) -> None:
    data = SAMPLES[name]
    for end in range(len(data)):
        with pytest.raises(PayloadError, match="ends here"):
            decode(data[:end])


@each_sample
def test_every_flipped_bit_is_refused(name: str) -> None:
    data = SAMPLES[name]
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            with pytest.raises(PayloadError) as caught:
                decode(bytes(damaged))
            if position >= 16 or 8 <= position < 12:
                assert type(caught.value) is ChecksumError


@each_sample
def test_every_byte_with_the_checksum_made_right(name: str) -> None:
    data = SAMPLES[name]
    for position in range(len(data) - 4):
        for change in (0x01, 0x80, 0xFF):
            altered = bytearray(data)
            altered[position] ^= change
            result_or_refusal(container_resealed(bytes(altered)))


@each_sample
def test_extra_bytes(name: str) -> None:
    data = SAMPLES[name]
    for longer in (data + b"\0", data + data, b"\0" + data):
        with pytest.raises(PayloadError):
            decode(longer)


def test_tensor_length_is_that_of_the_model() -> None:
    data = SAMPLES["linear"]
    descriptor = descriptor_of(data)
    for length in (8, 10, 18):
        frame = zstandard.ZstdCompressor().compress(bytes(length))
        with pytest.raises(PayloadError) as caught:
            decode(container_of(descriptor, length, frame))
        assert caught.value.field == "header.tensor_length"
    for length, frame in ((0, b""), (9, b""), (0, data[28 + len(descriptor) : -4])):
        with pytest.raises(PayloadError):
            decode(container_of(descriptor, length, frame))


def test_an_empty_model_has_no_frame() -> None:
    descriptor = descriptor_of(SAMPLES["empty"])
    for frame in (zstandard.ZstdCompressor().compress(b""), b"\0"):
        with pytest.raises(PayloadError) as caught:
            decode(container_of(descriptor, 0, frame))
        assert caught.value.field == "tensors"


@pytest.mark.parametrize("pattern", [0x7C00, 0xFC00, 0x7C01, 0x7E00, 0xFFFF])
def test_float16_that_is_not_finite(pattern: int) -> None:
    raw = np.array([0] * 11 + [pattern], "<u2").tobytes()
    data = container_of(descriptor_of(SAMPLES["float16"]), 24, zstandard.ZstdCompressor().compress(raw))
    with pytest.raises(PayloadError) as caught:
        decode(data)
    assert caught.value.field == "tensors.bias0"


def test_other_writers_frames_are_accepted() -> None:
    data = SAMPLES["linear"]
    raw_block = b"\x28\xb5\x2f\xfd\x20\x09" + (1 | 9 << 3).to_bytes(3, "little") + bytes(range(9))
    assert decode(container_of(descriptor_of(data), 9, raw_block)) == decode(data)


def bombs() -> dict[str, bytes]:
    linear = descriptor_of(SAMPLES["linear"])
    claim = b"\x28\xb5\x2f\xfd\xe0" + (2**62).to_bytes(8, "little")
    nested = msgpack.packb({"h": 480, "jpeg": bytes(16), "w": 640}) + b""
    return {
        "frame of 13 bytes claims 2^62": container_of(linear, 9, claim),
        "frame and header claim 1 MiB": container_of(linear, 1 << 20, claim),
        "frame of 64 MiB": container_of(linear, 9, zstandard.ZstdCompressor().compress(bytes(1 << 26))),
        "header admits 64 MiB": container_of(linear, 1 << 26, zstandard.ZstdCompressor().compress(bytes(1 << 26))),
        "frame of 1 MiB": container_of(linear, 1 << 20, zstandard.ZstdCompressor().compress(bytes(1 << 20))),
        "nested arrays": container_of(b"\x91" * 1024),
        "nested maps": container_of(b"\x81\xa1w" * 341),
        "nested value": container_of(b"\x84" + nested[1:] + b"\xa2xy" + b"\x91" * 900 + b"\0"),
        "map of 2^32": container_of(b"\xdf\xff\xff\xff\xff"),
        "array of 2^32": container_of(b"\x81\xa1q\xdd\xff\xff\xff\xff"),
        "string of 2^32": container_of(b"\x81\xdb\xff\xff\xff\xff"),
    }


@pytest.mark.parametrize(("name", "data"), bombs().items(), ids=lambda value: value if type(value) is str else "")
def test_bombs(name: str, data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PayloadError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20, name
    finally:
        tracemalloc.stop()


def result_or_refusal(data: bytes) -> None:
    """Decode; what is accepted must be a full value that survives another round."""
    try:
        payload = decode(data)
    except PayloadError as error:
        assert str(error).startswith(f"payload field {error.field}: ")  # noqa: PT017 - both outcomes are right
    else:
        assert decode(encode(payload)) == payload


@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    result_or_refusal(data)
    result_or_refusal(b"\x89GMT\r\n\x1a\n" + data)


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1) | st.integers(0, 40), st.binary(max_size=60))
def test_arbitrary_sections(descriptor: bytes, tensor_length: int, frame: bytes) -> None:
    result_or_refusal(container_of(descriptor, tensor_length, frame))
    result_or_refusal(container_of(descriptor_of(SAMPLES["linear"]), 9, b"\x28\xb5\x2f\xfd" + frame))


@given(payloads(), st.data())
def test_altered_payloads(payload: Payload, data: st.DataObject) -> None:
    altered = bytearray(encode(payload))
    for _ in range(data.draw(st.integers(1, 3))):
        altered[data.draw(st.integers(8, len(altered) - 5))] = data.draw(st.integers(0, 255))
    result_or_refusal(container_resealed(bytes(altered)))
