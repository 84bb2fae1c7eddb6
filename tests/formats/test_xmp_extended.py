from __future__ import annotations

import hashlib
import struct
from xml.etree import ElementTree as ET

import pytest
from photo_files import XMP, saved, smooth_array
from PIL import Image

from gamutmeta.formats.jpeg import MAX_CONTENT
from gamutmeta.formats.jpeg_metadata import read_jpeg_metadata
from gamutmeta.formats.xmp_extended import joined_xmp, split_xmp, xmp_segments
from gamutmeta.formats.xmp_packet import RDF, read_packet

LIMIT = MAX_CONTENT - 29
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"


def long_packet(*, about: str = "", items: int = 3000, history: str = "") -> bytes:
    """A packet in which an array takes up 100 KB, with prefixes declared outside of the description."""
    ancestors = "".join(f"<rdf:li>xmp.did:{i:020}</rdf:li>" for i in range(items))
    return (
        f'<?xpacket begin="\ufeff" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}" '
        f'xmlns:ps="{PHOTOSHOP}"><rdf:Description rdf:about="{about}" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmp:Rating="5" ps:History="{history}"><ps:DocumentAncestors><rdf:Bag>{ancestors}</rdf:Bag>'
        '</ps:DocumentAncestors></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def said(xmp: bytes) -> dict[str, str]:
    ET.fromstring(xmp)  # noqa: S314 - the test's own
    return {p.uri + p.name: p.value for p in read_packet(xmp).properties}


def jpeg_of(xmp: bytes) -> bytes:
    parts = split_xmp(xmp)
    assert parts is not None
    return saved(Image.fromarray(smooth_array(8, 8)), "JPEG", extra=xmp_segments(parts))


@pytest.mark.parametrize("about", ["", "uuid:&quot;1"])
@pytest.mark.parametrize("history", ["", "h" * 70_000])
def test_long_packets_come_back_from_a_jpeg(about: str, history: str) -> None:
    packet = long_packet(about=about, history=history)
    parts = split_xmp(packet)
    assert parts is not None
    assert parts.extended is not None
    assert len(parts.main) <= LIMIT
    main = said(parts.main)
    assert main["http://ns.adobe.com/xap/1.0/Rating"] == "5"
    digest = main["http://ns.adobe.com/xmp/note/HasExtendedXMP"]
    assert digest == hashlib.md5(parts.extended, usedforsecurity=False).hexdigest().upper()
    found = read_jpeg_metadata(jpeg_of(packet))
    assert found.xmp == parts.main
    again, notes = joined_xmp(found.xmp, found.extended[::-1], 1 << 20)
    assert notes == ()
    whole = said(again)
    del whole["http://ns.adobe.com/xmp/note/HasExtendedXMP"]
    assert whole == said(packet)


def test_short_packets_and_padding() -> None:
    assert split_xmp(XMP) == (XMP, None)
    longest = XMP.ljust(LIMIT)
    assert split_xmp(longest) == (longest, None)
    padded = long_packet(items=1).replace(b"<?xpacket end", b" " * 70_000 + b"<?xpacket end")
    parts = split_xmp(padded)
    assert parts is not None
    assert parts.extended is None
    assert said(parts.main) == said(padded)


def test_what_cannot_be_divided() -> None:
    assert split_xmp(b"<x>" * 30_000) is None
    assert split_xmp(b"<x>" + b" " * 70_000 + b"</x>") is None
    assert split_xmp(XMP.replace(b"<rdf:Desc", b"<!--" + b"-" * 70_000 + b" --><rdf:Desc")) is None


def test_what_is_missing_is_noted() -> None:
    found = read_jpeg_metadata(jpeg_of(long_packet(items=2000)))
    assert found.xmp is not None
    assert len(found.extended) == 2
    first, second = found.extended
    foreign = b"0" * 32 + first[32:]
    moved = second[:36] + struct.pack(">I", 1) + second[40:]
    for portions in ((first,), (second,), (), (foreign, second), (first, moved), (b"short",)):
        again, notes = joined_xmp(found.xmp, portions, 1 << 20)
        assert again == found.xmp
        assert ["extended XMP" in note for note in notes] == [True]
    assert joined_xmp(found.xmp, found.extended, 1000)[1] != ()
    assert joined_xmp(found.xmp, (*found.extended, *found.extended), 1 << 20)[1] == ()
    assert joined_xmp(XMP, found.extended, 1 << 20) == (XMP, ())
    assert joined_xmp(b"<x", found.extended, 1 << 20) == (b"<x", ())
