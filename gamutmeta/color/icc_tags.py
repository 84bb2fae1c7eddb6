"""The outer structure of ICC profiles: header, tag table, description text.

References:
    ICC.1:2022, sections 7.2 (header), 7.3 (tag table), 10.15 multiLocalizedUnicodeType; ICC.1:2001-04, section 6.5.17
    textDescriptionType.
"""

from __future__ import annotations

import struct

from gamutmeta.errors import ProfileError

__all__ = ["description_of", "read_tags"]

_HEADER = 128
_MAX_TAGS = 256
"""Real profiles have fewer than 60."""
_MAX_DESCRIPTION = 80
"""Characters kept of a description, which only serves messages."""
_MAX_DESCRIPTION_BYTES = 4096
"""How far into the tag its first text is looked for."""


def read_tags(icc: bytes) -> dict[str, memoryview]:
    """The tags of a profile by signature, as views; of two with one signature, the first.

    Views, because the tags of a hostile profile can overlap and add up to far more than its size.

    Raises:
        ProfileError: if the header or the tag table is damaged.
    """
    if len(icc) < _HEADER + 4 or icc[36:40] != b"acsp":
        raise ProfileError("ICC header: not an ICC profile")
    (count,) = struct.unpack_from(">I", icc, _HEADER)
    if count > _MAX_TAGS:
        raise ProfileError(f"ICC tag table: {count} tags")
    if len(icc) < _HEADER + 4 + 12 * count:
        raise ProfileError("ICC tag table: cut short")
    view = memoryview(icc)
    tags: dict[str, memoryview] = {}
    for entry in range(count):
        signature, offset, size = struct.unpack_from(">4sII", icc, _HEADER + 4 + 12 * entry)
        name = signature.decode("latin-1")
        if offset + size > len(icc):
            raise ProfileError(f"ICC tag {name!r}: reaches beyond the profile's end")
        tags.setdefault(name, view[offset : offset + size])
    return tags


def description_of(tag: memoryview | bytes) -> str:
    """The text of a ``desc`` tag, in whichever of its two types; a placeholder where it cannot be read.

    It serves messages only, so a damaged one is no error.
    """
    data = bytes(tag[:_MAX_DESCRIPTION_BYTES])
    text = ""
    if data[:4] == b"desc" and len(data) >= 12:
        (length,) = struct.unpack_from(">I", data, 8)
        text = data[12 : 12 + length].split(b"\0")[0].decode("latin-1")
    elif data[:4] == b"mluc" and len(data) >= 28:
        length, offset = struct.unpack_from(">II", data, 20)
        text = data[offset : offset + length].decode("utf-16-be", "replace")
    printable = "".join(character for character in text if character.isprintable())
    return printable[:_MAX_DESCRIPTION].strip() or "unnamed profile"
