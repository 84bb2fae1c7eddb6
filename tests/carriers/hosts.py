"""Small host files of every kind the carriers must live with."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any, Literal

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from gamutmeta.carriers import MAGIC
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.formats.png import SIGNATURE, insert_before_idat, iter_chunks, make_chunk

CONTAINER = MAGIC + bytes(range(256)) * 3
OTHER_CONTAINER = MAGIC + b"another payload"

EXIF = Image.Exif()
EXIF[271] = "Camera maker"
EXIF[274] = 6
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><gamut/></x:xmpmeta>'
# Spread over three APP2 segments; without FF, so that markers can be searched for.
LARGE_ICC = bytes(40) + b"RGB " + np.random.default_rng(7).bytes(150_000).replace(b"\xff", b"\xfe")


def insert_after_ihdr(data: bytes, chunks: bytes) -> bytes:
    """Finished chunks directly behind IHDR, the place for those that precede PLTE."""
    end = next(iter_chunks(data)).end
    return data[:end] + chunks + data[end:]


@cache
def pixels(height: int = 21, width: int = 30) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A gradient with noise, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack((x * 255 // width, y * 255 // height, (x + y) % 256), axis=-1)
    noise = np.random.default_rng(1).integers(0, 24, smooth.shape)
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)


def pillow_bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# --- JPEG ------------------------------------------------------------------------------------------------------------


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    return pillow_bytes(Image.fromarray(pixels()).convert(mode), "JPEG", **({"quality": 90} | options))


def c2pa_segments(instance: int = 0x0211, size: int = 150_000) -> list[bytes]:
    """A manifest store as C2PA writers lay it out: one JUMBF superbox over several APP11 segments."""
    kind = bytes.fromhex("63327061001100108000" + "00aa00389b71")
    description = struct.pack(">I4s", 8 + 16 + 1 + 5, b"jumd") + kind + b"\x03c2pa\0"
    content = struct.pack(">I4s", 8 + size, b"bidb") + np.random.default_rng(3).bytes(size).replace(b"\xff", b"\xfe")
    length = 8 + len(description) + len(content)
    body = description + content
    parts = [body[i : i + 65_517] for i in range(0, len(body), 65_517)]
    return [
        make_segment(0xEB, struct.pack(">2sHII4s", b"JP", instance, sequence, length, b"jumb") + part)
        for sequence, part in enumerate(parts, 1)
    ]


def insert_segments(data: bytes, segments: bytes, *, before: int = 0xDB) -> bytes:
    """Put raw bytes before the first segment with a marker (DQT unless told otherwise)."""
    offset = data.index(bytes((0xFF, before)))
    return data[:offset] + segments + data[offset:]


def behind_soi(data: bytes, segments: bytes) -> bytes:
    return data[:2] + segments + data[2:]


def _jpeg_hosts() -> dict[str, bytes]:
    plain = jpeg()
    everything = jpeg(exif=EXIF, icc_profile=LARGE_ICC, xmp=XMP, comment=b"a comment")
    c2pa = b"".join(c2pa_segments())
    hosts = {
        "4:4:4": jpeg(subsampling=0),
        "4:2:0": jpeg(subsampling=2),
        "progressive": jpeg(progressive=True),
        "grey": jpeg("L"),
        "cmyk": jpeg("CMYK"),
        "exif": jpeg(exif=EXIF),
        "icc": jpeg(icc_profile=LARGE_ICC),
        "xmp": jpeg(xmp=XMP),
        "comment": jpeg(comment=b"a comment"),
        "everything": everything,
        "restart": jpeg(restart_marker_blocks=1),
        "trailing": plain + b"\xff\xeb\x00\x20 bytes behind EOI" + plain,
        "fill": insert_segments(behind_soi(plain, b"\xff" * 5), b"\xff" * 3),
        "c2pa": insert_segments(plain, c2pa),
        "c2pa-first": behind_soi(plain, c2pa),
        "c2pa-everything": insert_segments(everything, c2pa),
        "raw-app11": insert_segments(plain, b"".join(make_segment(0xEB, bytes(n)) for n in (0, 1, 20, 27))),
        "impossible-length": insert_segments(plain, b"\xff\xeb\x00\x00\xff\xeb\x00\x01"),
        "jpeg-hdr": insert_segments(plain, make_segment(0xEB, b"HDR_RI ver=11")),
        "no-metadata": plain[:2] + plain[20:],
    }
    assert hosts["no-metadata"][2:4] == b"\xff\xdb"
    return hosts


JPEG_HOSTS = _jpeg_hosts()


def multi_picture() -> bytes:
    first = Image.fromarray(pixels())
    return pillow_bytes(first, "MPO", save_all=True, append_images=[first.rotate(180)])


def mp_index(
    entries: list[tuple[int, int]], order: Literal["<", ">"] = "<", *, kind: int = 7, place: int | None = None
) -> bytes:
    """An MPF segment that lists pictures by size and offset (CIPA DC-007, section 5.2)."""
    listed = b"".join(struct.pack(order + "IIIHH", 0x030000 * (not i), *entry, 0, 0) for i, entry in enumerate(entries))
    fields = (
        (0xB000, 7, 4, b"0100"),
        (0xB001, 4, 1, struct.pack(order + "I", len(entries))),
        (0xB002, kind, len(listed), struct.pack(order + "I", 50 if place is None else place)),
    )
    directory = struct.pack(order + "H", 3) + b"".join(struct.pack(order + "HHI4s", *field) for field in fields)
    mark = {"<": b"II", ">": b"MM"}[order]
    return make_segment(0xE2, b"MPF\0" + mark + struct.pack(order + "HI", 42, 8) + directory + bytes(4) + listed)


def with_pictures(
    first: bytes,
    further: list[bytes],
    order: Literal["<", ">"] = "<",
    *,
    before: int = 0xDB,
    gap: bytes = b"",
    size_of_first: int | None = None,
    late: int = 0,
    **odd: Any,
) -> bytes:
    """A JPEG with an index before a segment of its own, and further ones behind it, bytes between them.

    Args:
        first: the first picture.
        further: the others.
        order: byte order of the index.
        before: marker of the segment that the index comes before; SOS is where newer gain map writers put it.
        gap: bytes between two pictures.
        size_of_first: what the index states; by default what is true.
        late: how many bytes too far the index leads.
        odd: for `mp_index`.
    """
    place = len(mp_index([(0, 0)] * (len(further) + 1), order))
    header = first.index(bytes((0xFF, before))) + 8
    end = len(first) + place
    listed = [(end if size_of_first is None else size_of_first, 0)]
    for picture in further:
        end += len(gap)
        listed.append((len(picture), end - header + late))
        end += len(picture)
    return insert_segments(first, mp_index(listed, order, **odd), before=before) + b"".join(
        gap + picture for picture in further
    )


# --- PNG -------------------------------------------------------------------------------------------------------------


def png(mode: str = "RGB", **options: Any) -> bytes:
    return pillow_bytes(Image.fromarray(pixels()).convert(mode), "PNG", **options)


def adam7(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """An interlaced PNG, which neither Pillow nor imagecodecs writes."""
    height, width, _ = rgb.shape
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.tobytes() for y, x, dy, dx in starts for row in rgb[y::dy, x::dx] if rgb[y::dy, x::dx].size
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"".join(
        (SIGNATURE, make_chunk(b"IHDR", header), make_chunk(b"IDAT", zlib.compress(rows)), make_chunk(b"IEND", b""))
    )


def _png_hosts() -> dict[str, bytes]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a title")
    text.add_text("Comment", "compressed " * 40, zip=True)
    text.add_itxt("Description", "été", lang="fr", tkey="Description")
    palette = Image.fromarray(pixels()).quantize(64)
    plain = png()
    picture = Image.fromarray(pixels())
    return {
        "plain": plain,
        "grey": png("L"),
        "bilevel": png("1"),
        "alpha": png("RGBA"),
        "palette": pillow_bytes(palette, "PNG"),
        "palette-transparent": pillow_bytes(palette, "PNG", transparency=bytes(range(64))),
        "interlaced": adam7(pixels()),
        "text": png(pnginfo=text),
        "profile": png(icc_profile=LARGE_ICC, exif=EXIF),
        "16-bit": pillow_bytes(Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257), "PNG"),
        "trailing": plain + b"bytes behind IEND",
        "unknown-chunks": insert_before_idat(
            insert_after_ihdr(plain, make_chunk(b"prVt", b"x")), make_chunk(b"caBX", b"manifest")
        ),
        "many-idat": pillow_bytes(picture.resize((400, 400)), "PNG", compress_level=0),
    }


PNG_HOSTS = _png_hosts()


# --- TIFF ------------------------------------------------------------------------------------------------------------


def tiff(
    *pages: np.ndarray[Any, Any], byteorder: Literal["<", ">"] = "<", bigtiff: bool = False, **options: Any
) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, byteorder=byteorder, bigtiff=bigtiff) as writer:
        for page in pages or (pixels(),):
            writer.write(page, **({"photometric": "rgb", "metadata": None} | options))
    return buffer.getvalue()


def _tiff_hosts() -> dict[str, bytes]:
    picture = Image.fromarray(pixels())
    return {
        "striped": tiff(rowsperstrip=4),
        "big-endian": tiff(byteorder=">"),
        "bigtiff": tiff(bigtiff=True),
        "bigtiff-big-endian": tiff(bigtiff=True, byteorder=">"),
        "tiled": tiff(tile=(16, 16)),
        "deflate": tiff(compression="zlib", predictor=True),
        "lzw": pillow_bytes(picture, "TIFF", compression="tiff_lzw"),
        "planar": tiff(np.ascontiguousarray(pixels().transpose(2, 0, 1)), planarconfig="separate"),
        "pages": tiff(pixels(), pixels()[::-1], pixels()[:8, :8]),
        "profile": tiff(iccprofile=LARGE_ICC[:3001], description="odd"),
        "private-tags": tiff(extratags=[(65_000, 1, 11, b"eleven byte", True), (65_535, 7, 2, b"ab", True)]),
        "oriented": pillow_bytes(picture, "TIFF", exif=EXIF),
        "16-bit": tiff(pixels().astype(np.uint16) * 257),
        "grey": pillow_bytes(picture.convert("L"), "TIFF"),
        "trailing-odd": tiff() + b"\0\0\0",
    }


TIFF_HOSTS = _tiff_hosts()


HOSTS = {
    f"{kind}/{name}": data
    for kind, hosts in (("jpeg", JPEG_HOSTS), ("png", PNG_HOSTS), ("tiff", TIFF_HOSTS))
    for name, data in hosts.items()
}

PILLOW_CANNOT_READ = {"bigtiff-big-endian"}
"""Pillow looks for BigTIFF's version in the wrong byte of big-endian files."""
