from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.formats.iptc import checked_iptc, iter_datasets, xmp_of_iptc


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


UTF_8 = dataset(1, 90, b"\x1b%G")
IPTC = dataset(2, 0, b"\0\4") + dataset(2, 120, b"caption") + dataset(2, 25, b"one") + dataset(2, 25, b"two")


def named(iptc: bytes) -> dict[str, tuple[str, ...]]:
    return {new.name: new.values for new in xmp_of_iptc(iptc)[0]}


def test_datasets() -> None:
    extended = struct.pack(">BBBHI", 0x1C, 8, 10, 0x8004, 70_000) + bytes(70_000)
    assert [(d.record, d.number, len(d.value)) for d in iter_datasets(UTF_8 + extended + IPTC)] == [
        (1, 90, 3),
        (8, 10, 70_000),
        (2, 0, 2),
        (2, 120, 7),
        (2, 25, 3),
        (2, 25, 3),
    ]


@pytest.mark.parametrize("junk", [b"", b"\0", b"\0\0\0", b"\x1c\2", b"\x1c\2\5\0\7short", b"\x1c\2\5\x80\x0fxxxx"])
def test_what_follows_the_datasets_is_padding(junk: bytes) -> None:
    assert checked_iptc(IPTC + junk) == IPTC
    assert checked_iptc(junk) is None
    assert checked_iptc(None) is None


def test_words_of_a_tiff_in_the_other_byte_order() -> None:
    padded = IPTC + bytes(-len(IPTC) % 4)
    swapped = b"".join(padded[i : i + 4][::-1] for i in range(0, len(padded), 4))
    assert checked_iptc(swapped) == IPTC


def test_as_xmp() -> None:
    others = dataset(2, 118, b"phone") + dataset(2, 118, b"again") + dataset(3, 10, b"x")
    properties, lost = xmp_of_iptc(UTF_8 + IPTC + others)
    assert [(new.name, new.values, new.form) for new in properties] == [
        ("subject", ("one", "two"), "Bag"),
        ("description", ("caption",), "Alt"),
    ]
    assert lost == ("2:118", "3:10")


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        (b"20200102", b"030405+0100", ("2020-01-02T03:04:05+01:00",)),
        (b"20200102", b"030405", ("2020-01-02T03:04:05",)),
        (b"20200102", b"", ("2020-01-02",)),
        (b"2020", b"030405", None),
    ],
)
def test_dates(date: bytes, time: bytes, expected: tuple[str] | None) -> None:
    assert named(dataset(2, 55, date) + dataset(2, 60, time)).get("DateCreated") == expected


@pytest.mark.parametrize(
    ("head", "value", "expected"),
    [
        (UTF_8, "é".encode(), "é"),
        (b"", "é".encode(), "é"),
        (b"", "é".encode("latin-1"), "é"),
        (UTF_8, b"\xe9", "\ufffd"),
    ],
)
def test_character_sets(head: bytes, value: bytes, expected: str) -> None:
    assert named(head + dataset(2, 105, value)) == {"Headline": (expected,)}


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    for block in (data, b"\x1c\2" + data, IPTC + data):
        kept = checked_iptc(block)
        assert kept is None or checked_iptc(kept) == kept
        xmp_of_iptc(block)
