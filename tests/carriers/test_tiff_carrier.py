from __future__ import annotations

import io
import struct
from typing import Literal

import numpy as np
import pytest
import tifffile
from carriers.hosts import CONTAINER, LARGE_ICC, OTHER_CONTAINER, PILLOW_CANNOT_READ, TIFF_HOSTS, pixels, tiff
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import carriers_containers

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, Extracted, embed, extract, find, strip
from gamutmeta.carriers.tiff_carrier import TAG
from gamutmeta.errors import (
    CarrierError,
    DuplicatePayloadError,
    NoPayloadError,
    PayloadExistsError,
    PayloadTooLargeError,
)
from gamutmeta.formats.tiff import BYTE, UNDEFINED, iter_ifds, read_ifd0, rewrite_ifd0

PLAIN = tiff()


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_embedding_changes_nothing_else(name: str) -> None:
    host = TIFF_HOSTS[name]
    assert find(host) == []
    with pytest.raises(NoPayloadError):
        extract(host)
    stamped = embed(host, CONTAINER)
    assert extract(stamped) == Extracted(CONTAINER, "tiff")
    assert find(stamped) == ["tiff"]
    assert strip(stamped) == host
    kept = [entry.raw for entry in read_ifd0(stamped).entries if entry.tag != TAG]
    assert kept == [entry.raw for entry in read_ifd0(host).entries]


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_tifffile_sees_the_same_pictures(name: str) -> None:
    host = TIFF_HOSTS[name]
    stamped = embed(host, CONTAINER)
    with tifffile.TiffFile(io.BytesIO(host)) as before, tifffile.TiffFile(io.BytesIO(stamped)) as after:
        assert len(before.pages) == len(after.pages)
        for old, new in zip(before.pages, after.pages, strict=True):
            assert np.array_equal(old.asarray(), new.asarray())
        assert after.pages[0].aspage().tags[TAG].value == CONTAINER


@pytest.mark.parametrize("name", sorted(TIFF_HOSTS.keys() - PILLOW_CANNOT_READ))
def test_pillow_sees_the_same_picture_and_metadata(name: str) -> None:
    host = TIFF_HOSTS[name]
    stamped = embed(host, CONTAINER)
    with Image.open(io.BytesIO(host)) as old_image, Image.open(io.BytesIO(stamped)) as new_image:
        assert new_image.tag_v2[TAG] == CONTAINER  # type: ignore[attr-defined]
        assert old_image.info.get("icc_profile") == new_image.info.get("icc_profile")
        if name != "16-bit":
            assert np.array_equal(np.asarray(old_image), np.asarray(new_image))


def test_profile_is_really_there() -> None:
    with Image.open(io.BytesIO(embed(TIFF_HOSTS["profile"], CONTAINER))) as image:
        assert image.info["icc_profile"] == LARGE_ICC[:3001]


@settings(max_examples=60)
@given(carriers_containers(), st.sampled_from("<>"), st.booleans(), st.binary(max_size=9))
def test_round_trip(container: bytes, order: Literal["<", ">"], big: bool, trailing: bytes) -> None:  # noqa: FBT001
    host = tiff(byteorder=order, bigtiff=big) + trailing
    stamped = embed(host, container)
    assert extract(stamped) == Extracted(container, "tiff")
    assert strip(stamped) == host


@pytest.mark.parametrize("big", [False, True])
def test_container_of_nothing_but_the_magic(big: bool) -> None:  # noqa: FBT001
    host = tiff(bigtiff=big)
    stamped = embed(host, MAGIC)
    (payload,) = (entry for entry in read_ifd0(stamped).entries if entry.tag == TAG)
    assert payload.inline == big
    assert extract(stamped).container == MAGIC
    assert strip(stamped) == host
    appended = strip(stamped + b"appended later")
    assert MAGIC not in appended
    assert find(appended) == []


def test_unsorted_directory_is_restored_as_it_was() -> None:
    ifd = read_ifd0(PLAIN)
    table = b"".join(entry.raw for entry in reversed(ifd.entries))
    unsorted = PLAIN[: ifd.offset + 2] + table + PLAIN[ifd.offset + 2 + len(table) :]
    stamped = embed(unsorted, CONTAINER)
    tags = [entry.tag for entry in read_ifd0(stamped).entries]
    assert tags == sorted(tags)
    assert strip(stamped) == unsorted


