from __future__ import annotations

import io

import pytest

from gamutmeta.errors import CarrierError
from gamutmeta.formats.source import Source


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_reads_any_bytes_and_files(kind: type) -> None:
    source = Source.of(kind(b"0123456789"))
    assert source.size == 10
    assert source.read(3, 4, "digits") == b"3456"
    assert source.read(10, 0, "nothing") == b""
    assert Source.of(source) is source


def test_position_of_the_file_does_not_matter() -> None:
    fp = io.BytesIO(b"0123456789")
    fp.seek(7)
    assert Source(fp).read(0, 2, "digits") == b"01"


@pytest.mark.parametrize(("offset", "length"), [(8, 3), (11, 0), (-1, 2), (2, -1), (2**70, 1), (0, 2**70)])
def test_refuses_what_the_file_does_not_hold(offset: int, length: int) -> None:
    with pytest.raises(CarrierError, match="digits"):
        Source.of(b"0123456789").read(offset, length, "digits")


@pytest.mark.parametrize(("offset", "expected"), [(0, b"0123"), (8, b"89"), (10, b""), (2**70, b"")])
def test_peek_stops_at_the_end(offset: int, expected: bytes) -> None:
    assert Source.of(b"0123456789").peek(offset, 4) == expected


def test_a_file_that_shrinks_is_an_error() -> None:
    fp = io.BytesIO(b"0123456789")
    source = Source(fp)
    fp.truncate(5)
    with pytest.raises(CarrierError, match="ended early"):
        source.read(2, 6, "digits")
