"""JPEG files: marker segments, JUMBF boxes, and the digest of the coded data. The coded pictures come from `bases`."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.pictures import Picture, saturated, with_samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.vectors.recipes.bases import Bases

__all__ = [
    "APP11",
    "COM",
    "DHT",
    "DQT",
    "EOI",
    "PROJECT_UUID",
    "SOF",
    "SOI",
    "SOS",
    "app11",
    "box",
    "c2pa",
    "coded",
    "coded_digest",
    "coded_samples",
    "com",
    "description",
    "exif",
    "header_segments",
    "icc",
    "inserted",
    "multi_picture",
    "packet",
    "segment",
    "superbox",
]

SOI, EOI, SOS, DQT, DHT, COM, APP11 = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xFE, 0xEB
SOF = (0xC0, 0xC2)

PROJECT_UUID = bytes.fromhex("a6bebb6856db46f0a99d639f47f4c052")
_UUID_TYPE = bytes.fromhex("7575696400110010800000aa00389b71")

_OPTIONS: dict[str, dict[str, object]] = {
    "444": {"subsampling": 0},
    "420": {"subsampling": 2},
    "422": {"subsampling": 1},
    "progressive": {"subsampling": 2, "progressive": True},
    "grey": {},
    "restart": {"subsampling": 0, "restart_marker_blocks": 1},
    "optimised": {"subsampling": 0, "optimize": True},
    "rgb": {"keep_rgb": True},
}


def coded(bases: Bases, kind: str, width: int = 21, height: int = 15) -> tuple[bytes, Picture]:
    """A JPEG file of Pillow's, with a JFIF segment and no other metadata, and what it decodes to.

    Args:
        bases: where it is kept.
        kind: a key of the options above.
        width: of the picture.
        height: of the picture.
    """
    name = f"jpeg/{kind}-{width}x{height}"
    picture = saturated(width, height)

    def encode() -> bytes:
        from PIL import Image  # noqa: PLC0415 - needed only to make the bases

        image = Image.frombytes("RGB", (width, height), picture.samples)
        buffer = io.BytesIO()
        options = {"quality": 90, "keep_rgb": False, **_OPTIONS[kind]}
        (image.convert("L") if kind == "grey" else image).save(buffer, "JPEG", **options)
        return buffer.getvalue()

    def decode() -> bytes:
        from PIL import Image  # noqa: PLC0415 - needed only to make the bases

        with Image.open(io.BytesIO(data)) as image:
            return Picture("", width, height, image.convert("RGB").tobytes()).ppm()

    data = bases.get(f"{name}.jpg", encode)
    return data, with_samples(f"jpeg-{kind}-{width}x{height}", bases.get(f"{name}.ppm", decode))


def coded_samples(bases: Bases, picture: Picture, *, subsampling: int = 0, quality: int = 100) -> tuple[bytes, Picture]:
    """A JPEG file of Pillow's whose YCbCr samples are given, and those that libjpeg reconstructs from it.

    Args:
        bases: where it is kept.
        picture: Y, Cb and Cr.
        subsampling: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0.
        quality: libjpeg's.
    """
    size = picture.width, picture.height
    kind = f"{picture.name}-{('444', '422', '420')[subsampling]}-ycc"

    def encode() -> bytes:
        from PIL import Image  # noqa: PLC0415 - needed only to make the bases

        buffer = io.BytesIO()
        image = Image.frombytes("YCbCr", size, picture.samples)
        image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
        return buffer.getvalue()

    def decode() -> bytes:
        from PIL import Image  # noqa: PLC0415 - needed only to make the bases

        with Image.open(io.BytesIO(data)) as image:
            image.draft("YCbCr", None)
            return Picture("", *size, image.tobytes()).ppm()

    data = bases.get(f"jpeg/{kind}.jpg", encode)
    return data, with_samples(f"jpeg-{kind}", bases.get(f"jpeg/{kind}.ppm", decode))


def segment(marker: int, content: bytes, *, length: int | None = None) -> bytes:
    """A marker segment; `length` is declared instead of the right one."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2 if length is None else length) + content


def inserted(jpeg: bytes, segments: bytes, *, before: int = DQT) -> bytes:
    """Segments put before the first one with a marker; before SOI means at the end of the file, behind EOI."""
    if before == SOI:
        return jpeg + segments
    at = next(start for marker, start, _ in _segments(jpeg) if marker == before)
    return jpeg[:at] + segments + jpeg[at:]


def without(jpeg: bytes, marker: int) -> bytes:
    """The file without its segments of a marker."""
    for _, start, end in reversed([found for found in _segments(jpeg) if found[0] == marker]):
        jpeg = jpeg[:start] + jpeg[end:]
    return jpeg


def coded_digest(jpeg: bytes) -> bytes:
    """The digest of kind `jpeg`, 16 bytes, of a file made here: tables, frame, scans and EOI, no metadata."""
    left_out = {*range(0xE0, 0xF0), COM, SOI}
    digest = hashlib.sha256()
    for marker, start, end in _segments(jpeg):
        if marker not in left_out:
            digest.update(jpeg[start:end])
        if marker == EOI:
            break
    return digest.digest()[:16]


