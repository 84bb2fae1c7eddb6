from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from carriers.hosts import (
    CONTAINER,
    LARGE_ICC,
    XMP,
    behind_soi,
    insert_segments,
    jpeg,
    mp_index,
    multi_picture,
    pixels,
    with_pictures,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from gamutmeta.carriers import MAGIC, coded_digest, deviations, embed, extract, find, strip
from gamutmeta.errors import MultiPictureError
from gamutmeta.formats.jpeg import iter_picture, make_segment
from gamutmeta.formats.mpf import Index, find_index, is_index, misplaced
from tests.strategies import carriers_jpeg_neighbours

FIRST, SECOND, THIRD = jpeg(), jpeg(quality=50), jpeg("L")
ORIGINALS = Path(__file__).parents[3] / "shared" / "data" / "originals"

HOSTS = {
    "mpo": multi_picture(),
    "little": with_pictures(FIRST, [SECOND]),
    "big": with_pictures(FIRST, [SECOND, THIRD], ">"),
    "metadata": with_pictures(jpeg(icc_profile=LARGE_ICC, xmp=XMP, comment=b"a comment"), [SECOND]),
    "before-scan": with_pictures(FIRST, [SECOND], before=0xDA),
    "gap": with_pictures(FIRST, [SECOND, THIRD], gap=bytes(70)),
    "size-unknown": with_pictures(FIRST, [SECOND], size_of_first=0),
    "size-short": with_pictures(FIRST, [SECOND], size_of_first=len(FIRST) - 308),
    "trailing": with_pictures(FIRST, [SECOND]) + b"a film, say",
    "first": with_pictures(FIRST, [SECOND], before=0xE0),
}
"""By what is special about the index or the pictures."""


def index_of(data: bytes) -> Index:
    index = find_index(data, list(iter_picture(data)))
    assert index is not None
    return index


def pictures(data: bytes) -> list[bytes]:
    """The further pictures, where the index says."""
    return [data[entry.start : entry.start + entry.size] for entry in index_of(data).entries if entry.start is not None]


@pytest.mark.parametrize("carrier", ["app11", "com"])
@pytest.mark.parametrize("name", HOSTS)
def test_payloads_come_and_go(name: str, carrier: str) -> None:
    host = HOSTS[name]
    stamped = embed(host, CONTAINER, carrier=carrier)
    assert extract(stamped).container == CONTAINER
    assert pictures(stamped) == pictures(host)
    assert all(picture.startswith(b"\xff\xd8") for picture in pictures(host))
    before, after = (index_of(data).entries[0].size for data in (host, stamped))
    assert after == (before and before + len(stamped) - len(host))
    assert coded_digest(stamped) == coded_digest(host)
    assert deviations(stamped) == []
    assert strip(stamped) == host
    assert strip(embed(stamped, MAGIC + b"shorter", carrier="app11", replace=True)) == host


def test_no_offset_changes_where_the_payload_comes_before_the_index() -> None:
    host = HOSTS["metadata"]
    stamped = embed(host, CONTAINER)
    picture = list(iter_picture(stamped))
    place = next(i for i, segment in enumerate(picture) if is_index(stamped, segment))
    assert picture[place - 1].marker == 0xEB
    assert picture[place + 1].marker == 0xDB
    offsets = [entry.start - index.base for index in (index_of(host), index_of(stamped)) for entry in index.entries[1:]]
    assert len(set(offsets)) == 1


def test_pillow_sees_the_same_pictures() -> None:
    with (
        Image.open(io.BytesIO(HOSTS["mpo"])) as before,
        Image.open(io.BytesIO(embed(HOSTS["mpo"], CONTAINER))) as after,
    ):
        assert after.format == "MPO"
        assert after.n_frames == before.n_frames == 2
        for frame in (1, 0):
            before.seek(frame)
            after.seek(frame)
            assert np.array_equal(np.asarray(before), np.asarray(after))


def test_a_stale_payload_of_somebody_else_is_removed_without_harm() -> None:
    stamped, at = embed(FIRST, CONTAINER), FIRST.index(b"\xff\xdb")
    ours = stamped[at : at + len(stamped) - len(FIRST)]
    host = HOSTS["little"]
    # Behind the index, and without a thought for its offsets.
    stale = insert_segments(host, ours)
    assert [entry.number for entry in misplaced(stale, index_of(stale))] == [2]
    assert any("picture 2 does not begin" in said for said in deviations(stale))
    assert any("behind the index" in said for said in deviations(stale))
    assert pictures(strip(stale)) == pictures(host)


UHDR_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Seq><rdf:li><Container:Item Item:Semantic="Primary"{}/></rdf:li>'
    '<rdf:li><Container:Item Item:Semantic="GainMap" Item:Length="4711"/></rdf:li></rdf:Seq></x:xmpmeta>'
)


