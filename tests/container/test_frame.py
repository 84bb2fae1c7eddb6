from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.container.frame import compress, decompress
from gamutmeta.errors import PayloadError

RAW = b"gamut" * 40
FRAME = compress([RAW])


def refusal(frame: bytes, length: int) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        decompress(frame, length)
    assert type(caught.value) is PayloadError
    assert caught.value.field == "tensors"
    return caught.value


def rle_frame(claimed: int, held: int) -> bytes:
    """A single-segment frame that claims one size in one byte and holds `held` zeros as one RLE block."""
    block = 1 | 1 << 1 | held << 3
    return b"\x28\xb5\x2f\xfd\x20" + bytes([claimed]) + block.to_bytes(3, "little") + b"\0"


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_round_trip(parts: list[bytes]) -> None:
    frame = compress(parts)
    assert decompress(frame, sum(map(len, parts))) == b"".join(parts)
    assert compress(parts) == frame


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=3))
def test_any_decoder_reads_it(parts: list[bytes]) -> None:
    frame = compress(parts)
    parameters = zstandard.get_frame_parameters(frame)
    assert (parameters.dict_id, parameters.has_checksum) == (0, False)
    assert parameters.content_size == parameters.window_size == sum(map(len, parts))
    assert zstandard.ZstdDecompressor().stream_reader(io.BytesIO(frame)).read() == b"".join(parts)


def test_nothing_takes_no_bytes() -> None:
    assert compress([]) == b""
    assert decompress(b"", 0) == b""
    refusal(compress([b"x"]), 0)


def test_the_grid_gets_its_own_block_where_that_pays() -> None:
    rng = np.random.default_rng(1)
    grid = np.rint(rng.laplace(0, 0.5, 12_000)).astype(np.int8).tobytes()
    weights = np.rint(rng.normal(0, 40, 1_000)).clip(-127, 127).astype(np.int8).tobytes()
    together = zstandard.ZstdCompressor(level=22).compress(grid + weights)
    assert len(compress([grid, weights])) < 0.99 * len(together)
    assert len(compress([grid, grid])) <= len(zstandard.ZstdCompressor(level=22).compress(grid + grid))


def test_frames_of_other_levels_are_read() -> None:
    for level in (1, 3, 19):
        assert decompress(zstandard.ZstdCompressor(level=level).compress(RAW), len(RAW)) == RAW


def test_handmade_frame() -> None:
    assert decompress(rle_frame(9, 9), 9) == bytes(9)


@pytest.mark.parametrize("length", [1, len(RAW) - 1, len(RAW) + 1, 1 << 20])
def test_other_length_than_declared(length: int) -> None:
    refusal(FRAME, length)


@pytest.mark.parametrize("end", range(len(FRAME)))
def test_truncated(end: int) -> None:
    refusal(FRAME[:end], len(RAW))


@pytest.mark.parametrize("tail", [b"\0", FRAME, b"\x50\x2a\x4d\x18\0\0\0\0"], ids=["byte", "frame", "skippable"])
def test_exactly_one_frame(tail: bytes) -> None:
    refusal(FRAME + tail, len(RAW))
    refusal(tail + FRAME, len(RAW))


def test_content_size_is_required() -> None:
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(RAW)
    refusal(unsized, len(RAW))


def test_single_segment_is_required() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=10, write_content_size=True)
    raw = bytes(5000)
    windowed = zstandard.ZstdCompressor(compression_params=parameters).compress(raw)
    assert zstandard.get_frame_parameters(windowed).window_size == 1024
    assert "single segment" in str(refusal(windowed, len(raw)))


def test_a_window_as_large_as_the_content_is_no_single_segment() -> None:
    raw = bytes(1024)
    block = b"\x03\x20\x00\x00"  # the last one, 1,024 times 0
    size = (1024 - 256).to_bytes(2, "little")
    assert decompress(b"\x28\xb5\x2f\xfd\x60" + size + block, 1024) == raw
    windowed = b"\x28\xb5\x2f\xfd\x40\x00" + size + block
    assert zstandard.get_frame_parameters(windowed).window_size == 1024
    assert "single segment" in str(refusal(windowed, 1024))


def test_flags_of_the_frame_header() -> None:
    size = bytes([9])
    block = b"\x4b\x00\x00\x00"
    assert decompress(b"\x28\xb5\x2f\xfd\x20" + size + block, 9) == bytes(9)
    assert decompress(b"\x28\xb5\x2f\xfd\x30" + size + block, 9) == bytes(9)  # the unused bit
    refusal(b"\x28\xb5\x2f\xfd\x28" + size + block, 9)  # the reserved bit
    refusal(b"\x28\xb5\x2f\xfd\x21\x00" + size + block, 9)  # dictionary 0, which means none


def test_no_checksum_of_its_own() -> None:
    refusal(zstandard.ZstdCompressor(write_checksum=True).compress(RAW), len(RAW))


def test_no_dictionary() -> None:
    dictionary = zstandard.ZstdCompressionDict(b"gamut" * 64, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    # A frame made with a raw dictionary does not name one; it just cannot be decoded.
    refusal(zstandard.ZstdCompressor(dict_data=dictionary, level=19).compress(RAW), len(RAW))
    named = b"\x28\xb5\x2f\xfd\x21\x07" + FRAME[5:]
    assert zstandard.get_frame_parameters(named).dict_id == 7
    assert "dictionary" in str(refusal(named, len(RAW)))


@pytest.mark.parametrize(
    ("frame", "length"),
    [
        (b"\x28\xb5\x2f\xfd\xe0" + (2**62).to_bytes(8, "little"), 100),
        (b"\x28\xb5\x2f\xfd\xe0" + (2**62).to_bytes(8, "little") + b"\1\0\0", 100),
        (zstandard.ZstdCompressor().compress(bytes(1 << 26)), 100),
        (rle_frame(100, 100)[:5] + b"\x64" + b"\xfa\xff\x0f\0" * 2000 + b"\xfb\xff\x0f\0", 100),
        (rle_frame(9, 1 << 17), 9),
        (rle_frame(200, 9), 200),
    ],
    ids=["huge claim", "huge claim, empty block", "64 MiB", "250 MiB behind a small claim", "one block", "too few"],
)
def test_bombs(frame: bytes, length: int) -> None:
    tracemalloc.start()
    try:
        refusal(frame, length)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200), st.integers(1, 1 << 16))
def test_arbitrary_bytes(data: bytes, length: int) -> None:
    for frame in (data, FRAME[:4] + data, FRAME[:6] + data):
        try:
            assert len(decompress(frame, length)) == length
        except PayloadError as error:
            assert error.field == "tensors"  # noqa: PT017 - both outcomes are right
