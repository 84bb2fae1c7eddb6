"""Host files made to be slow: many of what is usually few, within what the carriers walk through."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.fuzz import samples
from tests.fuzz.mutations import png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CONTAINER", "FILES", "many_entries"]

_LABEL = struct.pack(">I4s", 35, b"jumd") + bytes.fromhex("7575696400110010800000aa00389b71") + b"\3gamutmeta\0"
_TAIL = b"\xff\xda\x00\x02\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _packet(length: int, body: bytes) -> bytes:
    return _segment(0xEB, b"JP\x47\x61\0\0\0\1" + struct.pack(">I4s", length, b"jumb") + body)


def _boxes(count: int) -> bytes:
    body = _LABEL + struct.pack(">I4s", 8, b"free") * count
    return _packet(8 + len(body), body)


def _png_with(chunk: bytes) -> bytes:
    (header, *rest), _ = png.chunks(samples.HOSTS["png/rgb"])
    return png.SIGNATURE + png.chunk(*header) + chunk + b"".join(png.chunk(*part) for part in rest)


def _chain_of_directories(count: int) -> bytes:
    directories = b"".join(struct.pack("<HI", 0, 8 + 6 * (i + 1)) for i in range(count - 1))
    return b"II*\0\x08\0\0\0" + directories + bytes(6)


def many_entries(tag: int, kind: int, count: int, values: int, tail: bytes) -> bytes:
    """A BigTIFF file of one directory, whose entries all have the same tag, type, number of values, and place.

    Args:
        tag: of the entries.
        kind: their field type.
        count: how many there are; a classic TIFF takes fewer.
        values: how many values each has.
        tail: what lies behind the directory, where the values begin.
    """
    entry = struct.pack("<HHQQ", tag, kind, values, 24 + count * 20 + 8)
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, count) + entry * count + bytes(8) + tail


CONTAINER = samples.containers()["empty"]
FILES: Mapping[str, Callable[[], bytes]] = {
    "one box in many segments": lambda: b"\xff\xd8" + _packet(5000, _LABEL) * 20_000 + _TAIL,
    "many boxes in many segments": lambda: (
        b"\xff\xd8" + b"".join(_packet(5000 + i, _LABEL) for i in range(20_000)) + _TAIL
    ),
    "many comments": lambda: b"\xff\xd8" + _segment(0xFE, b"gamutmeta1 ") * 20_000 + _TAIL,
    "many small boxes": lambda: b"\xff\xd8" + _boxes(8000) * 60 + _TAIL,
    "many chains": lambda: (
        b"\xff\xd8" + b"".join(_segment(0xE0 + i % 16, struct.pack(">I", i)) for i in range(20_000)) + _TAIL
    ),
    "many text chunks": lambda: _png_with(png.chunk(b"iTXt", b"gamutmeta\0") * 60_000),
    "many directories": lambda: _chain_of_directories(40_000),
    "many payloads of one value": lambda: many_entries(65_357, 1, 60_000, 200, CONTAINER + bytes(300)),
}
