from __future__ import annotations

import io
import struct
import time

import pytest
import tifffile
from carriers.hosts import LARGE_ICC, TIFF_HOSTS, tiff

from gamutmeta.errors import CarrierError
from gamutmeta.formats.tiff_ifd import iter_ifds, read_ifd0, read_ifd_at, read_layout, read_value


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_directories_agree_with_tifffile(name: str) -> None:
    data = TIFF_HOSTS[name]
    ours = list(iter_ifds(io.BytesIO(data)))
    with tifffile.TiffFile(io.BytesIO(data)) as theirs:
        assert (ours[0].layout.order, ours[0].layout.big) == (theirs.byteorder, theirs.is_bigtiff)
        assert [ifd.offset for ifd in ours] == [page.offset for page in theirs.pages]
        for ifd, page in zip(ours, theirs.pages, strict=True):
            expected = [(tag.code, int(tag.dtype), tag.count, tag.valueoffset) for tag in page.aspage().tags]
            assert [(entry.tag, entry.type, entry.count, entry.value_offset) for entry in ifd.entries] == expected


def test_values_are_read_inline_and_by_offset() -> None:
    for data in (TIFF_HOSTS["profile"], tiff(iccprofile=LARGE_ICC[:3001], byteorder=">", bigtiff=True)):
        entries = {entry.tag: entry for entry in read_ifd0(data).entries}
        order = read_layout(data).order
        assert entries[256].inline
        assert struct.unpack(order + "I", read_value(data, entries[256]).rjust(4, b"\0")[-4:])[0] == 30
        assert not entries[34_675].inline
        assert read_value(data, entries[34_675]) == LARGE_ICC[:3001]
        with pytest.raises(CarrierError, match="tag 34675 holds 3001"):
            read_value(data, entries[34_675], max_bytes=3000)


def _classic(entries: bytes, count: int | None = None, next_offset: int = 0) -> bytes:
    count = len(entries) // 12 if count is None else count
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + struct.pack("<I", next_offset)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"II*\0", "TIFF header"),
        (b"IM*\0\0\0\0\0", "byte order"),
        (b"II\x2c\0\x08\0\0\0", "version 44"),
        (b"II+\0\x04\0\0\0" + bytes(20), "version 43"),
        (b"II+\0\x08\0\0\0", "TIFF header"),
        (b"II*\0\0\0\0\0" + bytes(20), "header"),
        (b"II*\0\x07\0\0\0" + bytes(20), "header"),
        (b"II*\0\xff\xff\xff\xff", "past the end"),
        (b"MM\0+\0\x08\0\0" + b"\xff" * 8, "past the end"),
        (_classic(bytes(12), count=2), "past the end"),
        (_classic(b"", count=65_535), "past the end"),
        (b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\xff" * 8 + bytes(40), "too many"),
        (_classic(bytes(12), next_offset=8), "loop"),
        (_classic(bytes(12), next_offset=4), "header"),
        (_classic(bytes(12), next_offset=9000), "past the end"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(CarrierError, match=message):
        list(iter_ifds(data))


def test_loop_over_two_directories_is_found() -> None:
    first = _classic(bytes(12), next_offset=26)
    assert len(first) == 26
    with pytest.raises(CarrierError, match="loop through byte 8"):
        list(iter_ifds(first + struct.pack("<H12xI", 1, 8)))


def test_overlapping_directories_take_bounded_time() -> None:
    # Every even offset is the beginning of a directory of 32,639 entries that leads to the next one.
    unit = struct.pack("<H", 0x7F7F)
    data = b"II*\0\x08\0\0\0" + unit * 400_000
    started = time.process_time()
    with pytest.raises(CarrierError):
        list(iter_ifds(data))
    many = b"".join(struct.pack("<HI", 0, 8 + 6 * (i + 1)) for i in range(300_000))
    with pytest.raises(CarrierError, match="too many"):
        list(iter_ifds(b"II*\0\x08\0\0\0" + many))
    assert time.process_time() - started < 5


def test_value_outside_the_file_and_unknown_types() -> None:
    data = _classic(struct.pack("<HHII", 270, 2, 100, 20) + struct.pack("<HHII", 271, 99, 1, 0))
    outside, unknown = read_ifd0(data).entries
    with pytest.raises(CarrierError, match="tag 270 at byte 20 runs past the end"):
        read_value(data, outside)
    assert unknown.nbytes is None
    with pytest.raises(CarrierError, match="unknown field type 99"):
        read_value(data, unknown)


def test_directory_at_an_offset() -> None:
    second = list(iter_ifds(TIFF_HOSTS["pages"]))[1]
    assert read_ifd_at(TIFF_HOSTS["pages"], second.offset) == second
    with pytest.raises(CarrierError):
        read_ifd_at(TIFF_HOSTS["pages"], 10**9)
