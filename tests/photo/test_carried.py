from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from photo_files import exif_block
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import SPACES
from gamutmeta.formats.comments import Comment
from gamutmeta.formats.exif import NO_MAKER_NOTES, orientation_of
from gamutmeta.formats.photoshop import Resource, pack_resources
from gamutmeta.formats.xmp_packet import read_packet
from gamutmeta.photo.carried import Metadata, Target, fitted, warn_of
from gamutmeta.photo.jpeg_out import XMP_TOO_LONG
from gamutmeta.photo.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

STALE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    b' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" dc:format="image/x-adobe-dng" tiff:ImageWidth="9000"'
    b' photoshop:ICCProfile="ProPhoto RGB" tiff:Orientation="3" photoshop:City="Rome"/></rdf:RDF></x:xmpmeta>'
)


def said(xmp: bytes | None) -> Mapping[str, str]:
    assert xmp is not None
    return {p.name: p.value for p in read_packet(xmp).properties}


def target(kind: str = "jpeg", **changes: Any) -> Target:
    return replace(Target(kind, (64, 40), "display-p3", profile_bytes("display-p3")), **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_are_true_of_the_file(kind: str) -> None:
    metadata = fitted(Metadata(exif_block(orientation=6), STALE), target(kind))
    assert said(metadata.xmp) == {
        "format": KINDS[kind].mime,
        "ICCProfile": "sP3",
        "ImageWidth": "64",
        "Orientation": "6",
        "City": "Rome",
    }
    assert metadata.notes == ((NO_MAKER_NOTES,) if kind == "tiff" else ())
    assert fitted(replace(metadata, notes=()), target(kind)) == replace(metadata, notes=())


@pytest.mark.parametrize("space", SPACES)
def test_the_profile_is_named_as_it_is(space: str) -> None:
    icc = profile_bytes(space)
    from PIL import ImageCms  # noqa: PLC0415

    name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
    assert said(fitted(Metadata(None, STALE), target(space=space, icc=icc)).xmp)["ICCProfile"] == name
    assert "ICCProfile" not in said(fitted(Metadata(None, STALE), target(icc=None)).xmp)
    assert "ICCProfile" not in said(fitted(Metadata(None, STALE), target(icc=b"damaged")).xmp)


def test_what_was_turned_is_upright() -> None:
    metadata = fitted(Metadata(exif_block(orientation=6), STALE), target("avif", is_turned=True))
    assert orientation_of(metadata.exif) == 1
    assert "Orientation" not in said(metadata.xmp)


def test_notes_are_of_this_step_alone() -> None:
    broken = Metadata(None, b"<x:xmpmeta>", notes=("the XMP packet cannot be parsed; it was kept as it is",))
    assert fitted(broken, target()).notes == ()
    assert len(fitted(replace(broken, notes=()), target()).notes) == 1


def test_exif_that_is_too_long_for_a_jpeg_loses_what_it_must() -> None:
    exif = Image.Exif()
    exif.load(exif_block(orientation=6))
    photo = {0x9003: "2026:01:02 03:04:05", 0x9286: b"ASCII\0\0\0" + b"u" * 80_000}
    exif._ifds[0x8769] = photo
    block = b"Exif\0\0" + exif.tobytes()[6:]
    metadata = fitted(Metadata(block), target())
    again = Image.Exif()
    again.load(metadata.exif or b"")
    assert (again[0x0112], again[0x010F], again.get_ifd(0x8769)[0x9003]) == (6, "Maker", "2026:01:02 03:04:05")
    assert 0x9286 not in again.get_ifd(0x8769)
    (note,) = metadata.notes
    assert note.endswith("left out: the field 0x9286 (UserComment)")
    assert fitted(Metadata(block), target("png")).exif == block
    many = Image.Exif()
    many[0x0112] = 6
    for tag in range(0xC000, 0xC010):
        many[tag] = b"x" * 40_000
    metadata = fitted(Metadata(b"Exif\0\0" + many.tobytes()[6:]), target())
    assert orientation_of(metadata.exif) == 6
    assert metadata.notes[0].endswith(" and 9 more")


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="a.jpg: lost") as caught:
        warn_of(("lost", NO_MAKER_NOTES), "a.jpg: ", stacklevel=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__


IPTC = b"\x1c\2\x78\0\3cap\x1c\2\x76\0\5phone"
RESOURCES = pack_resources([Resource(0x0404, b"", IPTC), Resource(0x0425, b"", bytes(16))])
COMMENTS = (Comment("Comment", b"caf\xe9"), Comment("Copyright", b"me"))


@pytest.mark.parametrize("kind", KINDS)
def test_iptc_and_comments_go_where_there_is_room(kind: str) -> None:
    metadata = fitted(Metadata(photoshop=RESOURCES, comments=COMMENTS), target(kind))
    options = metadata.options(kind)
    if kind in {"jpeg", "tiff", "png"}:
        assert options["photoshop"] == RESOURCES
        assert metadata.notes == ()
    else:
        assert "photoshop" not in options
        assert said(metadata.xmp)["description"] == "cap"
        assert metadata.notes == ("the IPTC-IIM datasets 2:118 have no place in XMP, and were left out",)
    if kind == "png":
        assert options["comments"] == COMMENTS
        assert metadata.xmp is None
    elif kind == "jpeg":
        assert options["comments"] == COMMENTS[:1]
        assert said(metadata.xmp) == {"rights": "me"}
    else:
        assert "comments" not in options
        assert said(metadata.xmp)["rights"] == "me"
        assert said(metadata.xmp)["UserComment"] == "café"
    assert fitted(replace(metadata, notes=()), target(kind)) == replace(metadata, notes=())


def test_xmp_is_believed_before_the_others() -> None:
    packet = STALE.replace(b'photoshop:City="Rome"', b'photoshop:City="Rome" dc:rights="you"')
    resources = pack_resources([Resource(0x0404, b"", b"\x1c\2\x5a\0\4Rome\x1c\2\x69\0\4Head")])
    metadata = fitted(Metadata(None, packet, resources, COMMENTS), target("avif"))
    assert (said(metadata.xmp)["City"], said(metadata.xmp)["Headline"]) == ("Rome", "Head")
    assert said(metadata.xmp)["rights"] == "you"
    assert ["believed: rights" in note for note in metadata.notes] == [True]
    broken = fitted(Metadata(None, b"<x", resources), target("avif"))
    assert broken.xmp == b"<x"
    assert any("could not be put into it: City, Headline" in note for note in broken.notes)


def test_xmp_that_is_too_long_for_a_jpeg_and_cannot_be_divided() -> None:
    metadata = fitted(Metadata(None, b"<x>" * 30_000), target())
    assert metadata.xmp is None
    assert metadata.notes[-1] == XMP_TOO_LONG
    assert fitted(Metadata(None, b"<x>" * 30_000), target("png")).xmp == b"<x>" * 30_000


def test_paths_are_not_true_of_turned_pixels() -> None:
    resources = pack_resources([Resource(0x0404, b"", IPTC[:8]), Resource(0x07D0, b"Path", bytes(26))])
    metadata = fitted(Metadata(exif_block(), None, resources), target("tiff", is_turned=True))
    assert metadata.photoshop == pack_resources([Resource(0x0404, b"", IPTC[:8])])
    assert any("paths" in note for note in metadata.notes)
