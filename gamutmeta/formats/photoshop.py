"""Photoshop's image resources, of which some describe the photograph: IPTC-IIM above all.

References:
    Adobe Photoshop File Formats Specification (2019), "Image Resources Section"; Metadata Working Group, Guidelines
    for Handling Image Metadata 2.0, section 3 (the digest of IPTC-IIM).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.formats.iptc import checked_iptc, xmp_of_iptc
from gamutmeta.formats.xmp_packet import NewProperty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "IPTC",
    "Resource",
    "iptc_of",
    "kept_resources",
    "pack_resources",
    "read_resources",
    "without_paths",
    "xmp_of_resources",
]

IPTC = 0x0404
_COPYRIGHT_FLAG, _URL, _DIGEST = 0x040A, 0x040B, 0x0425
_PATHS = range(0x07D0, 0x0BB8)
"""Saved paths, and the name of the one that clips the picture."""
_SIGNATURES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_XMP_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_PATHS_NOTE = "Photoshop's paths were left out: they are not true of the new pixels"


class Resource(NamedTuple):
    """One resource.

    Attributes:
        number: its ID.
        name: mostly empty.
        data: its bytes.
    """

    number: int
    name: bytes
    data: bytes


def read_resources(block: bytes) -> Iterator[Resource]:
    """The resources, up to the first byte that begins none."""
    position = 0
    while block[position : position + 4] in _SIGNATURES and position + 12 <= len(block):
        number = int.from_bytes(block[position + 4 : position + 6], "big")
        length = block[position + 6]
        start = position + 7 + length + (length + 1) % 2 + 4
        size = int.from_bytes(block[start - 4 : start], "big")
        if start + size > len(block):
            return
        yield Resource(number, block[position + 7 : position + 7 + length], block[start : start + size])
        position = start + size + size % 2


def pack_resources(resources: Iterable[Resource]) -> bytes:
    """Resources as files store them."""
    packed = bytearray()
    for number, name, data in resources:
        packed += b"8BIM" + number.to_bytes(2, "big") + bytes([len(name)]) + name + bytes((len(name) + 1) % 2)
        packed += len(data).to_bytes(4, "big") + data + bytes(len(data) % 2)
    return bytes(packed)


def kept_resources(block: bytes | None, iptc: bytes | None = None) -> bytes | None:
    """Those that describe the photograph: IPTC-IIM and its digest, the copyright flag, the address, and paths.

    Others say how Photoshop is to show, print or store the file.

    Args:
        block: resources; datasets of IPTC-IIM alone are taken as well.
        iptc: datasets of IPTC-IIM that stand beside them, which count before those inside.
    """
    found = dict[int, Resource]()
    iptc = checked_iptc(iptc)
    if block and iptc is None:
        iptc = checked_iptc(block) if block.startswith(b"\x1c") else None
    for resource in read_resources(block or b""):
        if resource.number in {IPTC, _COPYRIGHT_FLAG, _URL, _DIGEST, *_PATHS}:
            found.setdefault(resource.number, resource)
    inside = found.pop(IPTC, None)
    iptc = iptc or (None if inside is None else checked_iptc(inside.data))
    if iptc is None:
        found.pop(_DIGEST, None)
    else:
        found = {IPTC: Resource(IPTC, b"", iptc), **found}
    return pack_resources(found.values()) or None


def iptc_of(block: bytes | None) -> bytes | None:
    """The datasets of IPTC-IIM in resources, None if there are none."""
    return next((r.data for r in read_resources(block or b"") if r.number == IPTC), None)


def without_paths(block: bytes | None) -> tuple[bytes | None, tuple[str, ...]]:
    """The resources without paths, which hold places in the picture, and a note if there were any."""
    resources = list(read_resources(block or b""))
    kept = [resource for resource in resources if resource.number not in _PATHS]
    if len(kept) == len(resources):
        return block, ()
    return pack_resources(kept) or None, (_PATHS_NOTE,)


def xmp_of_resources(block: bytes) -> tuple[list[NewProperty], tuple[str, ...]]:
    """What the resources say as properties of XMP, and notes on what XMP has no property for."""
    properties: list[NewProperty] = []
    notes: tuple[str, ...] = ()
    for number, _, data in read_resources(block):
        if number == IPTC:
            properties, others = xmp_of_iptc(data)
            if others:
                notes += (f"the IPTC-IIM datasets {', '.join(others)} have no place in XMP, and were left out",)
        elif number == _COPYRIGHT_FLAG and any(data):
            properties.append(NewProperty(_XMP_RIGHTS, "Marked", ("True",)))
        elif number == _URL and data:
            properties.append(NewProperty(_XMP_RIGHTS, "WebStatement", (data.decode("latin-1"),)))
    return properties, notes + without_paths(block)[1]
