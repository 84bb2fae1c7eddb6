"""JPEG files taken apart into segments; their order, their contents and their lengths changed."""

from __future__ import annotations

import base64
import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.fuzz.mutations import container, raw

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "pieces"]

_APP11, _COM, _APP2 = 0xEB, 0xFE, 0xE2
_COM_PREFIX = b"gamutmeta1 "
_WRAPPER = 75
"""Bytes of APP11 content before the container, as the package writes it."""
_FIELDS = ((2, 2), (4, 4), (8, 4), (16, 4), (51, 4))
"""Offset and size of the integers among them: instance, sequence, and the lengths of three boxes."""

_CONTENTS = (b"", b"MPF\0II*\0", b"ICC_PROFILE\0\1\2x", b"JP\x47\x61\0\0\0\1\0\0\0\x10free", b"JP\x02\x11" + bytes(24),
             b"JP\x47\x61\0\0\0\2", b"HDR_RI ver=11", b"Exif\0\0II*\0\x08\0\0\0\0\0", b"gamutmeta1 ",
             b"\xff\xd8\xff\xd9", b"http://ns.adobe.com/xap/1.0/\0<x/>")  # fmt: skip
_LOOSE = (b"\xff", b"\xff" * 40, b"\xff\xd0", b"\xff\x01", b"\xff\xd9", b"\xff\xd8", b"\xff\x00", b"\0")


def pieces(data: bytes) -> list[bytes]:
    """The file cut before each marker segment, and before and behind entropy-coded data. Joined, they are the file."""
    cuts = [0]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        cuts.append(at)
        marker = data[at + 1]
        if marker == 0xD9:
            break
        if marker in {0x01, 0xFF} or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
        if marker == 0xDA:
            cuts.append(min(at, len(data)))
            while at + 1 < len(data) and (data[at] != 0xFF or data[at + 1] in {0x00, *range(0xD0, 0xD8)}):
                at += 1
    cuts.append(len(data))
    return [data[a:b] for a, b in pairwise(cuts) if a < b]


def mutated(data: bytes, rng: random.Random, other: bytes | None = None) -> bytes:
    """Another file; segments keep right lengths unless it is the length that changes.

    Args:
        data: a JPEG file.
        rng: chance.
        other: a file whose segments may be taken over.
    """
    parts = pieces(data)
    kind = rng.randrange(9)
    if kind == 0 or len(parts) < 3:
        return raw.altered(data, rng, _LOOSE)
    at = rng.randrange(1, len(parts))
    ours = [i for i, part in enumerate(parts) if _is_ours(part)]
    if kind in {1, 2, 3} and ours:
        at = rng.choice(ours)
        parts[at : at + 1] = _payload_mutated(parts[at], rng)
    elif kind == 4:
        parts = [parts[0], *raw.moved(parts[1:], rng)]
    elif kind == 5:
        marker = rng.choice((_APP11, _COM, _APP2, 0xE0, 0xE1, 0xEE, 0xDB, 0xC4, 0xDD, 0xDC, 0xC0, 0xDA))
        parts.insert(at, _segment(marker, rng.choice(_CONTENTS) + rng.randbytes(rng.randrange(6))))
    elif kind == 6:
        parts.insert(at, rng.choice(_LOOSE))
    elif kind == 7 and other:
        parts.insert(at, rng.choice(pieces(other)))
    elif _has_length(parts[at]):
        if rng.randrange(3) == 0:
            length = raw.integer(rng, 2, near=len(parts[at]) - 2)
            parts[at] = parts[at][:2] + length.to_bytes(2, "big") + parts[at][4:]
        else:
            parts[at] = _segment(parts[at][1], raw.altered(parts[at][4:], rng))
    else:
        parts[at] = raw.altered(parts[at], rng, _LOOSE)
    return b"".join(parts)


def _segment(marker: int, content: bytes) -> bytes:
    content = content[:65_533]
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _has_length(part: bytes) -> bool:
    return len(part) >= 4 and part[0] == 0xFF and part[1] not in {0x00, 0x01, 0xD9, *range(0xD0, 0xD9)}


def _is_ours(part: bytes) -> bool:
    return (part[:2] == b"\xff\xeb" and b"gamutmeta\0" in part[:80]) or part[4:15] == _COM_PREFIX


def _payload_mutated(part: bytes, rng: random.Random) -> list[bytes]:
    """The segment with another container, or another wrapping, or its box in several segments."""
    content = part[4:]
    if part[1] == _COM:
        return [_segment(_COM, _comment_mutated(content, rng))]
    kind = rng.randrange(5)
    if kind == 0:
        return [_segment(_APP11, raw.altered(content, rng))]
    if kind == 1:
        offset, size = rng.choice(_FIELDS)
        near = int.from_bytes(content[offset : offset + size], "big")
        value = raw.integer(rng, size, near=near).to_bytes(size, "big")
        return [_segment(_APP11, content[:offset] + value + content[offset + size :])]
    if kind == 2:
        head, body = content[:16], content[16:]
        cut = raw.place(rng, body)
        second = head[:4] + struct.pack(">I", rng.choice((1, 2, 2, 3))) + head[8:]
        return [_segment(_APP11, head + body[:cut]), _segment(_APP11, second + body[cut:])]
    if kind == 3:
        return [_segment(_APP11, _superbox(content[_WRAPPER:], rng, extra=content[51:]))]
    return [_segment(_APP11, _superbox(container.mutated(content[_WRAPPER:], rng), rng))]


def _superbox(payload: bytes, rng: random.Random, *, extra: bytes = b"") -> bytes:
    """Our wrapping with right lengths; `extra` stands behind the content box, and now and then the length is long."""
    uuid = bytes.fromhex("a6bebb6856db46f0a99d639f47f4c052")
    label = struct.pack(">I4s", 35, b"jumd") + bytes.fromhex("7575696400110010800000aa00389b71") + b"\3gamutmeta\0"
    body = label + struct.pack(">I4s", 24 + len(payload), b"uuid") + uuid + payload + extra
    if rng.randrange(6) == 0:
        return b"JP\x47\x61\0\0\0\1" + struct.pack(">I4sQ", 1, b"jumb", 16 + len(body)) + body
    return b"JP\x47\x61\0\0\0\1" + struct.pack(">I4s", 8 + len(body), b"jumb") + body


def _comment_mutated(content: bytes, rng: random.Random) -> bytes:
    text = content[len(_COM_PREFIX) :]
    if rng.randrange(3) == 0:
        return _COM_PREFIX + raw.altered(text, rng, (b"\0", b"\r\n", b"=", b" ", b"\xff"))
    try:
        inner = base64.b64decode(text)
    except ValueError:
        return content
    return _COM_PREFIX + base64.b64encode(container.mutated(inner, rng))