# --- removal after others have edited the file -----------------------------------------------------------------------


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_payload_is_blanked_when_the_file_was_edited_since(name: str) -> None:
    host = TIFF_HOSTS[name]
    edited = rewrite_ifd0(embed(host, CONTAINER), add=[(65_001, BYTE, 5, b"later")])
    stripped = strip(edited)
    assert len(stripped) == len(edited)
    assert CONTAINER[:20] not in stripped
    assert CONTAINER[-256:] not in stripped
    assert find(stripped) == []
    expected = [entry.raw for entry in read_ifd0(edited).entries if entry.tag != TAG]
    assert [entry.raw for entry in read_ifd0(stripped).entries] == expected
    with tifffile.TiffFile(io.BytesIO(host)) as before, tifffile.TiffFile(io.BytesIO(stripped)) as after:
        assert np.array_equal(before.asarray(), after.asarray())
        assert after.pages[0].aspage().tags[65_001].value == b"later"
    assert strip(stripped) == stripped
    assert extract(embed(stripped, OTHER_CONTAINER)).container == OTHER_CONTAINER


def test_page_appended_by_tifffile_survives() -> None:
    buffer = io.BytesIO(embed(PLAIN, CONTAINER))
    tifffile.imwrite(buffer, pixels()[::-1], append=True, photometric="rgb", metadata=None)
    stripped = strip(buffer.getvalue())
    assert CONTAINER not in stripped
    with tifffile.TiffFile(io.BytesIO(stripped)) as after:
        assert np.array_equal(after.pages[0].asarray(), pixels())
        assert np.array_equal(after.pages[1].asarray(), pixels()[::-1])


def test_value_changed_in_place_survives() -> None:
    stamped = bytearray(embed(TIFF_HOSTS["oriented"], CONTAINER))
    (orientation,) = (entry for entry in read_ifd0(stamped).entries if entry.tag == 274)
    stamped[orientation.value_offset : orientation.value_offset + 2] = struct.pack("<H", 3)
    stripped = strip(stamped)
    assert CONTAINER not in stripped
    (kept,) = (entry for entry in read_ifd0(stripped).entries if entry.tag == 274)
    assert kept.raw[8:10] == struct.pack("<H", 3)


def test_payload_that_tifffile_wrote_is_read_and_blanked() -> None:
    foreign = tiff(extratags=[(TAG, BYTE, len(CONTAINER), CONTAINER, True)])
    assert extract(foreign) == Extracted(CONTAINER, "tiff")
    stripped = strip(foreign)
    assert CONTAINER[:20] not in stripped
    assert np.array_equal(tifffile.imread(io.BytesIO(stripped)), pixels())
    assert extract(embed(foreign, OTHER_CONTAINER, replace=True)).container == OTHER_CONTAINER


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_payload_survives_pillow_saving_it(compression: str | None) -> None:
    buffer = io.BytesIO()
    Image.fromarray(pixels()).save(buffer, "TIFF", tiffinfo={TAG: CONTAINER}, compression=compression)
    assert extract(buffer.getvalue()) == Extracted(CONTAINER, "tiff")
    assert find(strip(buffer.getvalue())) == []


def test_payload_on_a_further_page_is_found_by_strip_alone() -> None:
    buffer = io.BytesIO(PLAIN)
    tags = [(TAG, BYTE, len(CONTAINER), CONTAINER, True)]
    tifffile.imwrite(buffer, pixels(), append=True, photometric="rgb", metadata=None, extratags=tags)
    data = buffer.getvalue()
    with pytest.raises(NoPayloadError):
        extract(data)
    with pytest.raises(PayloadExistsError):
        embed(data, CONTAINER)
    stripped = strip(data)
    assert CONTAINER[:20] not in stripped
    assert len(list(iter_ifds(stripped))) == 2
    assert find(stripped) == []


# --- several payloads, foreign ones, damage --------------------------------------------------------------------------


def test_existing_payload_is_refused_or_replaced() -> None:
    stamped = embed(PLAIN, CONTAINER)
    with pytest.raises(PayloadExistsError, match="tiff"):
        embed(stamped, OTHER_CONTAINER)
    assert embed(stamped, OTHER_CONTAINER, replace=True) == embed(PLAIN, OTHER_CONTAINER)