def header_segments(jpeg: bytes) -> Iterable[int]:
    """Markers of the segments from SOI, which is not given, to the first SOS, which is, of a file made here."""
    for marker, _, _ in _segments(jpeg):
        if marker != SOI:
            yield marker
        if marker == SOS:
            return


def _segments(jpeg: bytes) -> Iterable[tuple[int, int, int]]:
    """Marker, start and end of each segment; coded data belong to the start of scan before them. No fill bytes."""
    yield SOI, 0, 2
    at = 2
    while True:
        marker = jpeg[at + 1]
        end = at + 2 if marker == EOI else at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == SOS:
            while jpeg[end] != 0xFF or jpeg[end + 1] == 0 or 0xD0 <= jpeg[end + 1] <= 0xD7:
                end += 1
        yield marker, at, end
        if marker == EOI:
            return
        at = end


def box(kind: bytes, content: bytes, *, length: int | None = None) -> bytes:
    """A box; `length` is declared instead of the right one."""
    return struct.pack(">I4s", 8 + len(content) if length is None else length, kind) + content


def description(label: bytes = b"gamutmeta", *, toggles: int = 0x03, more: bytes = b"") -> bytes:
    """The description box of a superbox whose content is a UUID box; `more` follows the label."""
    return box(b"jumd", _UUID_TYPE + bytes((toggles,)) + label + b"\0" + more)


def packet(superbox_content: bytes, *, instance: int = 0x4761, sequence: int = 1, length: int | None = None) -> bytes:
    """The content of an APP11 segment with one superbox, or with a part of it if `length` says more."""
    whole = 8 + len(superbox_content) if length is None else length
    return struct.pack(">2sHII4s", b"JP", instance, sequence, whole, b"jumb") + superbox_content


def superbox(container: bytes, *, before: bytes = b"", behind: bytes = b"") -> bytes:
    """What our superbox holds: description and container, with further boxes before and behind the container."""
    return description() + before + box(b"uuid", PROJECT_UUID + container) + behind


def app11(container: bytes, *, instance: int = 0x4761, sequence: int = 1, length: int | None = None) -> bytes:
    """Our APP11 segment."""
    return segment(APP11, packet(superbox(container), instance=instance, sequence=sequence, length=length))


def com(container: bytes, *, behind: bytes = b"") -> bytes:
    """Our COM segment; `behind` follows the base64."""
    return segment(COM, b"gamutmeta1 " + base64.b64encode(container) + behind)


def c2pa(*, parts: int = 3, part: int = 40, instance: int = 0x0211) -> list[bytes]:
    """The segments of a superbox as C2PA writes it, spread over several of them; what it holds is made up."""
    kind = bytes.fromhex("6332706100110010800000aa00389b71")
    whole = box(b"jumd", kind + b"\x03c2pa\0") + box(b"bidb", bytes(i % 251 for i in range(parts * part - 46)))
    return [
        segment(
            APP11, packet(whole[i * part : (i + 1) * part], instance=instance, sequence=i + 1, length=8 + len(whole))
        )
        for i in range(parts)
    ]


def exif(*, orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """An APP1 segment with an EXIF block: the orientation, and a JPEG thumbnail if given."""
    entries = struct.pack("<HHHIHH", 1, 274, 3, 1, orientation, 0)
    first = struct.pack("<2sHI", b"II", 42, 8) + entries
    if thumbnail:
        at = len(first) + 4 + 2 + 24 + 4
        second = struct.pack("<HHHIIHHIII", 2, 513, 4, 1, at, 514, 4, 1, len(thumbnail), 0)
        block = first + struct.pack("<I", len(first) + 4) + second + thumbnail
    else:
        block = first + bytes(4)
    return segment(0xE1, b"Exif\0\0" + block)


def icc(parts: int = 2) -> bytes:
    """APP2 segments of an ICC profile that nobody can use, chained as usual."""
    return b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((i + 1, parts)) + bytes(range(40))) for i in range(parts))


def multi_picture(jpeg: bytes, segments: bytes, second: bytes) -> bytes:
    """A file with `segments` before its first table, an MPF segment (CIPA DC-007) before them, and a second picture.

    Args:
        jpeg: a file made here.
        segments: to be inserted.
        second: the second picture, a JPEG file as well.
    """
    at = jpeg.index(bytes((0xFF, DQT)))
    header = at + 8
    length = len(jpeg) + len(_mpf(0, 0, 0)) + len(segments)
    first = inserted(jpeg, _mpf(length, length - header, len(second)) + segments)
    return first + second


def _mpf(first_size: int, second_offset: int, second_size: int) -> bytes:
    """The APP2 segment that lists two pictures; the offset counts from the byte order mark in it."""
    entries = struct.pack("<IIIHHIIIHH", 0x030000, first_size, 0, 0, 0, 0, second_size, second_offset, 0, 0)
    fields = ((0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", 2)), (0xB002, 7, 32, struct.pack("<I", 50)))
    directory = struct.pack("<H", 3) + b"".join(struct.pack("<HHI4s", *field) for field in fields) + bytes(4)
    return segment(0xE2, b"MPF\0" + struct.pack("<2sHI", b"II", 42, 8) + directory + entries)
