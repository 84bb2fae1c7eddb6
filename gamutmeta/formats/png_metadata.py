"""What the chunks of a PNG say about the photograph, as the standard has it and as programs write it.

Exiv2, darktable, GIMP and ImageMagick put EXIF, XMP, IPTC-IIM and ICC profiles into text chunks named "Raw profile
type ...", as hexadecimal digits; libvips puts XMP into a compressed one.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 11.3.3 (text) and 11.3.4 (pHYs, eXIf).
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.envelope import TEXT_KEYWORD
from gamutmeta.errors import CarrierError
from gamutmeta.formats.c2pa import CHUNK, MANIFEST_NOTE
from gamutmeta.formats.comments import Comment
from gamutmeta.formats.jpeg import XMP_SIGNATURE
from gamutmeta.formats.png import XMP_KEYWORD, make_chunk, read_chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamutmeta.formats.png import Chunk
    from gamutmeta.formats.source import SourceLike

__all__ = [
    "METADATA_CHUNKS",
    "PngMetadata",
    "density_chunk",
    "raw_profile_chunk",
    "read_png_metadata",
    "text_chunk",
]

METADATA_CHUNKS = frozenset({b"eXIf", b"pHYs", b"tEXt", b"zTXt", b"iTXt"})
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_EXIF_PREFIX = b"Exif\0\0"
_RAW = "Raw profile type "
_HEX_BLANK = re.compile(rb"[^0-9A-Fa-f]+")
_METRES_PER_INCH = 0.0254
_MAX_TEXTS = 10_000
_MAX_BYTES = 64 << 20
"""Of all texts together, after decompression."""
_DAMAGED = "a text chunk of the PNG file is damaged and was left out"
_TOO_LARGE = "text chunks of the PNG file beyond 64 MB were left out"


class PngMetadata(NamedTuple):
    """What the chunks say.

    Attributes:
        exif: EXIF block.
        xmp: XMP packet.
        resources: Photoshop's image resources, or IPTC-IIM alone.
        icc: ICC profile in a text chunk.
        texts: all other ones, but for payloads.
        density: pixels per inch, across and down; None where no unit is named.
        notes: what could not be read, or is left out.
    """

    exif: bytes | None
    xmp: bytes | None
    resources: bytes | None
    icc: bytes | None
    texts: tuple[Comment, ...]
    density: tuple[float, float] | None
    notes: tuple[str, ...]


def read_png_metadata(data: SourceLike, chunks: Iterable[Chunk]) -> PngMetadata:
    """Read the chunks that are about the photograph; damaged ones are left out with a note.

    Args:
        data: the file.
        chunks: of the file, in order; those of other types are passed over.
    """
    blocks: dict[bytes, bytes] = {}
    texts: list[Comment] = []
    notes: dict[str, None] = {}
    room = _MAX_BYTES
    for chunk in chunks:
        if chunk.type == CHUNK:
            notes[MANIFEST_NOTE] = None
        if chunk.type not in METADATA_CHUNKS or (chunk.type in blocks):
            continue
        if chunk.data_end - chunk.data_start > room or len(texts) >= _MAX_TEXTS:
            notes[_TOO_LARGE] = None
            continue
        try:
            content = read_chunk(data, chunk)
            if chunk.type not in _TEXTS:
                blocks[chunk.type] = content
                continue
            text = _text_of(chunk.type, content, room)
        except CarrierError:
            notes[_DAMAGED] = None
            continue
        room -= len(text.text)
        if text.keyword.encode() != TEXT_KEYWORD:
            texts.append(text)
    profiles = _profiles(texts)
    exif = blocks.get(b"eXIf") or profiles.get("exif") or profiles.get("app1")
    return PngMetadata(
        exif=exif if exif is None or exif.startswith(_EXIF_PREFIX) else _EXIF_PREFIX + exif,
        xmp=next((t.text for t in texts if t.keyword.encode() == XMP_KEYWORD), None) or profiles.get("xmp"),
        resources=profiles.get("8bim") or profiles.get("iptc"),
        icc=profiles.get("icc") or profiles.get("icm"),
        texts=tuple(t for t in texts if t.keyword.encode() != XMP_KEYWORD and not t.keyword.startswith(_RAW)),
        density=_density(blocks.get(b"pHYs", b"")),
        notes=tuple(notes),
    )


def raw_profile_chunk(kind: str, data: bytes) -> bytes:
    """A compressed text chunk with a profile as ImageMagick and Exiv2 write and read it.

    Args:
        kind: "iptc", for example.
        data: the profile.
    """
    digits = data.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    text = f"\n{kind}\n{len(data):8}\n{lines}\n".encode()
    return make_chunk(b"zTXt", f"{_RAW}{kind}".encode() + b"\0\0" + zlib.compress(text))


def text_chunk(text: Comment) -> bytes:
    """A text chunk; its text is Latin-1 where that will do, else UTF-8."""
    keyword = text.keyword.encode("latin-1", errors="replace")[:79].strip() or b"Comment"
    words = text.text.decode(errors="replace").replace("\0", "")
    try:
        return make_chunk(b"tEXt", keyword + b"\0" + words.encode("latin-1"))
    except UnicodeEncodeError:
        return make_chunk(b"iTXt", keyword + bytes(5) + words.encode())


def density_chunk(x: float, y: float) -> bytes:
    """The pHYs chunk of a density in pixels per inch."""
    return make_chunk(b"pHYs", struct.pack(">IIB", round(x / _METRES_PER_INCH), round(y / _METRES_PER_INCH), 1))


def _text_of(kind: bytes, content: bytes, room: int) -> Comment:
    """Keyword and text of a chunk.

    Raises:
        CarrierError: it is damaged, or longer than `room`.
    """
    keyword, separator, rest = content.partition(b"\0")
    if not separator or not 1 <= len(keyword) <= 79:
        raise CarrierError("PNG: a text chunk without keyword")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return Comment(name, _utf_8(rest, name))
    if kind == b"zTXt":
        return Comment(name, _utf_8(_inflated(rest[1:], room), name))
    # Compression flag, method 0, language tag, NUL, translated keyword, NUL, text.
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3:
        raise CarrierError("PNG: an iTXt chunk is cut short")
    return Comment(name, _inflated(parts[2], room) if rest[0] else parts[2])


def _utf_8(text: bytes, keyword: str) -> bytes:
    """The text of a chunk: Latin-1 by the standard, but programs write UTF-8 too, and few other texts look like it."""
    if keyword.encode() == XMP_KEYWORD or keyword.startswith(_RAW):
        return text
    try:
        return text.decode().encode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()


def _inflated(data: bytes, room: int) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(data, room)
    except zlib.error as error:
        raise CarrierError(f"PNG: a text chunk is damaged: {error}") from error
    if not decompressor.eof:
        raise CarrierError("PNG: a text chunk is cut short, or too large")
    return text


def _profiles(texts: Iterable[Comment]) -> dict[str, bytes]:
    """The raw profiles, by kind in lower case; "app1" is EXIF or XMP, as it begins."""
    found: dict[str, bytes] = {}
    for keyword, text in texts:
        if not keyword.startswith(_RAW):
            continue
        kind = keyword.removeprefix(_RAW).strip().lower()
        # A line with the kind, one with the number of bytes, and lines of digits.
        lines = text.lstrip(b"\n\r ").split(b"\n", 2)
        digits = _HEX_BLANK.sub(b"", lines[2]) if len(lines) == 3 else b""
        if not digits or len(digits) % 2 or not lines[1].strip().isdigit():
            continue
        data = bytes.fromhex(digits.decode())[: int(lines[1][:20])]
        if kind in {"app1", "exif"} and data.startswith(XMP_SIGNATURE):
            kind, data = "xmp", data.removeprefix(XMP_SIGNATURE)
        found.setdefault(kind, data)
    return found


def _density(data: bytes) -> tuple[float, float] | None:
    if len(data) != 9:
        return None
    x, y, unit = struct.unpack(">IIB", data)
    return (x * _METRES_PER_INCH, y * _METRES_PER_INCH) if unit == 1 and x and y else None
