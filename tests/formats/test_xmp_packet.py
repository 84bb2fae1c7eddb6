from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import XMP

from gamutmeta.errors import CarrierError
from gamutmeta.formats.xmp_packet import RDF, NewProperty, edited, new_packet, read_packet

DC = "http://purl.org/dc/elements/1.1/"
FORMS = st.sampled_from(["text", "Seq", "Bag", "Alt"])
VALUE = st.text(max_size=12)


def rdf(inside: str, head: str = "") -> bytes:
    return f'<rdf:RDF xmlns:rdf="{RDF}"{head}>{inside}</rdf:RDF>'.encode()


def test_properties_and_their_bytes() -> None:
    data = rdf(
        f"<rdf:Description rdf:about='uuid:1' xmlns:dc=\"{DC}\" xmlns:a='u:a' dc:format = 'x&gt;' a:b=\"/>\">"
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">\xe9 &amp;</rdf:li></rdf:Alt></dc:title><a:e/><a:f c="/>"/>'
        "<a:g><rdf:Description><a:h>1</a:h></rdf:Description></a:g></rdf:Description>"
        '<rdf:Description xmlns:a="u:other"><a:e> 2 </a:e></rdf:Description>'
    )
    packet = read_packet(data)
    assert packet.about == "uuid:1"
    assert [(p.uri, p.name, p.value, p.is_attribute, p.node) for p in packet.properties] == [
        (DC, "format", "x>", True, 0),
        ("u:a", "b", "/>", True, 0),
        (DC, "title", "\xe9 &", False, 0),
        ("u:a", "e", "", False, 0),
        ("u:a", "f", "", False, 0),
        ("u:a", "g", "1", False, 0),
        ("u:other", "e", "2", False, 1),
    ]
    texts = [data[p.start : p.end].decode() for p in packet.properties]
    assert texts[0] == " dc:format = 'x&gt;'"
    assert texts[1] == ' a:b="/>"'
    assert texts[2].startswith("<dc:title>")
    assert texts[2].endswith("</dc:title>")
    assert texts[3:] == ["<a:e/>", '<a:f c="/>"/>', texts[5], "<a:e> 2 </a:e>"]
    assert texts[5].startswith("<a:g>")
    assert texts[5].endswith("</a:g>")
    assert packet.scopes[0]["a"] == "u:a"
    assert packet.scopes[1] == {"rdf": RDF, "a": "u:other"}


@given(attributes=st.lists(VALUE, max_size=4), elements=st.lists(VALUE, max_size=4), data=st.data())
def test_what_is_cut_out_leaves_the_rest(attributes: list[str], elements: list[str], data: st.DataObject) -> None:
    names = [f"p{i}" for i in range(len(attributes) + len(elements))]
    new = [NewProperty("u:x", name, (v,)) for name, v in zip(names, [*attributes, *elements], strict=True)]
    written = edited(read_packet(XMP), add=new)
    packet = read_packet(written)
    gone = data.draw(st.sets(st.sampled_from(names))) if names else set()
    left = edited(packet, remove=[p for p in packet.properties if p.name in gone])
    ET.fromstring(left)  # noqa: S314 - the test's own
    assert {p.name for p in read_packet(left).properties} == {"format", *names} - gone
    assert len(left) == len(written) - sum(p.end - p.start for p in packet.properties if p.name in gone)


@given(values=st.lists(VALUE, min_size=1, max_size=3), form=FORMS)
def test_any_text_can_be_put_in(values: list[str], form: str) -> None:
    new = NewProperty(DC, "subject", tuple(values), form)  # type: ignore[arg-type]
    for written in (new_packet([new]), edited(read_packet(XMP), add=[new]), edited(read_packet(rdf("")), add=[new])):
        tree = ET.fromstring(written)  # noqa: S314 - the test's own
        name = f"{{{DC}}}subject"
        found = tree.findall(f".//{name}")
        attributes = [node.attrib[name] for node in tree.iter() if name in node.attrib]
        assert len(found) + len(attributes) == 1
        texts = [item.text for item in found[0].iter(f"{{{RDF}}}li")] if found and form != "text" else attributes
        texts = texts or [found[0].text]
        plain = [text for text in texts if text]
        assert all(ord(letter) >= 32 or letter in "\t\n\r" for text in plain for letter in text)
        assert len(texts) == (1 if form == "text" else len(values))


def test_empty_rdf_can_be_filled() -> None:
    new = NewProperty(DC, "rights", ("me",), "Alt")
    for empty in (
        f'<rdf:RDF xmlns:rdf="{RDF}"/>',
        f'<x:xmpmeta xmlns:x="x"><rdf:RDF xmlns:rdf="{RDF}"\n/></x:xmpmeta>',
    ):
        written = edited(read_packet(empty.encode()), add=[new])
        assert [(p.name, p.value) for p in read_packet(written).properties] == [("rights", "me")]
        ET.fromstring(written)  # noqa: S314 - the test's own
    assert edited(read_packet(b"<x/>"), add=[new]) == new_packet([new])


def test_what_is_put_in_is_about_the_same() -> None:
    data = rdf('<rdf:Description rdf:about="a&amp;&quot;b"/>')
    packet = read_packet(edited(read_packet(data), add=[NewProperty(DC, "format", ("x",))]))
    assert packet.about == 'a&"b'
    assert packet.data.count(b'rdf:about="a&amp;&quot;b"') == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_encodings(encoding: str) -> None:
    text = XMP.decode().replace('"x"', '"\u00e9\u4e00"')
    packet = read_packet(text.encode(encoding))
    assert packet.data == text.encode()
    assert [p.value for p in packet.properties] == ["\u00e9\u4e00"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no element"),
        (b"<x>", "no element"),
        (b"<x>\xe9</x>", "not well-formed"),
        (b"\xff\xfe\0\xd8", "utf-16"),
        (b"<x>&a;</x>", "undefined entity"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><x/>', "document type"),
        (rdf("<rdf:Description/>" * 1001), "more descriptions"),
        (rdf("", "".join(f" xmlns:n{i}='u:{i}'" for i in range(1001))), "more namespaces"),
    ],
)
def test_refusals(data: bytes, problem: str) -> None:
    with pytest.raises(CarrierError, match=problem):
        read_packet(data)


@given(junk=st.binary(max_size=60), cut=st.integers(0, len(XMP)), position=st.integers(0, len(XMP)))
def test_any_bytes_give_a_packet_or_an_error(junk: bytes, cut: int, position: int) -> None:
    data = XMP[:position] + junk + XMP[cut:]
    try:
        packet = read_packet(data)
    except CarrierError:
        return
    assert all(0 <= p.start < p.end <= len(packet.data) for p in packet.properties)


def test_depth_and_length_cost_no_more_than_their_bytes() -> None:
    deep = rdf("<rdf:Description>" + "<a>" * 200_000 + "</a>" * 200_000 + "</rdf:Description>")
    assert len(read_packet(deep).properties) == 1
    long = rdf("<rdf:Description " + " ".join(f'x:a{i}="{i}"' for i in range(50_000)) + "/>")
    assert len(read_packet(long).properties) == 50_000
