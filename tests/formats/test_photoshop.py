from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.formats.photoshop import (
    IPTC,
    Resource,
    iptc_of,
    kept_resources,
    pack_resources,
    read_resources,
    without_paths,
    xmp_of_resources,
)

DATASETS = b"\x1c\2\x78\0\3cap"
DIGEST = Resource(0x0425, b"", bytes(16))
RIGHTS = [Resource(0x040A, b"", b"\1"), Resource(0x040B, b"", b"https://example.org/licence")]
PATH = Resource(0x07D0, b"Path 1", bytes(26))
OTHERS = [Resource(0x03ED, b"", bytes(16)), Resource(0x040C, b"", b"thumbnail"), Resource(0x0FFF, b"odd", b"x")]


def resource(data: bytes = DATASETS) -> Resource:
    return Resource(IPTC, b"", data)


resources = st.lists(
    st.builds(Resource, st.integers(0, 0xFFFF), st.binary(max_size=9), st.binary(max_size=30)), max_size=5
)


@given(resources=resources)
def test_resources_come_back(resources: list[Resource]) -> None:
    assert list(read_resources(pack_resources(resources))) == resources


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    for block in (data, b"8BIM\4\4" + data, pack_resources([resource()]) + data):
        kept = kept_resources(block)
        assert kept_resources(kept) == kept


def test_what_describes_the_photograph_is_kept() -> None:
    block = pack_resources([OTHERS[0], DIGEST, resource(DATASETS + b"\0"), OTHERS[1], *RIGHTS, PATH, OTHERS[2]])
    kept = kept_resources(block)
    assert kept is not None
    assert list(read_resources(kept)) == [resource(), DIGEST, *RIGHTS, PATH]
    assert iptc_of(kept) == DATASETS
    assert kept_resources(pack_resources(OTHERS)) is None
    assert kept_resources(pack_resources([DIGEST])) is None
    assert (kept_resources(None), iptc_of(None)) == (None, None)


@pytest.mark.parametrize("block", [None, pack_resources([resource(b"\x1c\2\x78\0\5other")]), DATASETS])
def test_datasets_beside_the_resources_count_first(block: bytes | None) -> None:
    assert iptc_of(kept_resources(block, DATASETS + b"\0\0")) == DATASETS


def test_datasets_alone() -> None:
    assert iptc_of(kept_resources(DATASETS)) == DATASETS


def test_paths_go_with_the_places_they_name() -> None:
    block = pack_resources([resource(), PATH])
    kept, notes = without_paths(block)
    assert kept == pack_resources([resource()])
    assert ["paths were left out" in note for note in notes] == [True]
    assert without_paths(kept) == (kept, ())
    assert without_paths(None) == (None, ())
    assert without_paths(pack_resources([PATH]))[0] is None


def test_as_xmp() -> None:
    properties, notes = xmp_of_resources(pack_resources([resource(DATASETS + b"\x1c\2\x76\0\1p"), *RIGHTS, PATH]))
    assert [(new.name, new.values[0]) for new in properties] == [
        ("description", "cap"),
        ("Marked", "True"),
        ("WebStatement", "https://example.org/licence"),
    ]
    assert len(notes) == 2
    assert "2:118" in notes[0]
    assert "paths" in notes[1]
