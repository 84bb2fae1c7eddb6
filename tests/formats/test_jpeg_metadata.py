from __future__ import annotations

import struct

import pytest
from photo_files import XMP, saved, smooth_array
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import MAX_CONTENT, make_segment
from gamutmeta.formats.jpeg_metadata import comment_segments, photoshop_segments, read_jpeg_metadata

PICTURE = Image.fromarray(smooth_array(8, 8))
RESOURCES = b"8BIM\4\4\0\0\0\0\0\2xx"


def jpeg(extra: bytes = b"", **options: object) -> bytes:
    return saved(PICTURE, "JPEG", extra=extra, **options)


def test_nothing() -> None:
    assert read_jpeg_metadata(jpeg()) == (None, (), None, (), None, False)


@pytest.mark.parametrize("size", [20, 100_000])
def test_resources_through_several_segments(size: int) -> None:
    resources = RESOURCES + bytes(size)
    assert read_jpeg_metadata(jpeg(photoshop_segments(resources))).resources == resources
    assert photoshop_segments(b"") == b""


def test_datasets_without_resources() -> None:
    assert read_jpeg_metadata(jpeg(make_segment(0xED, b"\x1c\2\5\0\1x"))).resources == b"\x1c\2\5\0\1x"
    assert read_jpeg_metadata(jpeg(make_segment(0xED, b"Adobe_CM\0"))).resources is None


def test_comments() -> None:
    data = jpeg(comment_segments([b"first", b"gamutmeta1 AAAA", b""]), comment=b"\xe9\0last")
    assert read_jpeg_metadata(data).comments == (b"first", b"\xe9\0last")
    long = read_jpeg_metadata(jpeg(comment_segments([b"x" * (MAX_CONTENT + 5)]))).comments
    assert [len(part) for part in long] == [MAX_CONTENT, 5]


def test_the_first_packet_counts() -> None:
    packets = [make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet) for packet in (XMP, b"<other/>")]
    assert read_jpeg_metadata(jpeg(b"".join(packets))).xmp == XMP


@pytest.mark.parametrize(
    ("unit", "density", "expected"),
    [
        (1, (300, 150), (300, 150)),
        (2, (100, 100), (254, 254)),
        (0, (1, 1), None),
        (1, (0, 300), None),
        (9, (1, 1), None),
    ],
)
def test_density(unit: int, density: tuple[int, int], expected: tuple[int, int] | None) -> None:
    data = jpeg()
    at = data.index(b"JFIF\0") + 7
    data = data[:at] + struct.pack(">BHH", unit, *density) + data[at + 5 :]
    assert read_jpeg_metadata(data).density == (None if expected is None else pytest.approx(expected))


def test_damage() -> None:
    with pytest.raises(CarrierError):
        read_jpeg_metadata(jpeg()[:30])