@pytest.mark.parametrize("length", ["", ' Item:Length="0"', " Item:Padding='12'"])
def test_lengths_of_ultra_hdr_stay_true(length: str) -> None:
    host = with_pictures(jpeg(xmp=UHDR_XMP.format(length).encode()), [SECOND])
    stamped = embed(host, CONTAINER)
    assert UHDR_XMP.format(length).encode() in stamped
    assert strip(stamped) == host


def _refused() -> dict[str, tuple[bytes, str]]:
    index = mp_index([(9, 0), (9, 9_999)])
    damaged: dict[str, tuple[dict[str, Any], str]] = {
        "type": ({"kind": 4}, "cannot be read"),
        "inside-the-directory": ({"place": 8}, "damaged"),
        "outside": ({"place": 51}, "cannot be read"),
        "late": ({"late": 1}, "picture 2 does not begin"),
        "inside-itself": ({"late": -len(FIRST)}, "inside the first one"),
        "huge": ({"size_of_first": 2**32 - 5}, "does not fit"),
    }
    files = {name: (with_pictures(FIRST, [SECOND], **odd), match) for name, (odd, match) in damaged.items()}
    element = "<rdf:li><Item:Semantic>Primary</Item:Semantic><Item:Length>5</Item:Length></rdf:li>"
    for name, xmp in (("length", UHDR_XMP.format(' Item:Length="01200"')), ("length-element", element)):
        files[name] = with_pictures(jpeg(xmp=xmp.encode()), [SECOND]), "length of the first picture"
    files["twice"] = insert_segments(HOSTS["little"], index), "two indexes"
    files["no-order"] = insert_segments(FIRST, make_segment(0xE2, b"MPF\0XX*\0")), "cannot be read"
    files["bigtiff"] = insert_segments(FIRST, make_segment(0xE2, index[4:].replace(b"*\0\x08", b"+\0\x08", 1))), "MPF"
    return files


REFUSED = _refused()


@pytest.mark.parametrize("name", REFUSED)
def test_indexes_that_cannot_be_kept_right(name: str) -> None:
    host, match = REFUSED[name]
    with pytest.raises(MultiPictureError, match=match):
        embed(host, CONTAINER)
    assert strip(host) == host


def test_a_segment_without_an_index_is_nothing_to_keep() -> None:
    # As the second picture of an MPO file has one: attributes alone.
    attributes = struct.pack("<2sHIHHHI4sI", b"II", 42, 8, 1, 0xB000, 7, 4, b"0100", 0)
    host = insert_segments(FIRST, make_segment(0xE2, b"MPF\0" + attributes))
    assert strip(embed(host, CONTAINER)) == host


def test_removing_needs_an_index_that_can_be_read() -> None:
    ours = embed(FIRST, CONTAINER)
    with pytest.raises(MultiPictureError, match="cannot be read"):
        strip(behind_soi(ours, make_segment(0xE2, b"MPF\0XX*\0")))


