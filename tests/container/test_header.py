from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import container_of, container_resealed

from gamutmeta.container.header import (
    HEADER_BYTES,
    MAGIC,
    VERSION,
    Sections,
    join_sections,
    split_sections,
    versions_of,
)
from gamutmeta.container.limits import DEFAULT_LIMITS
from gamutmeta.errors import ChecksumError, LimitError, PayloadError, VersionError

SECTIONS = Sections(b"descriptor", 99, b"frame")
DATA = join_sections(SECTIONS)
NEWER = VERSION + 1


def split(data: bytes) -> Sections:
    return split_sections(data, DEFAULT_LIMITS)


def refusal(data: bytes) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        split(data)
    return caught.value


def by_hand(sections: Sections, **said: tuple[int, int]) -> bytes:
    return container_of(sections.descriptor, sections.tensor_length, sections.frame, **said)


@given(st.binary(max_size=1024), st.integers(0, 1 << 20), st.binary(max_size=2000), st.integers(1, VERSION))
def test_round_trip(descriptor: bytes, tensor_length: int, frame: bytes, version: int) -> None:
    sections = Sections(descriptor, tensor_length, frame, version)
    assert split(join_sections(sections)) == sections
    assert join_sections(sections) == by_hand(sections, versions=(version, version))


def test_layout() -> None:
    assert HEADER_BYTES == 28
    assert DATA[:28] == MAGIC + bytes([1, 1, 0, 0]) + struct.pack(">4I", len(DATA), 10, 99, 5)


@pytest.mark.parametrize("end", range(len(DATA)))
def test_truncation_names_the_field(end: int) -> None:
    ends = [8, 9, 10, 11, 12, 16, 20, 24, 28, 38, 43, 47]
    header = ["magic", "min_reader_version", "writer_version", "critical_flags", "ignorable_flags", "total_length"]
    header += ["descriptor_length", "tensor_length", "compressed_length"]
    names = [*(f"header.{name}" for name in header), "descriptor", "tensors", "checksum"]
    error = refusal(DATA[:end])
    assert type(error) is PayloadError
    assert error.field == next(name for stop, name in zip(ends, names, strict=True) if end < stop)


def test_other_files_are_not_containers() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(40)
    text = DATA.replace(b"\r\n", b"\n")
    for data in (png, text, b"x", bytes(100)):
        assert refusal(data).field == "header.magic"


def test_trailing_bytes() -> None:
    error = refusal(DATA + b"\0")
    assert (type(error), error.field) == (PayloadError, "header.total_length")


def test_damage_is_told_from_a_newer_version() -> None:
    assert isinstance(refusal(DATA[:8] + bytes([NEWER, NEWER]) + DATA[10:]), ChecksumError)
    error = refusal(by_hand(SECTIONS, versions=(NEWER, NEWER)))
    assert (type(error), error.field) == (VersionError, "header.min_reader_version")


def test_a_newer_version_may_have_other_sections() -> None:
    data = bytearray(by_hand(SECTIONS, versions=(NEWER, NEWER + 1)))
    data[16:28] = b"\xff" * 12
    assert type(refusal(container_resealed(bytes(data)))) is VersionError


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_newer_writers_are_read_if_they_allow_it(version: int) -> None:
    assert split(by_hand(SECTIONS, versions=(version, 255))) == SECTIONS._replace(version=version)


@pytest.mark.parametrize("versions", [(0, 0), (0, 1), (1, 0), (2, 1), (NEWER, VERSION)])
def test_impossible_versions(versions: tuple[int, int]) -> None:
    error = refusal(by_hand(SECTIONS, versions=versions))
    assert (type(error), error.field) == (PayloadError, "header.min_reader_version")


@pytest.mark.parametrize("bit", range(8))
def test_flags(bit: int) -> None:
    error = refusal(by_hand(SECTIONS, flags=(1 << bit, 0)))
    assert (type(error), error.field) == (VersionError, "header.critical_flags")
    assert split(by_hand(SECTIONS, flags=(0, 1 << bit))) == SECTIONS


@pytest.mark.parametrize(("offset", "value"), [(16, 9), (16, 11), (16, 2**32 - 1), (24, 4), (24, 6), (24, 2**32 - 1)])
def test_parts_must_add_up(offset: int, value: int) -> None:
    data = bytearray(DATA)
    struct.pack_into(">I", data, offset, value)
    error = refusal(container_resealed(bytes(data)))
    assert (type(error), error.field) == (PayloadError, "header.total_length")


@pytest.mark.parametrize("total", [0, 28, 31])
def test_a_container_holds_header_and_checksum(total: int) -> None:
    data = MAGIC + bytes([1, 1, 0, 0]) + struct.pack(">4I", total, 0, 0, 0)
    assert refusal(data.ljust(total, b"\0")).field == "header.total_length"


@pytest.mark.parametrize("position", [8, 10, 11, 16, 27, 28, 40, len(DATA) - 1])
def test_damage_is_seen(position: int) -> None:
    damaged = bytearray(DATA)
    damaged[position] ^= 1
    assert isinstance(refusal(bytes(damaged)), ChecksumError)


def test_too_large_to_write() -> None:
    assert len(join_sections(Sections(b"", 0, bytes(61_440 - 32)))) == 61_440
    with pytest.raises(LimitError) as caught:
        join_sections(Sections(b"", 0, bytes(61_440 - 31)))
    assert caught.value.field == "header.total_length"


def test_versions_and_flags_stay_where_they_are() -> None:
    container = join_sections(Sections(b"descriptor", 0, b""))
    assert versions_of(container) == (1, 1, 0, 0)
    assert versions_of(container[:8] + bytes((2, 3, 4, 5)) + container[12:]) == (2, 3, 4, 5)
