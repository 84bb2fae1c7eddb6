from __future__ import annotations

import io
import itertools
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carriers.hosts import CONTAINER, LARGE_ICC, XMP, behind_soi, insert_segments, jpeg, multi_picture, with_pictures
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.carriers import coded_digest, deviations, embed, extract, strip
from gamutmeta.errors import CarrierError, MultiPictureError
from gamutmeta.formats.gain_map import VERSION_CONTENT, Channel, GainMapMetadata
from gamutmeta.formats.jpeg import APP2, COM, iter_picture, make_segment
from gamutmeta.formats.mpf import find_index, is_index, misplaced
from gamutmeta.formats.second_picture import (
    OVERHEAD,
    find_colour_map,
    map_deviations,
    with_colour_map,
    without_colour_map,
)
from tests.strategies import carriers_jpeg_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA = GainMapMetadata((Channel(-0.5, 0.25, 1.0, 1.0, 1.0),), 7, 6)
ORDINARY = GainMapMetadata((Channel(-0.5, 0.25, 1.0, 1.0, 1.0),), 0, 2)
FIRST = jpeg()


def map_with(metadata: GainMapMetadata) -> bytes:
    return behind_soi(jpeg(quality=50), make_segment(APP2, metadata.pack()))


MAP = map_with(METADATA)

HOSTS = {
    "plain": FIRST,
    "progressive": jpeg(progressive=True),
    "metadata": jpeg(icc_profile=LARGE_ICC, xmp=XMP, comment=b"a comment"),
    "payload": embed(FIRST, CONTAINER),
    "comment": embed(FIRST, CONTAINER, carrier="com"),
    "trailing": FIRST + b"a film, say",
}


def mp_pictures(data: bytes) -> list[bytes]:
    """All pictures, as the index has them."""
    index = find_index(data, list(iter_picture(data)))
    assert index is not None
    assert not misplaced(data, index)
    return [data[entry.start or 0 : (entry.start or 0) + entry.size] for entry in index.entries]


@pytest.mark.parametrize("name", HOSTS)
def test_maps_come_and_go(name: str) -> None:
    host = HOSTS[name]
    shown = with_colour_map(host, MAP)
    found = find_colour_map(shown)
    assert found is not None
    assert (found.metadata, found.jpeg) == (METADATA, MAP)
    assert found.size == len(shown) - len(host) == len(MAP) + OVERHEAD
    end = shown.index(MAP)
    assert mp_pictures(shown) == [shown[:end], MAP]
    # Films and data of phones are looked for at the end of the file.
    assert shown[end + len(MAP) :] == host.removeprefix(host[: list(iter_picture(host))[-1].end])
    assert coded_digest(shown) == coded_digest(host)
    assert map_deviations(shown) == []
    assert without_colour_map(shown) == host
    assert without_colour_map(host) == host


def test_the_bytes_of_the_index() -> None:
    shown = with_colour_map(FIRST, MAP)
    index = next(s for s in iter_picture(shown) if is_index(shown, s))
    size = len(FIRST) + OVERHEAD
    assert shown[index.offset : index.end] == bytes.fromhex("ffe20058 4d504600 4d4d002a 00000008 0003") + (
        bytes.fromhex("b0000007 00000004 30313030 b0010004 00000001 00000002 b0020007 00000020 00000032 00000000")
        + struct.pack(">IIIHH", 0x030000, size, 0, 0, 0)
        + struct.pack(">IIIHH", 0, len(MAP), size - index.start - 4, 0, 0)
    )


@pytest.mark.parametrize("carrier", ["app11", "com"])
def test_payloads_and_maps_in_any_order(carrier: str) -> None:
    payload: Callable[[bytes], bytes] = lambda data: embed(data, CONTAINER, carrier=carrier)  # noqa: E731
    gain_map: Callable[[bytes], bytes] = lambda data: with_colour_map(data, MAP)  # noqa: E731
    both = {payload(gain_map(FIRST)), gain_map(payload(FIRST))}
    assert len(both) == 1
    for data in both:
        assert mp_pictures(data) == [data[: -len(MAP)], MAP]
        assert extract(data).container == CONTAINER
        assert (deviations(data), map_deviations(data)) == ([], [])
        for order in itertools.permutations((strip, without_colour_map)):
            bare = data
            for take in order:
                bare = take(bare)
                assert b"MPF\0" in bare or find_colour_map(bare) is None
            assert bare == FIRST


def test_pillow_finds_both_pictures() -> None:
    with Image.open(io.BytesIO(with_colour_map(FIRST, MAP))) as shown, Image.open(io.BytesIO(FIRST)) as base:
        assert (shown.format, shown.n_frames) == ("MPO", 2)
        assert np.array_equal(np.asarray(shown), np.asarray(base))
        shown.seek(1)
        with Image.open(io.BytesIO(MAP)) as second:
            assert np.array_equal(np.asarray(shown), np.asarray(second))


