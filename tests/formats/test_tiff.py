from __future__ import annotations

import io
from typing import Literal

import numpy as np
import pytest
import tifffile
from carriers.hosts import PILLOW_CANNOT_READ, TIFF_HOSTS, pixels, tiff
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats import tiff as tiff_module
from gamutmeta.formats.tiff import BYTE, UNDEFINED, iter_ifds, pack_ifd, read_ifd0, read_value, rewrite_ifd0

PLAIN = tiff()


def _values(data: bytes) -> dict[int, tuple[int, int, bytes]]:
    return {entry.tag: (entry.type, entry.count, read_value(data, entry)) for entry in read_ifd0(data).entries}


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_new_entries_join_the_old_ones(name: str) -> None:
    data = TIFF_HOSTS[name]
    new = [(700, BYTE, 5, b"<xmp>"), (34_675, UNDEFINED, 999, bytes(range(111)) * 9), (305, 2, 2, b"x\0")]
    rewritten = rewrite_ifd0(data, add=new)
    assert _values(rewritten) == _values(data) | {tag: (kind, count, value) for tag, kind, count, value in new}
    ifd = read_ifd0(rewritten)
    tags = [entry.tag for entry in ifd.entries]
    assert tags == sorted(tags)
    assert ifd.offset % 2 == 0
    assert all(entry.inline or entry.value_offset % 2 == 0 for entry in ifd.entries if entry.tag in (700, 34_675))
    pointer = ifd.layout.pointer
    assert rewritten[:pointer] == data[:pointer]
    assert rewritten[2 * pointer : len(data)] == data[2 * pointer :]
    assert list(iter_ifds(rewritten))[1:] == list(iter_ifds(data))[1:]


@pytest.mark.parametrize("name", TIFF_HOSTS)
def test_tifffile_reads_the_result(name: str) -> None:
    data = TIFF_HOSTS[name]
    rewritten = rewrite_ifd0(data, add=[(65_001, BYTE, 7, b"private")])
    with tifffile.TiffFile(io.BytesIO(data)) as before, tifffile.TiffFile(io.BytesIO(rewritten)) as after:
        assert len(before.pages) == len(after.pages)
        assert np.array_equal(before.asarray(), after.asarray())
        assert after.pages[0].aspage().tags[65_001].value == b"private"


@pytest.mark.parametrize("name", sorted(TIFF_HOSTS.keys() - PILLOW_CANNOT_READ))
def test_pillow_reads_the_result(name: str) -> None:
    data = TIFF_HOSTS[name]
    rewritten = rewrite_ifd0(data, add=[(65_001, BYTE, 7, b"private")])
    with Image.open(io.BytesIO(rewritten)) as image:
        assert image.tag_v2[65_001] == b"private"  # type: ignore[attr-defined]
        if name != "16-bit":
            assert np.array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(data))))


@given(st.dictionaries(st.integers(1, 65_535), st.binary(min_size=1, max_size=30), max_size=8), st.sampled_from("<>"))
def test_any_bytes_under_any_tag(values: dict[int, bytes], order: Literal["<", ">"]) -> None:
    data = tiff(byteorder=order)
    rewritten = rewrite_ifd0(data, add=[(tag, BYTE, len(value), value) for tag, value in values.items()])
    assert _values(rewritten) == _values(data) | {tag: (BYTE, len(value), value) for tag, value in values.items()}


def test_trailer_comes_last() -> None:
    assert rewrite_ifd0(PLAIN, [], trailer=b"trailer") == rewrite_ifd0(PLAIN, []) + b"trailer"


@pytest.mark.parametrize(
    "entry",
    [
        (700, BYTE, 4, b"abc"),
        (700, 99, 1, b"a"),
        (700, BYTE, 0, b""),
        (65_536, BYTE, 1, b"a"),
        (-1, BYTE, 1, b"a"),
        (700, 3, 1, b"a"),
    ],
)
def test_inconsistent_entries_are_refused(entry: tuple[int, int, int, bytes]) -> None:
    with pytest.raises(CarrierError, match=f"tag {entry[0]}"):
        rewrite_ifd0(PLAIN, add=[entry])


def test_two_new_entries_with_one_tag_are_refused() -> None:
    with pytest.raises(CarrierError, match="one tag"):
        rewrite_ifd0(PLAIN, add=[(700, BYTE, 1, b"a"), (700, BYTE, 1, b"b")])


def test_number_of_entries_is_bounded() -> None:
    layout = read_ifd0(PLAIN).layout
    with pytest.raises(CarrierError, match="65536 entries"):
        pack_ifd(layout, [bytes(12)] * 65_536, 0)


@pytest.mark.parametrize("room", [0, 50, 150])
def test_classic_file_must_stay_addressable(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    new = [(65_001, BYTE, 100, bytes(100))]
    monkeypatch.setattr(tiff_module, "CLASSIC_LIMIT", len(PLAIN) + room)
    with pytest.raises(CarrierError, match="4 GiB"):
        rewrite_ifd0(PLAIN, add=new)
    big = tiff(bigtiff=True)
    assert _values(rewrite_ifd0(big, add=new))[65_001] == (BYTE, 100, bytes(100))
    monkeypatch.setattr(tiff_module, "CLASSIC_LIMIT", 2**32)
    assert np.array_equal(tifffile.imread(io.BytesIO(rewrite_ifd0(PLAIN, add=new))), pixels())
