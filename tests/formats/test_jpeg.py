from __future__ import annotations

import io
import time

import pytest
from carriers.hosts import JPEG_HOSTS, insert_segments, jpeg

from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import COM, EOI, SCAN, SOS, Segment, iter_header, iter_picture, make_segment


@pytest.mark.parametrize("name", JPEG_HOSTS)
def test_segments_and_fill_bytes_cover_the_picture(name: str) -> None:
    data = JPEG_HOSTS[name]
    position = 2
    for segment in iter_picture(data):
        assert data[position : segment.offset].strip(b"\xff") == b""
        if segment.marker != SCAN:
            assert data[segment.offset : segment.offset + 2] == bytes((0xFF, segment.marker))
        assert segment.offset <= segment.start <= segment.end
        position = segment.end
    assert segment.marker == EOI
    assert data[position - 2 : position] == b"\xff\xd9"


@pytest.mark.parametrize("name", JPEG_HOSTS)
def test_header_is_the_picture_up_to_the_first_scan(name: str) -> None:
    data = JPEG_HOSTS[name]
    header = list(iter_header(io.BytesIO(data)))
    assert header[-1].marker == SOS
    assert header == list(iter_picture(data))[: len(header)]


def test_header_reads_nothing_behind_the_scan() -> None:
    data = JPEG_HOSTS["4:4:4"]
    end = list(iter_header(data))[-1].end
    assert list(iter_header(data[:end])) == list(iter_header(data))


def test_progressive_has_several_scans() -> None:
    markers = [segment.marker for segment in iter_picture(JPEG_HOSTS["progressive"])]
    assert markers.count(SOS) == markers.count(SCAN) > 3


def test_restart_markers_belong_to_the_scan() -> None:
    data = JPEG_HOSTS["restart"]
    (scan,) = (segment for segment in iter_picture(data) if segment.marker == SCAN)
    assert b"\xff\xd0" in data[scan.start : scan.end]
    assert b"\xff\xd1" in data[scan.start : scan.end]


def test_markers_inside_segments_do_not_count() -> None:
    comment = make_segment(COM, b"\xff\xd9\xff\xda\xff\xd8\xff\xeb")
    plain = jpeg()
    markers = [segment.marker for segment in iter_picture(plain)]
    with_comment = [segment.marker for segment in iter_picture(insert_segments(plain, comment))]
    markers.insert(with_comment.index(COM), COM)
    assert with_comment == markers


def test_fill_before_the_end_of_scan_is_not_part_of_it() -> None:
    plain = jpeg()
    filled = plain[:-2] + b"\xff" * 70_000 + plain[-2:]
    expected = list(iter_picture(plain))
    found = list(iter_picture(filled))
    assert found[:-1] == expected[:-1]
    assert found[-1] == Segment(EOI, len(filled) - 2, len(filled), len(filled))


def test_long_fill_before_a_segment() -> None:
    plain = jpeg()
    filled = insert_segments(plain, b"\xff" * 200_000)
    assert [s.marker for s in iter_picture(filled)] == [s.marker for s in iter_picture(plain)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "start of image"),
        (b"\xff\xd8", "without EOI"),
        (b"\xff\xd8\xff", "without EOI"),
        (b"\xff\xd8\xff\xff\xff", "without EOI"),
        (b"\xff\xd9\xff\xd8", "SOI"),
        (b"\xff\xd8\xff\xe0\x00\x10", "FFE0"),
        (b"\xff\xd8\xff\xe0\x00", "FFE0"),
        (b"\xff\xd8\x00\x00", "no segment"),
        (b"\xff\xd8\xff\x00\x00\x02", "no segment"),
        (b"\xff\xd8\xff\xd8\xff\xd9", "no segment"),
        (jpeg()[:-2], "without EOI"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(CarrierError, match=message):
        list(iter_picture(data))


def test_number_of_segments_is_bounded() -> None:
    endless = b"\xff\xd8" + b"\xff\xe5\x00\x02" * 100_000
    with pytest.raises(CarrierError, match="more than 65536"):
        list(iter_picture(endless))
    with pytest.raises(CarrierError, match="more than 10"):
        list(iter_header(endless, max_segments=10))


@pytest.mark.parametrize("unit", [b"\xff", b"\xff\x00", b"\xff\xd0", b"\xff\xff\x00"])
def test_scans_made_of_marker_bytes_take_linear_time(unit: bytes) -> None:
    plain = jpeg()
    scan = unit * (6_000_000 // len(unit))
    started = time.process_time()
    assert [s.marker for s in iter_picture(plain[:-2] + scan + plain[-2:])][-1] == EOI
    assert time.process_time() - started < 2


def test_segments_have_a_largest_size() -> None:
    assert make_segment(COM, bytes(65_533))[:4] == b"\xff\xfe\xff\xff"
    with pytest.raises(CarrierError, match="65534"):
        make_segment(COM, bytes(65_534))
