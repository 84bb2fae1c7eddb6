from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from carriers.hosts import (
    CONTAINER,
    EXIF,
    JPEG_HOSTS,
    LARGE_ICC,
    OTHER_CONTAINER,
    XMP,
    behind_soi,
    c2pa_segments,
    insert_segments,
    jpeg,
)
from hypothesis import given, settings
from PIL import Image
from strategies import carriers_containers, carriers_jpeg_neighbours

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, Extracted, coded_digest, embed, extract, find, strip
from gamutmeta.carriers.jpeg_carrier import COM_PREFIX, MAX_COM_CONTAINER
from gamutmeta.carriers.jumbf import pack
from gamutmeta.errors import (
    CarrierError,
    DuplicatePayloadError,
    NoPayloadError,
    PayloadExistsError,
    PayloadTooLargeError,
)
from gamutmeta.formats.jpeg import APP11, COM, EOI, SOS, iter_picture, make_segment

OURS = make_segment(APP11, pack(CONTAINER))
OUR_COMMENT = embed(jpeg(), CONTAINER, carrier="com")


def _contents(data: bytes) -> list[tuple[int, bytes]]:
    return [(segment.marker, data[segment.start : segment.end]) for segment in iter_picture(data)]


def _place(data: bytes) -> int:
    """How many segments stand before ours."""
    return [content for _, content in _contents(data)].index(pack(CONTAINER))


@pytest.mark.parametrize("carrier", ["app11", "com"])
@pytest.mark.parametrize("name", JPEG_HOSTS)
def test_embedding_changes_nothing_else(name: str, carrier: str) -> None:
    host = JPEG_HOSTS[name]
    assert find(host) == []
    with pytest.raises(NoPayloadError):
        extract(host)
    stamped = embed(host, CONTAINER, carrier=carrier)
    assert extract(stamped) == Extracted(CONTAINER, carrier)
    assert find(stamped) == [carrier]
    assert strip(stamped) == host
    assert coded_digest(stamped) == coded_digest(host)
    added = [content for content in _contents(stamped) if content not in _contents(host)]
    assert len(added) == 1
    assert len(_contents(stamped)) == len(_contents(host)) + 1


@pytest.mark.parametrize("carrier", ["app11", "com"])
@pytest.mark.parametrize("name", JPEG_HOSTS)
def test_decoders_see_the_same_picture_and_metadata(name: str, carrier: str) -> None:
    host = JPEG_HOSTS[name]
    stamped = embed(host, CONTAINER, carrier=carrier)
    with Image.open(io.BytesIO(host)) as before, Image.open(io.BytesIO(stamped)) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))
        for key in ("icc_profile", "exif", "xmp", "dpi", "adobe"):
            assert before.info.get(key) == after.info.get(key)
        if carrier == "app11" or "comment" in before.info:
            assert before.info.get("comment") == after.info.get("comment")
    assert np.array_equal(imagecodecs.jpeg8_decode(host), imagecodecs.jpeg8_decode(stamped))


def test_metadata_of_the_fullest_file_is_really_there() -> None:
    with Image.open(io.BytesIO(embed(JPEG_HOSTS["c2pa-everything"], CONTAINER))) as image:
        assert image.info["icc_profile"] == LARGE_ICC
        assert image.info["xmp"] == XMP
        assert dict(image.getexif()) == dict(EXIF)
        assert image.info["comment"] == b"a comment"


@given(carriers_containers(MAX_COM_CONTAINER), carriers_jpeg_neighbours(), carriers_jpeg_neighbours())
def test_round_trip_among_any_neighbours(container: bytes, first: bytes, later: bytes) -> None:
    host = insert_segments(behind_soi(jpeg(), first), later, before=0xC0 if b"\xff\xc0" not in first else 0xDB)
    for carrier in ("app11", "com"):
        stamped = embed(host, container, carrier=carrier)
        assert extract(stamped) == Extracted(container, carrier)
        assert strip(stamped) == host
        assert coded_digest(stamped) == coded_digest(host)


# --- where it goes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", ["app11", "com"])
def test_position_is_behind_the_leading_metadata_and_before_the_tables(carrier: str) -> None:
    markers = [marker for marker, _ in _contents(embed(JPEG_HOSTS["everything"], CONTAINER, carrier=carrier))]
    ours = markers.index(APP11 if carrier == "app11" else COM)
    assert set(markers[:ours]) == {0xE0, 0xE1, 0xE2}
    assert markers[ours + 1] == COM
    assert markers[ours + 2] == 0xDB


