from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from photo_files import XMP

from gamutmeta.formats.xmp import FURTHER_PICTURES_NOTE, Facts, checked_xmp, current_xmp, edited_xmp, xmp_orientation
from gamutmeta.formats.xmp_packet import RDF, read_packet

TIFF = "http://ns.adobe.com/tiff/1.0/"
RIGHTS = (
    '<dc:rights xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt><rdf:li xml:lang="x-default">me</rdf:li></rdf:Alt>'
    "</dc:rights>"
)


def packet_of(attributes: str = "", elements: str = "") -> bytes:
    """A packet with a rights statement and more; prefixes are to be declared in `attributes`."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="{RDF}"><rdf:Description rdf:about=""{attributes}>{RIGHTS}{elements}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta>\n  <?xpacket end="w"?>'
    ).encode()


def said(xmp: bytes | None) -> dict[str, str]:
    """What a packet says, by namespace and name."""
    assert xmp is not None
    ET.fromstring(xmp)  # noqa: S314 - the test's own
    return {p.uri + p.name: p.value for p in read_packet(xmp).properties}


FACTS = Facts("image/jpeg", 640, 480, 8, 3, "srgb", "sRGB IEC61966-2.1")


def test_xmp_passes_through() -> None:
    for packet in (XMP, packet_of()):
        assert checked_xmp(packet) == (packet, ())
        assert checked_xmp(packet.decode()) == (packet, ())
        assert checked_xmp(packet + b"\0") == (packet, ())
        assert checked_xmp(packet.decode().encode("utf-16")) == (packet, ())
        assert current_xmp(packet, FACTS) == (packet, ())
    assert checked_xmp(None) == (None, ())
    assert checked_xmp(b"\0") == (None, ())
    assert current_xmp(None, FACTS) == (None, ())


FURTHER = {
    "gain map": (
        ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" hdrgm:GainMapMax="3"',
        "<hdrgm:Gamma><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></hdrgm:Gamma>",
    ),
    "container": (
        ' xmlns:C="http://ns.google.com/photos/1.0/container/" xmlns:I="http://ns.google.com/photos/1.0/container/item/"',
        (
            '<C:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><C:Item I:Semantic="Primary" I:Length="0"/>'
            "</rdf:li></rdf:Seq></C:Directory>"
        ),
    ),
    "motion photo": (
        ' xmlns:G="http://ns.google.com/photos/1.0/camera/" G:MotionPhoto="1" G:MotionPhotoVersion="1"',
        "<G:MicroVideoOffset>5</G:MicroVideoOffset>",
    ),
    "Apple": (' xmlns:H="http://ns.apple.com/HDRGainMap/1.0/" H:HDRGainMapVersion="65536"', ""),
    "dynamic depth": (' xmlns:D="http://ns.google.com/photos/dd/1.0/device/"', "<D:Profiles>x</D:Profiles>"),
}


@pytest.mark.parametrize("kind", FURTHER)
def test_what_is_said_of_further_pictures_goes_alone(kind: str) -> None:
    attributes, elements = FURTHER[kind]
    declared = attributes[: attributes.rindex(" ")] if "=" not in attributes.split()[-1] else attributes
    packet = packet_of(
        declared + ' xmlns:Cam="http://ns.google.com/photos/1.0/camera/" Cam:SpecialTypeID="x"', elements
    )
    assert len(said(packet)) > 2
    kept, notes = checked_xmp(packet)
    assert notes == (FURTHER_PICTURES_NOTE,)
    assert said(kept) == {
        "http://purl.org/dc/elements/1.1/rights": "me",
        "http://ns.google.com/photos/1.0/camera/SpecialTypeID": "x",
    }


def test_xmp_extension_is_no_longer_promised() -> None:
    note = ' xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
    for packet in (
        packet_of(note + ' xmpNote:HasExtendedXMP="18DC4590CE0CB066"'),
        packet_of(note, "<xmpNote:HasExtendedXMP>18DC4590CE0CB066</xmpNote:HasExtendedXMP>"),
    ):
        assert checked_xmp(packet) == (packet_of(note), ())


ORIENTATIONS = {
    "attribute": (f' xmlns:tiff="{TIFF}" tiff:Orientation="6"', ""),
    "single quotes": (f" xmlns:tiff='{TIFF}' tiff:Orientation='6'", ""),
    "white space": (f' xmlns:tiff="{TIFF}"\n tiff:Orientation = "6"', ""),
    "another prefix": (f' xmlns:t="{TIFF}" t:Orientation="6"', ""),
    "no declaration": (' tiff:Orientation="6"', ""),
    "a character reference": (f' xmlns:tiff="{TIFF}" tiff:Orientation="&#x36;"', ""),
    "element": (f' xmlns:tiff="{TIFF}"', "<tiff:Orientation>6</tiff:Orientation>"),
    "line breaks": (f' xmlns:tiff="{TIFF}"', "<tiff:Orientation\n>\n6\n</tiff:Orientation >"),
    "declared where it is": ("", f'<Orientation xmlns="{TIFF}">6</Orientation>'),
    "CDATA": (f' xmlns:tiff="{TIFF}"', "<tiff:Orientation><![CDATA[6]]></tiff:Orientation>"),
    "qualified": (
        f' xmlns:tiff="{TIFF}"',
        '<tiff:Orientation rdf:parseType="Resource"><rdf:value>6</rdf:value><tiff:q>1</tiff:q></tiff:Orientation>',
    ),
    "value attribute": (f' xmlns:tiff="{TIFF}"', '<tiff:Orientation rdf:value="6"/>'),
}


@pytest.mark.parametrize("form", ORIENTATIONS)
def test_orientation_in_every_spelling(form: str) -> None:
    packet = packet_of(*ORIENTATIONS[form])
    assert xmp_orientation(packet) == 6
    assert checked_xmp(packet) == (packet, ())
    kept, notes = checked_xmp(packet, upright=True)
    assert xmp_orientation(kept) is None
    assert said(kept) == {"http://purl.org/dc/elements/1.1/rights": "me"}
    assert notes == ()
    if form != "no declaration":  # whose prefix standard XML readers refuse, and which must not be made well-formed
        turned, _ = current_xmp(packet, replace(FACTS, orientation=8))
        assert xmp_orientation(turned) == 8
    assert xmp_orientation(current_xmp(packet, FACTS)[0]) is None


@pytest.mark.parametrize("value", ["0", "9", "66", "", "x", "²"])
def test_other_orientations_are_none(value: str) -> None:
    assert xmp_orientation(packet_of(f' tiff:Orientation="{value}"')) is None
    assert xmp_orientation(None) is None
    assert xmp_orientation(b"<tiff:Orientation>6") is None


def test_a_thumbnail_goes_where_pixels_are_turned() -> None:
    xmp = ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    packet = packet_of(xmp, "<xmp:Thumbnails><rdf:Alt><rdf:li>jpeg</rdf:li></rdf:Alt></xmp:Thumbnails>")
    assert checked_xmp(packet) == (packet, ())
    assert checked_xmp(packet, upright=True) == (packet_of(xmp), ())
    assert current_xmp(packet, FACTS) == (packet, ())
    assert edited_xmp(packet) == (packet_of(xmp), ())


@pytest.mark.parametrize(
    ("attributes", "elements"),
    [
        (' dcterms:provenance="https://example.org/m.c2pa"', ""),
        ("", "<dcterms:provenance>https://example.org/m.c2pa</dcterms:provenance>"),
        ("", '<dcterms:provenance rdf:resource="https://example.org/m.c2pa"/>'),
        (' dcterms:provenance="self#jumbf=c2pa/urn:uuid:1"', ""),
    ],
)
def test_a_link_to_a_manifest_of_another_file_goes(attributes: str, elements: str) -> None:
    declared = ' xmlns:dcterms="http://purl.org/dc/terms/"'
    kept, notes = checked_xmp(packet_of(declared + attributes, elements))
    assert kept == packet_of(declared)
    assert ["C2PA manifest was left out" in note for note in notes] == [True]


def test_a_sentence_on_provenance_stays() -> None:
    packet = packet_of(' xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="Estate: A. Nobody, 1987"')
    assert checked_xmp(packet) == (packet, ())


STALE = (
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exifEX="http://cipa.jp/exif/1.0/"'
    ' xmlns:f="http://purl.org/dc/elements/1.1/" f:format="image/tiff" photoshop:ICCProfile="ProPhoto RGB"'
    ' exif:ColorSpace="65535" tiff:Compression="1" tiff:ImageWidth="9000" tiff:Make="Maker" exif:PixelYDimension="7"'
    ' exifEX:InteroperabilityIndex="R03" tiff:YCbCrSubSampling="x" tiff:NativeDigest="256,257;00" exif:FNumber="4/1"'
)
STALE_ELEMENTS = "<tiff:BitsPerSample><rdf:Seq><rdf:li>16</rdf:li></rdf:Seq></tiff:BitsPerSample>"


def test_what_is_said_of_the_file_is_true_of_the_file() -> None:
    packet, notes = current_xmp(packet_of(STALE, STALE_ELEMENTS), FACTS)
    assert notes == ()
    assert said(packet) == {
        "http://purl.org/dc/elements/1.1/rights": "me",
        "http://purl.org/dc/elements/1.1/format": "image/jpeg",
        "http://ns.adobe.com/photoshop/1.0/ICCProfile": "sRGB IEC61966-2.1",
        "http://ns.adobe.com/exif/1.0/ColorSpace": "1",
        "http://ns.adobe.com/exif/1.0/PixelYDimension": "480",
        "http://ns.adobe.com/exif/1.0/FNumber": "4/1",
        "http://cipa.jp/exif/1.0/InteroperabilityIndex": "R98",
        "http://ns.adobe.com/tiff/1.0/ImageWidth": "640",
        "http://ns.adobe.com/tiff/1.0/Make": "Maker",
        "http://ns.adobe.com/tiff/1.0/BitsPerSample": "888",
    }
    assert current_xmp(packet, FACTS)[0] is not None
    unnamed = current_xmp(packet_of(STALE), replace(FACTS, profile=""))[0]
    assert "http://ns.adobe.com/photoshop/1.0/ICCProfile" not in said(unnamed)
    wide = replace(FACTS, mime="image/png", space="adobe-rgb", profile="Adobe RGB (1998)", bits=16, channels=4)
    values = said(current_xmp(packet, wide)[0])
    assert values["http://ns.adobe.com/exif/1.0/ColorSpace"] == "65535"
    assert values["http://cipa.jp/exif/1.0/InteroperabilityIndex"] == "R03"
    assert values["http://ns.adobe.com/tiff/1.0/BitsPerSample"] == "16161616"


def test_a_panorama_is_none_any_more_when_it_is_cropped() -> None:
    panorama = ' xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"'
    packet = packet_of(panorama + ' GPano:FullPanoWidthPixels="8000"')
    assert current_xmp(packet, FACTS) == (packet, ())
    kept, notes = edited_xmp(packet)
    assert kept == packet_of(panorama)
    assert ["panorama" in note for note in notes] == [True]


def test_packets_that_cannot_be_parsed() -> None:
    assert edited_xmp(None) == (None, ())
    broken = packet_of().replace(b"</dc:rights>", b"")
    assert checked_xmp(broken) == (broken, ("the XMP packet cannot be parsed; it was kept as it is",))
    assert current_xmp(broken, FACTS)[0] == broken
    assert edited_xmp(broken) == (broken, ())
    turned = broken.replace(b"<dc:rights", b"<tiff:Orientation>6</tiff:Orientation><dc:rights")
    assert checked_xmp(turned)[0] == turned
    packet, notes = checked_xmp(turned, upright=True)
    assert packet is None
    assert ["left out" in note for note in notes] == [True]
    assert checked_xmp(broken.replace(b"<dc:rights", b"<dcterms:provenance/><dc:rights"))[0] is None


@pytest.mark.parametrize(
    "head",
    ['<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE x SYSTEM "http://example.org/x">'],
)
def test_document_types_are_refused(head: str) -> None:
    packet, notes = checked_xmp(head.encode() + XMP)
    assert packet is None
    assert ["document type" in note for note in notes] == [True]
