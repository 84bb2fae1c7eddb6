"""Adds properties to HEIF and AVIF files that encoders have no option for."""

from __future__ import annotations

import struct

from gamutmeta.formats.boxes import make_box


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