def test_file_without_metadata_gets_it_behind_soi() -> None:
    assert embed(JPEG_HOSTS["no-metadata"], CONTAINER)[2:].startswith(OURS)


def test_adobe_segment_stays_before_ours() -> None:
    markers = [marker for marker, _ in _contents(embed(JPEG_HOSTS["cmyk"], CONTAINER))]
    assert markers.index(0xEE) < markers.index(APP11)


APP0 = make_segment(0xE0, b"JFIF\0")
APP1 = make_segment(0xE1, b"Exif\0\0")
APP3 = make_segment(0xE3, b"Meta")
ICC = [make_segment(0xE2, b"ICC_PROFILE\0" + bytes((i, 2))) for i in (1, 2)]
C2PA = c2pa_segments(size=70_000)
TABLE = make_segment(0xDB, bytes(65))
REST = TABLE + make_segment(0xC0, bytes(15)) + make_segment(0xDA, bytes(6)) + b"\x12\x34\xff\xd9"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ([], []),
        ([APP0], []),
        ([APP0, APP1], [APP3]),
        ([APP0, APP3, APP1], []),
        ([APP0, *ICC], [make_segment(COM, b"x")]),
        # C2PA in the preferred place, before it, and around it
        ([APP0, APP1], [*C2PA]),
        ([APP0, *C2PA, APP1], []),
        ([APP0, C2PA[0], APP1, C2PA[1]], []),
        ([APP0, C2PA[0], APP3, APP1, C2PA[1]], [make_segment(0xE4, b"x")]),
        # chains that go on behind the first table
        ([APP0], [ICC[0], TABLE, ICC[1]]),
        ([APP0], [C2PA[0], APP1, TABLE, C2PA[1]]),
        ([], [ICC[0], TABLE, ICC[1]]),
    ],
)
def test_no_chain_is_split(before: list[bytes], behind: list[bytes]) -> None:
    stamped = embed(b"\xff\xd8" + b"".join(before + behind) + REST, CONTAINER)
    assert _place(stamped) == len(before)
    assert stamped == b"\xff\xd8" + b"".join(before) + OURS + b"".join(behind) + REST


def test_very_many_chains_take_linear_time() -> None:
    many = b"".join(make_segment(0xE3 + i % 8, i.to_bytes(4, "big")) for i in range(30_000))
    many += b"".join(make_segment(0xE3 + i % 8, i.to_bytes(4, "big")) for i in range(30_000))
    assert strip(embed(b"\xff\xd8" + many + REST, CONTAINER)) == b"\xff\xd8" + many + REST


# --- several payloads ------------------------------------------------------------------------------------------------


def test_existing_payload_is_refused_or_replaced() -> None:
    host = JPEG_HOSTS["everything"]
    for old in ("app11", "com"):
        stamped = embed(host, CONTAINER, carrier=old)
        for new in ("app11", "com"):
            with pytest.raises(PayloadExistsError, match=old):
                embed(stamped, OTHER_CONTAINER, carrier=new)
            replaced = embed(stamped, OTHER_CONTAINER, carrier=new, replace=True)
            assert replaced == embed(host, OTHER_CONTAINER, carrier=new)


def test_app11_goes_before_com() -> None:
    both = insert_segments(embed(jpeg(), OTHER_CONTAINER, carrier="com"), OURS)
    assert extract(both) == Extracted(CONTAINER, "app11")
    assert sorted(find(both)) == ["app11", "com"]
    assert strip(both) == jpeg()


def test_two_of_one_kind_are_an_error() -> None:
    twice = insert_segments(embed(jpeg(), OTHER_CONTAINER), OURS)
    with pytest.raises(DuplicatePayloadError, match="app11"):
        extract(twice)
    assert strip(twice) == jpeg()
    comment = next(content for marker, content in _contents(OUR_COMMENT) if marker == COM)
    twice = insert_segments(OUR_COMMENT, make_segment(COM, comment))
    with pytest.raises(DuplicatePayloadError, match="com"):
        extract(twice)
    with pytest.raises(DuplicatePayloadError, match="com"):
        extract(insert_segments(twice, OURS))
    assert embed(twice, CONTAINER, replace=True) == embed(jpeg(), CONTAINER)


