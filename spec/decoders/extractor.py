"""Takes gamutmeta containers out of JPEG, PNG, TIFF and sidecars: section 8.1 and the annexes of ../gamutmeta-1.md.

It is written to be read beside the text, whose section numbers stand in brackets. Standard library only.
"""

# ruff: noqa: INP001 -- it stands alone beside reference.py, in no package
from __future__ import annotations

import base64
import hashlib
import itertools
import re
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = bytes.fromhex("89474D540D0A1A0A")
LARGEST_CONTAINER, LARGEST_TEXT, LARGEST_CHUNK = 61_440, 122_880, 123_904  # bytes
SEGMENTS, CHUNKS, ENTRIES = 65_536, 262_144, 262_144
PROJECT = bytes.fromhex("A6BEBB6856DB46F0A99D639F47F4C052")

SOI, EOI, SOS, APP0, APP11, APP14, COM, TEM = 0xD8, 0xD9, 0xDA, 0xE0, 0xEB, 0xEE, 0xFE, 0x01
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
DCT_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
CODED_DATA = 0x00  # no marker: what follows SOS
HASHED = {*range(0xC0, 0xD0), EOI, SOS, 0xDB, 0xDC, 0xDD, CODED_DATA}
MARKER = re.compile(rb"\xff++[^\x00\xd8]")  # fill bytes are part of the match; ++ leaves none for the second byte
END_OF_CODED_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class GamutError(Exception):
    """What is wrong with a file: ``code`` is one of section 9, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def require(condition: object, code: str, message: str) -> None:
    """Every check of the specification is one of these."""
    if not condition:
        raise GamutError(code, message)


def big(data: bytes, at: int, size: int) -> int:
    """Returns a big-endian integer. One that is cut off is too small, which its reader finds out by where it ends."""
    return int.from_bytes(data[at : at + size], "big")


def is_jpeg(data: bytes) -> bool:
    """By its first bytes, never by its name (8.1)."""
    return data.startswith(b"\xff\xd8\xff")


def extract(data: bytes) -> bytes:
    """The container in a file of any kind (8.1)."""
    if is_jpeg(data):
        found = from_jpeg(data)
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        found = from_png(data)
    elif data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        found = from_tiff(data)
    else:
        require(data.startswith(MAGIC), "carrier.unsupported", "the file is no JPEG, PNG, TIFF or container")
        found = data
    require(len(found) <= LARGEST_CONTAINER, "carrier.too-large", "the container is too large")
    require(found.startswith(MAGIC), "carrier", "the container does not begin with the magic")
    return found


# JPEG (annex A)


def jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments by their markers up to EOI (A.1), and the coded data between them (A.5), one by one as asked for."""
    at = 2
    for _ in range(SEGMENTS):
        head = MARKER.match(data, at)
        if head is None:
            raise GamutError("carrier", "there is no JPEG marker where one should be")
        begin, at, marker = head.end() - 2, head.end(), data[head.end() - 1]
        if marker != TEM and not 0xD0 <= marker <= EOI:
            at += max(big(data, at, 2), 2)
            require(at <= len(data), "carrier", "a JPEG segment runs past the end of the file")
        yield marker, data[begin:at]
        if marker == EOI:
            return
        if marker == SOS:
            end = END_OF_CODED_DATA.search(data, at)
            if end is None:
                raise GamutError("carrier", "the JPEG ends within its coded data")
            coded = data[at : end.start()].rstrip(b"\xff")
            yield CODED_DATA, coded
            at += len(coded)
    raise GamutError("carrier", "the JPEG has too many segments")


def from_jpeg(data: bytes) -> bytes:
    """The container in the APP11 or else the COM segment. A fault in either waits for those of the JPEG (A.1)."""
    claims: dict[int, bytes | GamutError] = {}
    for marker, segment in jpeg_parts(data):
        if marker in (SOS, EOI):
            break
        claim: bytes | GamutError | None = None
        try:
            if marker == APP11:
                claim = from_app11(segment[4:])
            elif marker == COM and segment.startswith(b"gamutmeta1 ", 4):
                claim = from_base64(segment[15:])
        except GamutError as error:
            claim = error
        if claim is not None:
            require(marker not in claims, "carrier.duplicate", "two segments claim to hold a container")
            claims[marker] = claim
    found = claims.get(APP11, claims.get(COM, GamutError("carrier.none", "no segment holds a container")))
    if isinstance(found, GamutError):
        raise found
    return found


