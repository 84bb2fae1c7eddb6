from __future__ import annotations

import math
import struct

import pytest
from carriers.hosts import behind_soi, insert_segments, jpeg
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.errors import CarrierError
from gamutmeta.formats.gain_map import (
    SIGNATURE,
    VERSION_CONTENT,
    Channel,
    GainMapMetadata,
    announces_gain_map,
    metadata_of,
)
from gamutmeta.formats.jpeg import APP2, make_segment

ONE = GainMapMetadata((Channel(-0.5, 0.25, 1.0, 1.0, -2.0),), 7, 6)

numbers = st.floats(-1000, 1000).filter(lambda value: value == 0 or abs(value) > 1e-3)
positive = st.floats(0.001, 1000)
channels = st.builds(Channel, numbers, numbers, positive, numbers, numbers)


def test_bytes_of_one_channel() -> None:
    assert ONE.pack() == SIGNATURE + bytes.fromhex(
        "0000 0000 40"
        "00000007 00000001 00000006 00000001"
        "ffffffff 00000002 00000001 00000004 00000001 00000001 00000001 00000001 fffffffe 00000001"
    )
    assert len(ONE.pack()) == 28 + 61
    assert SIGNATURE + bytes(4) == VERSION_CONTENT


@given(count=st.sampled_from([1, 3]), data=st.data(), base=positive, alternate=positive, uses=st.booleans())
def test_what_is_written_is_read(count: int, data: st.DataObject, base: float, alternate: float, *, uses: bool) -> None:
    made = GainMapMetadata(tuple(data.draw(channels) for _ in range(count)), base, alternate, uses)
    read = GainMapMetadata.unpack(made.pack())
    assert (len(read.channels), read.uses_base_space) == (count, uses)
    for a, b in zip(made.channels, read.channels, strict=True):
        for name in Channel.__slots__:
            assert math.isclose(getattr(a, name), getattr(b, name), rel_tol=1e-5, abs_tol=1e-5)
    assert math.isclose(read.base_headroom, base, rel_tol=1e-3)
    assert GainMapMetadata.unpack(read.pack()) == read


@pytest.mark.parametrize(("base", "alternate", "acts"), [(7, 6, True), (0, 2, False), (1, 1, False)])
def test_which_maps_act_on_ordinary_screens(base: float, alternate: float, *, acts: bool) -> None:
    assert GainMapMetadata(ONE.channels, base, alternate).acts_without_headroom is acts


@pytest.mark.parametrize("cut", [1, 28, 32, 40, 88])
def test_short_metadata_are_damaged(cut: int) -> None:
    with pytest.raises(CarrierError, match=r"damaged|newer"):
        GainMapMetadata.unpack(ONE.pack()[:cut])


def test_zero_denominators_and_newer_versions() -> None:
    packed = ONE.pack()
    with pytest.raises(CarrierError, match="damaged"):
        GainMapMetadata.unpack(packed[:37] + bytes(4) + packed[41:])
    with pytest.raises(CarrierError, match="newer"):
        GainMapMetadata.unpack(SIGNATURE + struct.pack(">H", 1) + packed[30:])


@pytest.mark.parametrize("value", [math.inf, math.nan, 2.0**40])
def test_numbers_that_do_not_fit(value: float) -> None:
    with pytest.raises(CarrierError, match="does not fit"):
        GainMapMetadata((Channel(value, 0.0),), 7, 6).pack()


def test_metadata_in_a_file() -> None:
    plain = jpeg()
    assert metadata_of(plain) is None
    assert not announces_gain_map(plain)
    assert metadata_of(behind_soi(plain, make_segment(APP2, ONE.pack()))) == ONE
    base = insert_segments(plain, make_segment(APP2, VERSION_CONTENT))
    assert metadata_of(base) is None
    assert announces_gain_map(base)