def _with_entries(*entries: tuple[int, int, int, int], tail: bytes = b"") -> bytes:
    """A classic little-endian file of one directory with entries tag, type, count, offset, and whatever follows."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + bytes(4) + tail


def test_two_are_an_error() -> None:
    size = len(CONTAINER)
    twice = _with_entries((TAG, 1, size, 38), (TAG, 1, size, 38 + size), tail=CONTAINER * 2)
    with pytest.raises(DuplicatePayloadError, match="2 payloads"):
        extract(twice)
    assert find(twice) == ["tiff", "tiff"]
    assert strip(twice) == _with_entries() + bytes(24 + 2 * size)


def test_shared_and_overlapping_values_are_blanked() -> None:
    size = len(CONTAINER)
    shared = _with_entries((TAG, 1, size, 38), (TAG, 1, 100, 38), tail=CONTAINER)
    assert strip(shared) == _with_entries() + bytes(24 + size)


@pytest.mark.parametrize(
    ("kind", "value"), [(BYTE, b"something of somebody else"), (UNDEFINED, CONTAINER), (BYTE, MAGIC[:5])]
)
def test_foreign_use_of_the_tag_is_left_alone(kind: int, value: bytes) -> None:
    host = rewrite_ifd0(PLAIN, add=[(TAG, kind, len(value), value)])
    assert find(host) == []
    assert strip(host) == host
    with pytest.raises(NoPayloadError):
        extract(host)
    with pytest.raises(CarrierError, match="taken by something"):
        embed(host, CONTAINER)


def test_cut_off_value_is_named() -> None:
    cut = _with_entries((TAG, 1, 600, 26), tail=CONTAINER[:500])
    with pytest.raises(CarrierError, match=f"tag {TAG} at byte 26 runs past the end") as caught:
        extract(cut)
    assert not isinstance(caught.value, NoPayloadError)
    with pytest.raises(CarrierError, match="runs past the end"):
        strip(cut)


def test_value_over_the_directory_is_not_blanked() -> None:
    # The magic number stands before a second directory, which the declared value would cover.
    tail = MAGIC + struct.pack("<HHHIII", 1, 256, 4, 1, 7, 0)
    data = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, TAG, 1, len(tail), 26, 34) + tail
    assert find(data) == ["tiff"]
    with pytest.raises(CarrierError, match="director"):
        strip(data)


def test_limits() -> None:
    largest = MAGIC.ljust(MAX_CONTAINER, b"\xff")
    assert extract(embed(PLAIN, largest)).container == largest
    with pytest.raises(PayloadTooLargeError, match="tiff"):
        embed(PLAIN, largest + b"x")
    larger = rewrite_ifd0(PLAIN, add=[(TAG, BYTE, len(largest) + 1, largest + b"x")])
    with pytest.raises(PayloadTooLargeError, match="no container is that large"):
        extract(larger)
    assert find(strip(larger)) == []


@pytest.mark.parametrize("shift", [1, 2, -1, -2])
def test_undo_record_that_does_not_fit_is_not_trusted(shift: int) -> None:
    stamped = embed(PLAIN, CONTAINER)
    offset, size = struct.unpack("<QQ", stamped[-16:])
    assert size == len(PLAIN)
    for record in ((offset + shift, size), (offset, size + shift), (2**63, size), (offset, 2**63)):
        forged = stamped[:-16] + struct.pack("<QQ", *record)
        stripped = strip(forged)
        assert CONTAINER[:20] not in stripped
        assert np.array_equal(tifffile.imread(io.BytesIO(stripped)), pixels())


def test_tail_that_holds_more_than_the_payload_is_not_cut_off() -> None:
    new = [(TAG, BYTE, len(CONTAINER), CONTAINER), (65_400, BYTE, 10, b"keep this!")]
    data = rewrite_ifd0(PLAIN, add=new, trailer=struct.pack("<QQ", read_ifd0(PLAIN).offset, len(PLAIN)))
    stripped = strip(data)
    assert find(stripped) == []
    with tifffile.TiffFile(io.BytesIO(stripped)) as after:
        assert after.pages[0].aspage().tags[65_400].value == b"keep this!"