def from_app11(content: bytes) -> bytes | None:
    """The container in an APP11 segment; None if the segment is somebody else's (A.2)."""
    length, at = big(content, 8, 4), 16
    if length == 1:
        length, at = big(content, 16, 8), 24
    label = content[at + 4 : at + 8] + content[at + 25 : at + 35]
    jumbf = content.startswith(b"JP") and content[12:16] == b"jumb"
    if not (jumbf and label == b"jumdgamutmeta\0" and content[at + 24] & 2):
        return None
    require(big(content, 4, 4) == 1 and length == len(content) - 8, "carrier", "the superbox is not in one segment")
    found = []
    while at < len(content):
        size = big(content, at, 4)
        require(size >= 8 and at + size <= len(content), "carrier", "a box has a wrong length")
        if content.startswith(b"uuid" + PROJECT, at + 4, at + size):
            found.append(content[at + 24 : at + size])
        at += size
    require(len(found) < 2, "carrier.duplicate", "one superbox holds two containers")
    return found[0] if found else None


def from_base64(text: bytes) -> bytes:
    """The text form of COM and iTXt (A.4)."""
    require(len(text) <= LARGEST_TEXT, "carrier.too-large", "the text is too long")
    text = re.sub(rb"[ \t-\r]+", b"", text.rstrip(b"\0 \t\n\r"))
    require(len(text) % 4 == 0 and re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", text), "carrier", "the text is no base64")
    return base64.b64decode(text)


def coded_digest(data: bytes) -> bytes:
    """The digest that binds a payload to a JPEG (A.5)."""
    parts = list(jpeg_parts(data))
    require(any(marker == SOS for marker, _ in parts), "carrier", "the JPEG has no scan")
    return hashlib.sha256(b"".join(part for marker, part in parts if marker in HASHED)).digest()[:16]


def colour_signs(data: bytes) -> tuple[bytes, bool | None]:
    """The first frame header with its marker, and whether segments before the first SOS say YCbCr, or nothing (A.5)."""
    frame, jfif, adobe = b"", False, b""
    for marker, segment in jpeg_parts(data):
        content = segment[4:]
        if marker == SOS:
            break
        if marker in FRAMES and not frame:
            frame = bytes([marker]) + content
        elif marker == APP0 and len(content) >= 14 and content.startswith(b"JFIF\0"):
            jfif = True
        elif marker == APP14 and len(content) >= 12 and content.startswith(b"Adobe"):
            adobe = content
    return frame, True if jfif else adobe[11] != 0 if adobe else None


def contradicts_itself(data: bytes) -> bool:
    """Whether segments of a JPEG of three components say YCbCr, and its frame header RGB, or the reverse (A.5)."""
    frame, told = colour_signs(data)
    return len(frame) >= 16 and frame[6] == 3 and told not in (None, frame[7:16:3] != b"RGB")


def has_ycc_samples(data: bytes) -> bool:
    """Whether a JPEG that is sound holds YCbCr samples of 8 bits (section 5.3 of version 2)."""
    frame, told = colour_signs(data)
    if len(frame) < 16 or frame[0] not in DCT_FRAMES or frame[1] != 8 or frame[6] != 3:
        return False
    return frame[7:16:3] != b"RGB" if told is None else told


# PNG (annex B)


def from_png(data: bytes) -> bytes:
    """The container in a text chunk (B.1)."""
    at, found = 8, []
    for number in itertools.count():
        length, kind = big(data, at, 4), data[at + 4 : at + 8]
        end = at + 12 + length
        require(len(kind) == 4 and kind.isalpha(), "carrier", "a PNG chunk has no type")
        require(number > 0 or kind == b"IHDR", "carrier", "the PNG does not begin with IHDR")
        require(length < 2**31 and end <= len(data), "carrier", "a PNG chunk runs past the end of the file")
        require(number < CHUNKS, "carrier", "the PNG has too many chunks")
        if kind in (b"IDAT", b"IEND"):
            break
        if kind in (b"iTXt", b"zTXt", b"tEXt") and data.startswith(b"gamutmeta\0", at + 8, end - 4):
            found.append(data[at + 4 : end])
        at = end
    require(found, "carrier.none", "no chunk holds a container")
    require(len(found) == 1, "carrier.duplicate", "two chunks hold a container")
    chunk, check = found[0][:-4], big(found[0][-4:], 0, 4)
    require(len(chunk) - 4 <= LARGEST_CHUNK, "carrier.too-large", "the chunk is too long")
    require(zlib.crc32(chunk) == check, "carrier", "the CRC of the chunk does not match")
    return from_base64(text_of(chunk[:4], chunk[14:]))


def text_of(kind: bytes, data: bytes) -> bytes:
    """The text of a chunk, by its type and what stands behind the keyword (B.1, steps 4 and 5)."""
    form = {b"tEXt": rb"()()(.*)", b"zTXt": rb"()(.?)(.*)", b"iTXt": rb"(.)(.)[^\0]*\0[^\0]*\0(.*)"}[kind]
    fields = re.fullmatch(form, data, re.DOTALL)
    if fields is None:
        raise GamutError("carrier", "the chunk ends before its text")
    flag, method, text = fields.groups()
    if kind == b"tEXt" or flag == b"\0":
        return text
    require(flag in (b"", b"\1") and method == b"\0", "carrier", "the text is compressed in an unknown way")
    return inflated(text)


def inflated(data: bytes) -> bytes:
    """A compressed text, of which no more is made than may be (B.1, step 5)."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, LARGEST_TEXT + 1)
    except zlib.error as error:
        raise GamutError("carrier", "the compressed text is damaged") from error
    require(len(text) <= LARGEST_TEXT, "carrier.too-large", "the text is too long")
    require(inflater.eof, "carrier", "the compressed text is cut off")
    return text


# TIFF (annex C)


def from_tiff(data: bytes) -> bytes:
    """The container in field 65357 of the first directory (C.2)."""
    order = "<" if data.startswith(b"II") else ">"
    big_tiff = b"+" in data[:4]
    header, counter, entry, word = ("4xHHQ", "Q", "HHQ8s", "Q") if big_tiff else ("4xI", "H", "HHI4s", "I")

    def unpack(form: str, at: int) -> tuple[int, ...]:
        require(at + struct.calcsize(order + form) <= len(data), "carrier", "the TIFF directory is cut off")
        return struct.unpack_from(order + form, data, at)

    *sizes, directory = unpack(header, 0)
    require(sizes in ([], [8, 0]), "carrier", "the header of the BigTIFF is wrong")
    require(directory >= struct.calcsize(order + header), "carrier", "the TIFF directory lies in the header")
    (count,) = unpack(counter, directory)
    require(count <= ENTRIES, "carrier", "the TIFF directory has too many entries")
    begin = directory + struct.calcsize(order + counter)
    end = begin + count * struct.calcsize(order + entry)
    unpack(word, end)  # where the next directory is; it only has to be there
    found: list[tuple[int, bytes]] = []
    for tag, kind, length, value in struct.iter_unpack(order + entry, data[begin:end]):
        if (tag, kind) != (65_357, 1) or length < 8:
            continue
        at = struct.unpack(order + word, value)[0]
        stored = value if length == len(value) else data[at : at + min(length, LARGEST_CONTAINER)]
        if stored.startswith(MAGIC):
            require(not found, "carrier.duplicate", "two fields hold a container")
            found.append((length, stored))
    require(found, "carrier.none", "no field holds a container")
    length, container = found[0]
    require(length <= LARGEST_CONTAINER, "carrier.too-large", "the container is too large")
    require(len(container) == length, "carrier", "the container runs past the end of the file")
    return container