def test_payload_behind_the_first_scan_is_found_by_strip_alone() -> None:
    host = JPEG_HOSTS["progressive"]
    second_scan = [segment for segment in iter_picture(host) if segment.marker == SOS][1]
    late = host[: second_scan.offset] + OURS + host[second_scan.offset :]
    with pytest.raises(NoPayloadError):
        extract(late)
    with pytest.raises(PayloadExistsError):
        embed(late, CONTAINER)
    assert find(late) == ["app11"]
    assert strip(late) == host


def test_bytes_behind_eoi_are_left_alone() -> None:
    host = jpeg() + OURS
    assert find(host) == []
    assert strip(host) == host
    assert strip(embed(host, CONTAINER)) == host


# --- damage and limits -----------------------------------------------------------------------------------------------


def _fragments() -> list[bytes]:
    content = pack(CONTAINER)
    first = content[:300]
    second = content[:4] + struct.pack(">I", 2) + content[8:16] + content[300:]
    return [make_segment(APP11, first), make_segment(APP11, second)]


def test_superbox_of_ours_in_fragments_is_refused_and_stripped() -> None:
    foreign = b"".join(c2pa_segments())
    host = insert_segments(jpeg(), foreign)
    data = insert_segments(host, b"".join(_fragments()))
    with pytest.raises(CarrierError, match="one segment"):
        extract(data)
    with pytest.raises(PayloadExistsError):
        embed(data, CONTAINER)
    assert find(data) == ["app11"]
    assert strip(data) == host


def test_taken_instance_number_is_refused() -> None:
    host = insert_segments(jpeg(), b"".join(c2pa_segments(instance=0x4761)))
    with pytest.raises(CarrierError, match="0x4761"):
        embed(host, CONTAINER)
    assert extract(embed(host, CONTAINER, carrier="com")).container == CONTAINER


@pytest.mark.parametrize("text", [b"", b"not base64 !", b"aGVsbG8="])
def test_comment_that_claims_to_be_ours_must_hold(text: bytes) -> None:
    host = insert_segments(jpeg(), make_segment(COM, COM_PREFIX + text))
    with pytest.raises(CarrierError, match="carrier com") as caught:
        extract(host)
    assert not isinstance(caught.value, NoPayloadError)
    assert strip(host) == jpeg()


@pytest.mark.parametrize("comment", [b"gamutmeta1", b"gamutmeta2 " + b"iUdNVA0KGgo=", b"see gamutmeta1 iUdNVA0KGgo="])
def test_other_comments_are_not_ours(comment: bytes) -> None:
    host = insert_segments(jpeg(), make_segment(COM, comment))
    with pytest.raises(NoPayloadError):
        extract(host)
    assert strip(host) == host


def test_comment_with_trailing_nul_is_read() -> None:
    comment = next(content for marker, content in _contents(OUR_COMMENT) if marker == COM)
    assert extract(insert_segments(jpeg(), make_segment(COM, comment + b"\0"))).container == CONTAINER


def test_limits() -> None:
    largest = MAGIC.ljust(MAX_CONTAINER, b"\xff")
    assert extract(embed(jpeg(), largest)).container == largest
    with pytest.raises(PayloadTooLargeError, match="app11"):
        embed(jpeg(), largest + b"x")
    largest = MAGIC.ljust(MAX_COM_CONTAINER, b"\xff")
    assert extract(embed(jpeg(), largest, carrier="com")).container == largest
    with pytest.raises(PayloadTooLargeError, match="com"):
        embed(jpeg(), largest + b"x", carrier="com")


@pytest.mark.parametrize("host", [b"\xff\xd8\xff\xd9", b"\xff\xd8" + TABLE + b"\xff\xd9", jpeg()[:-2]])
def test_host_without_a_whole_picture_is_refused(host: bytes) -> None:
    with pytest.raises(CarrierError, match="picture"):
        embed(host, CONTAINER)


@settings(max_examples=30)
@given(carriers_jpeg_neighbours())
def test_pillow_opens_the_result_among_any_neighbours(neighbours: bytes) -> None:
    stamped = embed(insert_segments(jpeg(), neighbours), CONTAINER)
    assert _contents(stamped)[-1][0] == EOI
    with Image.open(io.BytesIO(stamped)) as image:
        assert np.array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(jpeg()))))
