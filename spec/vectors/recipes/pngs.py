"""PNG files by hand; pictures are deflated as stored blocks, so that no version of zlib plays a part."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.vectors.recipes.pictures import Picture

__all__ = ["IEND", "SIGNATURE", "chunk", "deflated", "itxt", "png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes, *, crc: int | None = None, length: int | None = None) -> bytes:
    """A chunk; `crc` and `length` stand there instead of the right ones."""
    checksum = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", checksum)


IEND = chunk(b"IEND", b"")


def deflated(data: bytes) -> bytes:
    """A zlib stream of stored blocks."""
    pieces = [data[i : i + 0xFFFF] for i in range(0, len(data), 0xFFFF)] or [b""]
    blocks = b"".join(
        struct.pack("<BHH", piece is pieces[-1], len(piece), len(piece) ^ 0xFFFF) + piece for piece in pieces
    )
    return b"\x78\x01" + blocks + struct.pack(">I", zlib.adler32(data))


def png(picture: Picture, chunks: bytes = b"", *, behind: bytes = b"") -> bytes:
    """An 8-bit RGB picture.

    Args:
        picture: its samples.
        chunks: finished ones, between IHDR and IDAT.
        behind: finished ones, between IDAT and IEND.
    """
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    stride = 3 * picture.width
    rows = b"".join(b"\0" + picture.samples[i : i + stride] for i in range(0, len(picture.samples), stride))
    return SIGNATURE + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", deflated(rows)) + behind + IEND


def itxt(
    container: bytes,
    *,
    keyword: bytes = b"gamutmeta",
    text: bytes | None = None,
    compression: bytes | None = None,
    language: bytes = b"",
    translated: bytes = b"",
    crc: int | None = None,
) -> bytes:
    """Our iTXt chunk.

    Args:
        container: what it holds.
        keyword: another one.
        text: instead of the base64 of the container.
        compression: flag and method, two bytes, instead of zeros; the text is taken as it is.
        language: language tag.
        translated: translated keyword.
        crc: instead of the right one.
    """
    content = base64.b64encode(container) if text is None else text
    fields = (keyword, b"\0", compression or b"\0\0", language, b"\0", translated, b"\0", content)
    return chunk(b"iTXt", b"".join(fields), crc=crc)
