from __future__ import annotations

import pytest

from gamutmeta.carriers import CARRIERS, SUFFIXES, carrier_for, carriers_of, format_of
from gamutmeta.errors import CarrierError, UnsupportedFileError


def test_carriers_and_defaults() -> None:
    assert carriers_of("jpeg") == ("app11", "com", "sidecar")
    assert carriers_of("png") == ("itxt", "sidecar")
    assert carriers_of("tiff") == ("tiff", "sidecar")
    assert [carrier_for(host) for host in ("jpeg", "png", "tiff")] == ["app11", "itxt", "tiff"]
    assert set(CARRIERS) == {"app11", "com", "itxt", "tiff", "sidecar"}
    with pytest.raises(UnsupportedFileError, match="webp"):
        carrier_for("webp")


def test_a_carrier_that_is_wanted() -> None:
    for host in ("jpeg", "png", "tiff"):
        assert [carrier_for(host, name) for name in carriers_of(host)] == list(carriers_of(host))
    with pytest.raises(
        CarrierError, match=r"^a\.png: carrier 'com' does not fit a PNG file, which takes itxt, sidecar$"
    ):
        carrier_for("png", "com", file="a.png")
    with pytest.raises(CarrierError, match=r"^unknown carrier 'xmp'; there are app11, com, itxt, tiff, sidecar$"):
        carrier_for("png", "xmp")


def test_formats_by_name() -> None:
    assert {format_of(f"X{suffix.upper()}") for suffix in SUFFIXES} == {"jpeg", "png", "tiff"}
    with pytest.raises(
        UnsupportedFileError, match=r"^x\.webp: the sRGB file must end in \.jpg, \.jpeg, \.png, \.tif, \.tiff$"
    ):
        format_of("folder/x.webp")


def test_carriers_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CARRIERS["app11"] = ("png",)  # type: ignore[index]
