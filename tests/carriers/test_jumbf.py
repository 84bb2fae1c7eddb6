from __future__ import annotations

import struct

import pytest
from carriers.hosts import CONTAINER, c2pa_segments
from hypothesis import given
from hypothesis import strategies as st
from strategies import carriers_containers

from gamutmeta.carriers import MAGIC, MAX_CONTAINER
from gamutmeta.carriers.jumbf import LABEL_END, PROJECT_UUID, is_ours, may_be_ours, pack, packet, unpack
from gamutmeta.errors import CarrierError, DuplicatePayloadError
from gamutmeta.formats.jpeg import APP11, make_segment


def test_layout_byte_by_byte() -> None:
    content = pack(CONTAINER)
    assert len(make_segment(APP11, content)) == len(CONTAINER) + 79
    assert content[:16] == b"JP\x47\x61\0\0\0\x01" + struct.pack(">I", len(content) - 8) + b"jumb"
    assert content[16:24] == b"\0\0\0\x23jumd"
    assert content[24:40].hex() == "7575696400110010800000aa00389b71"
    assert content[40:51] == b"\x03gamutmeta\0"
    assert content[51:59] == struct.pack(">I", 24 + len(CONTAINER)) + b"uuid"
    assert content[59:75] == PROJECT_UUID
    assert content[75:] == CONTAINER


@given(carriers_containers())
def test_round_trip(container: bytes) -> None:
    assert unpack(pack(container)) == container


def test_the_largest_container_fits_one_segment() -> None:
    assert make_segment(APP11, pack(MAGIC.ljust(MAX_CONTAINER, b"\xff")))


def _superbox(*boxes: bytes) -> bytes:
    body = pack(CONTAINER)[16:51] + b"".join(boxes)
    return b"JP\x47\x61\0\0\0\x01" + struct.pack(">I", len(body) + 8) + b"jumb" + body


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def test_unknown_boxes_are_skipped() -> None:
    ours = _box(b"uuid", PROJECT_UUID + CONTAINER)
    assert unpack(_superbox(_box(b"free", bytes(9)), _box(b"uuid", bytes(20)), ours, _box(b"json", b"{}"))) == CONTAINER


def test_extended_length_of_the_superbox_is_read() -> None:
    content = pack(CONTAINER)
    extended = content[:8] + struct.pack(">I", 1) + content[12:16] + struct.pack(">Q", len(content)) + content[16:]
    assert unpack(extended) == CONTAINER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"JP",
        b"JP" + bytes(15),
        bytes(100),
        c2pa_segments(size=10)[0][4:],
        c2pa_segments()[0][4:],
        c2pa_segments()[1][4:],
        pack(CONTAINER).replace(b"gamutmeta\0", b"gamutmetb\0"),
        pack(CONTAINER).replace(b"gamutmeta\0", b"gamutmetaX"),
        pack(CONTAINER).replace(b"jumd", b"jumx"),
        pack(CONTAINER).replace(b"jumb", b"jumx"),
        pack(CONTAINER).replace(b"\x03gamutmeta", b"\x01gamutmeta"),
        pack(CONTAINER).replace(PROJECT_UUID, bytes(16)),
        _superbox(),
        b"CI" + pack(CONTAINER)[2:],
    ],
)
def test_what_is_not_ours_is_skipped(content: bytes) -> None:
    assert unpack(content) is None
    assert not is_ours(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pack(CONTAINER)[:-1], "one segment"),
        (pack(CONTAINER) + b"x", "one segment"),
        (pack(CONTAINER)[:7] + b"\2" + pack(CONTAINER)[8:], "packet 2"),
        (_superbox(b"\0\0"), "cut off"),
        (_superbox(b"\0\0\0\7uuid"), "does not fit"),
        (_superbox(b"\0\0\0\xffuuid"), "does not fit"),
        (_superbox(_box(b"uuid", PROJECT_UUID + b"no container")), "magic"),
    ],
)
def test_damage_of_ours_is_named(content: bytes, message: str) -> None:
    with pytest.raises(CarrierError, match=message):
        unpack(content)
    assert is_ours(content)


def test_two_containers_in_one_superbox_are_an_error() -> None:
    ours = _box(b"uuid", PROJECT_UUID + CONTAINER)
    with pytest.raises(DuplicatePayloadError):
        unpack(_superbox(ours, ours))


def _with_large_length(content: bytes) -> bytes:
    """The same segment with its length in 64 bits."""
    return content[:8] + b"\0\0\0\1" + content[12:16] + len(content).to_bytes(8, "big") + content[16:]


@pytest.mark.parametrize("content", [pack(CONTAINER), _superbox(), _superbox(b"\0\0"), b"JP", c2pa_segments()[0][4:]])
def test_the_beginning_tells_whether_the_rest_must_be_read(content: bytes) -> None:
    for whole in (content, content + b"\xff", content[:59], content[:58], _with_large_length(content)):
        assert may_be_ours(whole[:LABEL_END]) == may_be_ours(whole)
        assert may_be_ours(whole) or not is_ours(whole)


def test_ours_may_have_a_large_length() -> None:
    content = _with_large_length(pack(CONTAINER))
    assert unpack(content) == CONTAINER
    assert may_be_ours(content[:LABEL_END])
    assert not may_be_ours(content[: LABEL_END - 1])


def test_packet_heads() -> None:
    for sequence, segment in enumerate(c2pa_segments(), 1):
        head = packet(segment[4:])
        assert head is not None
        assert (head.instance, head.sequence, head.kind, head.start) == (0x0211, sequence, b"jumb", 16)
    assert packet(b"JP" + bytes(13)) is None
    assert packet(b"JP" + bytes(6) + b"\0\0\0\1jumb" + bytes(7)) is None


@given(st.binary(max_size=120), st.integers(0, 130))
def test_any_bytes_give_a_container_or_an_error(noise: bytes, keep: int) -> None:
    content = pack(CONTAINER)[:keep] + noise
    try:
        container = unpack(content)
    except CarrierError:
        return
    assert container is None or container.startswith(MAGIC)
