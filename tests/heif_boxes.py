"""Looks into HEIF and AVIF files, and adds properties that encoders have no option for."""

from __future__ import annotations

import struct

from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.heif import boxes_within

CODE_POINTS = {"srgb": (1, 13), "display-p3": (12, 13), "rec2020": (9, 14), "adobe-rgb": (2, 2), "prophoto": (2, 2)}
"""ITU-T H.273, tables 2 and 3, typed from there; 2 stands for what an ICC profile has to tell."""


def clap(width: tuple[int, int], height: tuple[int, int], x: tuple[int, int], y: tuple[int, int]) -> bytes:
    """A clean aperture box: size, and the offset of its centre from the picture's; each number is a fraction."""
    return make_box(b"clap", struct.pack(">IIIIiIiI", *width, *height, *x, *y))


def with_property(data: bytes, box: bytes) -> bytes:
    """A file of one picture with an essential property, first of its own; for boxes of version 0 with short sizes."""
    spots = {kind: data.index(kind) - 4 for kind in (b"meta", b"iprp", b"ipco", b"ipma", b"iloc")}
    sizes = {kind: struct.unpack_from(">I", data, spot)[0] for kind, spot in spots.items()}
    end = spots[b"ipco"] + sizes[b"ipco"]
    ipma = bytearray(data[spots[b"ipma"] : spots[b"ipma"] + sizes[b"ipma"]])
    assert ipma[8:12] == bytes(4)
    assert ipma[12:16] == b"\0\0\0\1"
    number = 1 + _count(data[spots[b"ipco"] + 8 : end])
    ipma[18] += 1
    ipma[19:19] = bytes([0x80 | number])
    ipma[:4] = struct.pack(">I", len(ipma))
    shift = len(box) + 1
    result = bytearray(data)
    result[spots[b"ipma"] : spots[b"ipma"] + sizes[b"ipma"]] = ipma
    result[end:end] = box
    for kind, more in ((b"meta", shift), (b"iprp", shift), (b"ipco", len(box))):
        struct.pack_into(">I", result, spots[kind], sizes[kind] + more)
    iloc = spots[b"iloc"] + 8
    assert data[iloc : iloc + 5] == b"\0\0\0\0\x44"
    # The offset is the item's base, or else that of its extent.
    where = iloc + (12 if data[iloc + 5] else 14)
    struct.pack_into(">I", result, where, struct.unpack_from(">I", result, where)[0] + shift)
    return bytes(result)


def _count(boxes: bytes) -> int:
    place = number = 0
    while place < len(boxes):
        place += struct.unpack_from(">I", boxes, place)[0]
        number += 1
    return number


def says(data: bytes, primaries: int, transfer: int, matrix: int) -> bool:
    """If the coded primary picture describes its colours so: in HEVC's configuration, or where AV1's data begin."""
    start = primary_start(data)
    path = (b"meta", b"iprp", b"ipco")
    record = next((data[box.start : box.end] for box in boxes_within(data, *path) if box.type == b"hvcC"), None)
    bits = "".join(f"{byte:08b}" for byte in (record or data[start : start + 32]).replace(b"\0\0\x03", b"\0\0"))
    return f"1{primaries:08b}{transfer:08b}{matrix:08b}" in bits


def primary_start(data: bytes) -> int:
    """Where the content of item 1, which all encoders here give the picture, begins."""
    iloc = next(data[box.start : box.end] for box in boxes_within(data, b"meta") if box.type == b"iloc")
    assert iloc[0] in {0, 1}
    entry = iloc[iloc.index(b"\0\1", 8) :]
    base = iloc[5] >> 4
    skip = 4 + 2 * iloc[0]
    first = int.from_bytes(entry[skip : skip + base], "big")
    return first + int.from_bytes(entry[skip + base + 2 : skip + base + 6], "big")