@settings(max_examples=60)
@given(
    early=carriers_jpeg_neighbours(),
    late=carriers_jpeg_neighbours(),
    order=st.sampled_from("<>"),
    before=st.sampled_from([0xDB, 0xC0, 0xDA]),
    gap=st.binary(max_size=9).filter(lambda gap: b"\xff" not in gap),
    carrier=st.sampled_from(["app11", "com"]),
)
def test_any_neighbours(*, early: bytes, late: bytes, order: Any, before: int, gap: bytes, carrier: str) -> None:
    first = insert_segments(insert_segments(FIRST, early), late, before=0xC0)
    at = next(s.offset for s in iter_picture(first) if s.marker == before)
    place = len(mp_index([(0, 0)] * 2, order))
    listed = [(len(first) + place, 0), (len(SECOND), len(first) + place + len(gap) - at - 8)]
    host = first[:at] + mp_index(listed, order) + first[at:] + gap + SECOND
    stamped = embed(host, CONTAINER, carrier=carrier)
    assert pictures(stamped) == [SECOND]
    assert find(stamped) == [carrier]
    assert strip(stamped) == host


@settings(max_examples=300)
@given(
    name=st.sampled_from(["little", "big", "gap", "before-scan", "mpo"]),
    mutations=st.lists(st.tuples(st.integers(0, 119), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damaged_indexes_are_refused_or_come_back(name: str, mutations: list[tuple[int, int]]) -> None:
    host = bytearray(HOSTS[name])
    index = next(segment for segment in iter_picture(HOSTS[name]) if is_index(HOSTS[name], segment))
    for place, value in mutations:
        host[index.start + 4 + place % (index.end - index.start - 4)] = value
    try:
        stamped = embed(bytes(host), CONTAINER)
    except MultiPictureError:
        return
    assert extract(stamped).container == CONTAINER
    assert strip(stamped) == host


@pytest.mark.slow
@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the photographs of phones are not here")
@pytest.mark.parametrize("carrier", ["app11", "com"])
def test_ultra_hdr_photograph_keeps_its_gain_map(carrier: str) -> None:
    host = (ORIGINALS / "pixel_ultrahdr_02.jpg").read_bytes()
    stamped = embed(host, CONTAINER, carrier=carrier)
    assert pictures(stamped) == pictures(host)
    assert len(pictures(host)) == 1
    assert np.array_equal(imagecodecs.ultrahdr_decode(stamped), imagecodecs.ultrahdr_decode(host))
    # Image.open itself takes Ultra HDR for a single picture.
    with MpoImageFile(io.BytesIO(stamped)) as image, Image.open(io.BytesIO(pictures(host)[0])) as gain_map:
        image.seek(1)
        assert np.array_equal(np.asarray(image), np.asarray(gain_map))
    assert coded_digest(stamped) == coded_digest(host)
    assert deviations(stamped) == []
    assert strip(stamped) == host


@pytest.mark.slow
@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the photographs of phones are not here")
def test_display_p3_photograph_of_a_phone() -> None:
    host = (ORIGINALS / "iphonexr_p3_IMG_3612.jpg").read_bytes()
    stamped = embed(host, CONTAINER)
    assert extract(stamped).container == CONTAINER
    assert strip(stamped) == host


def test_synthetic_ultra_hdr_is_decoded_as_before() -> None:
    codes = np.zeros((64, 64, 4), np.float16)
    codes[..., :3] = np.resize(pixels(), (64, 64, 3)) / 128
    codes[..., 3] = 1
    host = imagecodecs.ultrahdr_encode(codes)
    stamped = embed(host, CONTAINER)
    assert pictures(stamped) == pictures(host)
    assert len(pictures(host)) == 1
    assert np.array_equal(imagecodecs.ultrahdr_decode(stamped), imagecodecs.ultrahdr_decode(host))
    assert strip(stamped) == host
