from __future__ import annotations

import pytest
from photo_files import XMP

from gamutmeta.formats.xmp import checked_xmp


def test_xmp_passes_through() -> None:
    assert checked_xmp(XMP) == (XMP, None)
    assert checked_xmp(XMP.decode()) == (XMP, None)
    assert checked_xmp(XMP + b"\0") == (XMP, None)
    assert checked_xmp(None) == (None, None)
    assert checked_xmp(b"\0") == (None, None)


@pytest.mark.parametrize(
    "namespace", ["http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.google.com/photos/1.0/container/"]
)
def test_xmp_of_a_gain_map_is_left_out(namespace: str) -> None:
    packet, note = checked_xmp(XMP.replace(b"http://purl.org/dc/elements/1.1/", namespace.encode()))
    assert packet is None
    assert note is not None
    assert "further pictures" in note


def test_xmp_extension_is_no_longer_promised() -> None:
    packet = XMP.replace(b"dc:format", b'xmpNote:HasExtendedXMP="18DC4590CE0CB066" dc:format')
    assert b"HasExtendedXMP" not in (checked_xmp(packet)[0] or b"HasExtendedXMP")


@pytest.mark.parametrize("form", [b' tiff:Orientation="6"', b"<tiff:Orientation>6</tiff:Orientation>"])
def test_xmp_orientation(form: bytes) -> None:
    packet = XMP.replace(b"</x:xmpmeta>", form + b"</x:xmpmeta>")
    assert checked_xmp(packet)[0] == packet
    assert checked_xmp(packet, upright=True)[0] == XMP
