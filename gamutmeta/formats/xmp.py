"""XMP packets on their way from one file to another: what is not true of the new file is taken out or corrected.

References:
    Adobe XMP part 2 (2016) and part 3 (2020); CIPA DC-010-2020 for Exif in XMP; Google, Ultra HDR Image Format 1.1 and
    Motion Photo format 1.0; ISO 21496-1 / Adobe gain map; C2PA Technical Specification 2.1, section 11.5 (external
    manifests).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.errors import CarrierError
from gamutmeta.formats.xmp_packet import NewProperty, edited, new_packet, read_packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gamutmeta.formats.xmp_packet import Packet, Property

__all__ = [
    "FURTHER_PICTURES_NOTE",
    "PROVENANCE_NOTE",
    "Facts",
    "checked_xmp",
    "current_xmp",
    "edited_xmp",
    "filled_xmp",
    "xmp_orientation",
]

_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_EXIF_EX = "http://cipa.jp/exif/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_TERMS = "http://purl.org/dc/terms/"
_CAMERA = "http://ns.google.com/photos/1.0/camera/"
_PANORAMA = "http://ns.google.com/photos/1.0/panorama/"

_FURTHER_PICTURES = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/dd/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
)
"""Namespaces, or what they begin with, of what tells how further pictures in the file belong to the first one."""
_MOVING = ("MotionPhoto", "MicroVideo")
"""What the names of properties begin with that tell of a film behind the picture."""

FURTHER_PICTURES_NOTE = "what the XMP packet says about further pictures or films in the file was left out"
PROVENANCE_NOTE = (
    "the XMP packet's link to a C2PA manifest was left out: the manifest is about the original file, and would call "
    "this one tampered with"
)
_PANORAMA_NOTE = "what the XMP packet says about the panorama was left out: it is not true of the edited picture"
_UNREADABLE_KEPT = "the XMP packet cannot be parsed; it was kept as it is"
_UNREADABLE_LEFT_OUT = "the XMP packet cannot be parsed; it was left out, since it is not true of the new file"
_DOCTYPE_LEFT_OUT = "the XMP packet has a document type, which readers of XMP refuse; it was left out"

_URI = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|self#)\S+")

_STORAGE = {
    _TIFF: (
        "Compression",
        "NativeDigest",
        "PlanarConfiguration",
        "PrimaryChromaticities",
        "ReferenceBlackWhite",
        "TransferFunction",
        "WhitePoint",
        "YCbCrCoefficients",
        "YCbCrPositioning",
        "YCbCrSubSampling",
    ),
    _EXIF: ("ComponentsConfiguration", "CompressedBitsPerPixel", "NativeDigest"),
    _NOTE: ("HasExtendedXMP",),
}
"""What says how a file stores a picture, and nothing about the photograph."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a file to be written, and may be said otherwise by a packet of another one.

    Attributes:
        mime: its media type.
        width: columns of pixels, as they are stored.
        height: rows.
        bits: bits per channel.
        channels: 3, or 4 with transparency.
        space: name of the colour space.
        profile: description of its ICC profile; "" where it has none.
        orientation: EXIF orientation, 1 to 8.
    """

    mime: str
    width: int
    height: int
    bits: int
    channels: int
    space: str
    profile: str
    orientation: int = 1


def checked_xmp(xmp: bytes | str | None, *, upright: bool = False) -> tuple[bytes | None, tuple[str, ...]]:
    """An XMP packet without what is not true of the picture alone.

    Args:
        xmp: the packet.
        upright: the pixels were turned already; remove the orientation, and thumbnails.

    Returns:
        The packet, or None, and notes on what was left out.
    """
    if isinstance(xmp, str):
        xmp = xmp.encode(errors="replace")
    if not xmp or not xmp.strip(b"\0"):
        return None, ()
    try:
        packet = read_packet(xmp)
    except CarrierError:
        return _unreadable(xmp.rstrip(b"\0"), upright=upright)
    notes = []
    remove = [*packet.find(_NOTE, "HasExtendedXMP")]
    if upright:
        remove += [*packet.find(_TIFF, "Orientation"), *packet.find(_XMP, "Thumbnails")]
    if about_others := list(_about_others(packet)):
        notes.append(FURTHER_PICTURES_NOTE)
        remove += about_others
    if links := [link for link in packet.find(_TERMS, "provenance") if _URI.fullmatch(link.value)]:
        notes.append(PROVENANCE_NOTE)
        remove += links
    return edited(packet, remove=remove), tuple(notes)


def current_xmp(xmp: bytes | None, facts: Facts) -> tuple[bytes | None, tuple[str, ...]]:
    """A packet that says of a file to be written what is true of it. Nothing is added that it did not speak of.

    Args:
        xmp: as :func:`checked_xmp` gives it.
        facts: of the file.

    Returns:
        The packet and notes, as :func:`checked_xmp`.
    """
    xmp, notes = checked_xmp(xmp)
    if xmp is None:
        return None, notes
    try:
        packet = read_packet(xmp)
    except CarrierError:
        return xmp, notes
    remove: list[Property] = []
    add: list[NewProperty] = []
    for uri, names in _STORAGE.items():
        remove += packet.find(uri, *names)
    if facts.orientation == 1:
        remove += packet.find(_TIFF, "Orientation")
    for new in _true_of(facts):
        said = [p for p in packet.find(new.uri, new.name) if p not in remove]
        if new.name == "format":
            said = [p for p in said if "/" in p.value]  # What is no media type says nothing about the file.
        if said and (len(said) > 1 or new.form != "text" or said[0].value != new.values[0]):
            remove += said
            add += [new] * bool(new.values[0])
    return edited(packet, remove=remove, add=add) if remove else xmp, notes


def filled_xmp(xmp: bytes | None, properties: Sequence[NewProperty]) -> tuple[bytes | None, tuple[str, ...]]:
    """A packet, or a new one, with properties that it does not have yet.

    Returns:
        The packet, and notes on those that it has with other values, which stay.
    """
    if not properties:
        return xmp, ()
    if xmp is None:
        return new_packet(properties), ()
    try:
        packet = read_packet(xmp)
    except CarrierError:
        names = ", ".join(new.name for new in properties)
        return xmp, (f"the XMP packet cannot be parsed, so that these could not be put into it: {names}",)
    said = {(p.uri, p.name): p.value for p in packet.properties}
    add = [new for new in properties if (new.uri, new.name) not in said]
    other = [new.name for new in properties if _text(said.get((new.uri, new.name))) not in {None, _text(*new.values)}]
    note = f"the XMP packet says something else than IPTC-IIM or comments do, and was believed: {', '.join(other)}"
    return edited(packet, add=add), (note,) * bool(other)


def _text(*values: str | None) -> str | None:
    """Texts without white space, for comparison."""
    return None if None in values else "".join("".join(value.split()) for value in values if value)


def edited_xmp(xmp: bytes | None) -> tuple[bytes | None, tuple[str, ...]]:
    """A packet without what is not true of a picture that was cropped, resized or turned.

    Returns:
        The packet and notes, as :func:`checked_xmp`.
    """
    try:
        packet = None if xmp is None else read_packet(xmp)
    except CarrierError:
        packet = None
    if packet is None:
        return xmp, ()
    panorama = list(packet.find(_PANORAMA))
    return edited(packet, remove=[*packet.find(_XMP, "Thumbnails"), *panorama]), (_PANORAMA_NOTE,) * bool(panorama)


def xmp_orientation(xmp: bytes | None) -> int | None:
    """The orientation, 1 to 8, that a packet tells; None if it tells none."""
    if not xmp:
        return None
    try:
        said = [p.value for p in read_packet(xmp).find(_TIFF, "Orientation")]
    except CarrierError:
        return None
    return next((int(value) for value in said if value in set("12345678")), None)


def _true_of(facts: Facts) -> Iterator[NewProperty]:
    is_srgb = facts.space == "srgb"
    interop = "R03" if facts.space == "adobe-rgb" else "R98"
    said = {
        _DC: {"format": facts.mime},
        _PHOTOSHOP: {"ICCProfile": facts.profile, "ColorMode": "3"},
        _EXIF: {
            "ColorSpace": "1" if is_srgb else "65535",
            "PixelXDimension": str(facts.width),
            "PixelYDimension": str(facts.height),
        },
        _EXIF_EX: {"InteroperabilityIndex": interop},
        _TIFF: {
            "ImageWidth": str(facts.width),
            "ImageLength": str(facts.height),
            "Orientation": str(facts.orientation),
            "PhotometricInterpretation": "6" if facts.mime == "image/jpeg" else "2",
            "SamplesPerPixel": str(facts.channels),
        },
    }
    for uri, values in said.items():
        for name, value in values.items():
            yield NewProperty(uri, name, (value,))
    yield NewProperty(_TIFF, "BitsPerSample", (str(facts.bits),) * facts.channels, "Seq")


def _about_others(packet: Packet) -> Iterator[Property]:
    for found in packet.properties:
        if found.uri.startswith(_FURTHER_PICTURES) or (found.uri == _CAMERA and found.name.startswith(_MOVING)):
            yield found


def _unreadable(xmp: bytes, *, upright: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """What becomes of a packet that is not well-formed: lenient readers may still find something in it."""
    if b"<!DOCTYPE" in xmp or b"<!ENTITY" in xmp:
        return None, (_DOCTYPE_LEFT_OUT,)
    untrue = [uri.encode() for uri in _FURTHER_PICTURES] + [b"dcterms:provenance"] + [b"Orientation"] * upright
    if any(words in xmp for words in untrue):
        return None, (_UNREADABLE_LEFT_OUT,)
    return xmp, (_UNREADABLE_KEPT,)
