"""Small files that announce pictures of any size: one for each reader, and each way of writing sizes down."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gamutmeta.errors import GamutMetaError
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.tiff_out import write_tiff
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_photo
from tests.fuzz import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KINDS", "announcing"]


def announcing(kind: str, width: int, height: int) -> bytes:
    """A file of that kind that announces that size, as far as the format can write it down."""
    data, patch = _made()[kind]
    return patch(data, width, height)


def _jpeg(data: bytes, width: int, height: int) -> bytes:
    at = next(i for marker in (b"\xff\xc0", b"\xff\xc2") if (i := data.find(marker)) >= 0)
    return data[: at + 5] + struct.pack(">HH", height & 0xFFFF, width & 0xFFFF) + data[at + 9 :]


def _png(data: bytes, width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]


def _tiff(data: bytes, width: int, height: int) -> bytes:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    changed = bytearray(data)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(f"{order}H", data, entry)
        if tag in {256, 257, 278}:
            # ImageWidth, ImageLength and RowsPerStrip, as LONG.
            struct.pack_into(f"{order}HII", changed, entry + 2, 4, 1, width if tag == 256 else height)
    return bytes(changed)


def _webp_lossless(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"VP8L") + 9
    bits = (width - 1 & 0x3FFF) | (height - 1 & 0x3FFF) << 14
    return data[:at] + struct.pack("<I", bits) + data[at + 4 :]


def _webp_lossy(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\x9d\x01\x2a") + 3
    return data[:at] + struct.pack("<HH", width & 0x3FFF, height & 0x3FFF) + data[at + 4 :]


def _webp_canvas(data: bytes, width: int, height: int) -> bytes:
    canvas = (width - 1 & 0xFFFFFF).to_bytes(3, "little") + (height - 1 & 0xFFFFFF).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0) + canvas + data[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _boxes(data: bytes, width: int, height: int) -> bytes:
    """HEIC and AVIF: in every property `ispe`."""
    parts = data.split(b"ispe")
    size = struct.pack(">III", 0, width & 0xFFFFFFFF, height & 0xFFFFFFFF)
    return parts[0] + b"".join(b"ispe" + size + part[12:] for part in parts[1:])


def _jxl(data: bytes, width: int, height: int) -> bytes:
    """A bare codestream: SizeHeader (ISO/IEC 18181-1, 9.2.3) with 30 bits for each side, then the picture's bytes."""
    # div8 = 0; height; ratio = 0; width. Least significant bits first.
    bits, length = 0, 0
    for value, count in ((0, 1), (3, 2), (height - 1, 30), (0, 3), (3, 2), (width - 1, 30), (1, 1)):
        bits |= (value & (1 << count) - 1) << length
        length += count
    return b"\xff\x0a" + bits.to_bytes((length + 7) // 8, "little") + data[-64:]


@cache
def _made() -> Mapping[str, tuple[bytes, Callable[[bytes, int, int], bytes]]]:
    codes = samples.picture()
    deep = codes.astype(np.uint16) * 257
    made: dict[str, tuple[bytes, Callable[[bytes, int, int], bytes]]] = {
        "JPEG": (samples.bound("jpeg/baseline", "default"), _jpeg),
        "progressive JPEG": (samples.bound("jpeg/progressive", "default"), _jpeg),
        "PNG": (samples.bound("png/rgb", "default"), _png),
        "palette PNG": (samples.bound("png/palette", "default"), _png),
        "TIFF": (samples.bound("tiff/little", "default"), _tiff),
        "LZW TIFF": (samples.bound("tiff/lzw", "default"), _tiff),
        "Deflate TIFF": (samples.bound("tiff/deflate", "default"), _tiff),
    }
    for kind, write, patch in (("16-bit PNG", write_png, _png), ("16-bit TIFF", write_tiff, _tiff)):
        file = io.BytesIO()
        write(file, deep, icc=None)
        made[kind] = (file.getvalue(), patch)
    for kind, lossless, patch in (
        ("VP8L", True, _webp_lossless),
        ("VP8", False, _webp_lossy),
        ("VP8X", True, _webp_canvas),
    ):
        file = io.BytesIO()
        Image.fromarray(codes).save(file, "WEBP", lossless=lossless)
        made[f"WebP {kind}"] = (file.getvalue(), patch)
    with tempfile.TemporaryDirectory() as folder:
        for suffix, patch in (("avif", _boxes), ("heic", _boxes), ("jxl", _jxl)):
            path = Path(folder) / f"x.{suffix}"
            try:
                write_photo(WideImage(np.repeat(np.repeat(deep, 4, 0), 4, 1), "prophoto"), path)
            except GamutMetaError:
                continue
            made[suffix.upper()] = (path.read_bytes(), patch)
    return made


KINDS = tuple(_made())