@pytest.mark.parametrize(
    "host", [multi_picture(), with_colour_map(FIRST, MAP), insert_segments(FIRST, make_segment(APP2, VERSION_CONTENT))]
)
def test_further_pictures_are_not_joined_by_another(host: bytes) -> None:
    with pytest.raises(MultiPictureError, match="already"):
        with_colour_map(host, MAP)


def test_what_is_no_picture() -> None:
    with pytest.raises(CarrierError):
        with_colour_map(FIRST[:-2], MAP)
    with pytest.raises(CarrierError, match="no picture"):
        with_colour_map(b"\xff\xd8\xff\xd9", MAP)


def others() -> dict[str, bytes]:
    plain = jpeg(quality=50)
    segment = make_segment(APP2, VERSION_CONTENT)
    damaged = behind_soi(plain, make_segment(APP2, METADATA.pack()[:50]))
    return {
        "ordinary direction": with_colour_map(FIRST, map_with(ORDINARY)),
        "no metadata in the map": with_colour_map(FIRST, plain),
        "damaged metadata": with_colour_map(FIRST, damaged),
        "no segment in the base": with_pictures(FIRST, [MAP]),
        "three pictures": with_pictures(insert_segments(FIRST, segment), [MAP, plain]),
        "second picture cut off": with_colour_map(FIRST, MAP)[:-2],
        "unreadable index": insert_segments(insert_segments(FIRST, make_segment(APP2, b"MPF\0XX*\0")), segment),
    }


OTHERS = others()


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_stay_as_they_are(name: str) -> None:
    assert find_colour_map(OTHERS[name]) is None
    assert without_colour_map(OTHERS[name]) == OTHERS[name]


@pytest.mark.parametrize("name", HOSTS)
def test_a_map_that_its_index_misses_is_taken_away(name: str) -> None:
    """As Exiv2 leaves it when it sets a comment, and other programs when they take one away."""
    host, frame, comment = HOSTS[name], 0xC2 if name == "progressive" else 0xC0, make_segment(COM, b"set later")
    commented = insert_segments(host, comment, before=frame)
    lengthened = insert_segments(with_colour_map(host, MAP), comment, before=frame)
    shortened = with_colour_map(commented, MAP).replace(comment, b"", 1)
    for stale, bare in ((lengthened, commented), (shortened, host)):
        assert find_colour_map(stale) is None
        assert "leads to none" in map_deviations(stale)[0]
        assert without_colour_map(stale) == bare
        with pytest.raises(MultiPictureError, match="already"):
            with_colour_map(stale, MAP)


def test_what_an_index_misses_may_be_something_else() -> None:
    for kind in ("ordinary direction", "no metadata in the map", "no segment in the base", "three pictures"):
        stale = insert_segments(OTHERS[kind], make_segment(COM, b"set later"), before=0xC0)
        assert without_colour_map(stale) == stale


def test_what_readers_would_not_show_is_said() -> None:
    shown = with_colour_map(FIRST, MAP)
    stale = shown[: -len(MAP)]
    assert without_colour_map(stale) == FIRST
    assert find_colour_map(stale) is None
    assert map_deviations(stale) == ["a gain map is announced, but the index of further pictures (MPF) leads to none"]
    index = next(s for s in iter_picture(shown) if is_index(shown, s))
    cut = shown[: index.offset] + shown[index.end :]
    assert "leads to none" in map_deviations(cut)[0]
    secondary = shown.replace(b"\0\x03\0\0", bytes(4), 1)
    assert "not marked as the primary" in map_deviations(secondary)[0]
    size = struct.pack(">I", len(MAP))
    assert "says otherwise" in map_deviations(shown.replace(size, struct.pack(">I", len(MAP) + 1), 1))[0]
    assert map_deviations(FIRST) == []
    assert map_deviations(OTHERS["unreadable index"]) == []


@settings(max_examples=40)
@given(early=carriers_jpeg_neighbours(), late=carriers_jpeg_neighbours(), behind=st.binary(max_size=9))
def test_any_neighbours(early: bytes, late: bytes, behind: bytes) -> None:
    host = insert_segments(insert_segments(FIRST, early), late, before=0xC0) + behind
    shown = with_colour_map(host, MAP)
    assert mp_pictures(shown)[1] == MAP
    assert without_colour_map(shown) == host
    stamped = embed(shown, CONTAINER)
    assert mp_pictures(stamped)[1] == MAP
    assert without_colour_map(strip(stamped)) == host
