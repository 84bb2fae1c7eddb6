from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import MAX_BOXES, iter_boxes, make_box


@given(st.lists(st.tuples(st.binary(min_size=4, max_size=4), st.binary(max_size=40))))
def test_round_trip(boxes: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(make_box(*box) for box in boxes)
    assert [(box.type, data[box.start : box.end]) for box in iter_boxes(data)] == boxes


def test_long_sizes_and_the_last_box() -> None:
    long = struct.pack(">I4sQ", 1, b"long", 16 + 3) + b"abc"
    data = long + struct.pack(">I4s", 0, b"last") + b"to the end"
    assert [(box.type, data[box.start : box.end]) for box in iter_boxes(data)] == [
        (b"long", b"abc"),
        (b"last", b"to the end"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x0a",
        b"\0\0\0\x07free",
        b"\0\0\0\x09free",
        struct.pack(">I4sQ", 1, b"long", 15),
        struct.pack(">I4sQ", 1, b"long", 2**63),
        b"\0\0\0\x01long\0",
    ],
)
def test_damage(data: bytes) -> None:
    with pytest.raises(PhotoError, match="box"):
        list(iter_boxes(data))


def test_number_is_limited() -> None:
    with pytest.raises(PhotoError, match="more than"):
        list(iter_boxes(make_box(b"free", b"") * (MAX_BOXES + 1)))
