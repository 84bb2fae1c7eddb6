"""MessagePack by hand. Each function writes one form of one value; which form is canonical is the caller's business."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Value", "array", "binary", "boolean", "double", "integer", "mapping", "of", "packed", "single", "text"]

Value = int | float | str | bytes | list["Value"] | tuple["Value", ...] | bool


def integer(value: int) -> bytes:
    """The shortest form."""
    if 0 <= value < 0x80:
        return bytes((value,))
    if -0x20 <= value < 0:
        return struct.pack("b", value)
    unsigned = ((0xCC, "B", 8), (0xCD, "H", 16), (0xCE, "I", 32), (0xCF, "Q", 64))
    signed = ((0xD0, "b", 8), (0xD1, "h", 16), (0xD2, "i", 32), (0xD3, "q", 64))
    for head, form, bits in unsigned if value >= 0 else signed:
        if value < 1 << bits and value >= -(1 << bits - 1):
            return struct.pack(">B" + form, head, value)
    raise ValueError(value)


def single(value: float) -> bytes:
    """A float 32; `value` is rounded."""
    return struct.pack(">Bf", 0xCA, value)


def double(value: float) -> bytes:
    """A float 64, which no canonical descriptor holds."""
    return struct.pack(">Bd", 0xCB, value)


def text(value: str | bytes) -> bytes:
    """A string of up to 31 bytes; bytes are taken as they are, also where they are no UTF-8."""
    raw = value.encode() if isinstance(value, str) else value
    if len(raw) >= 32:
        raise ValueError(value)
    return bytes((0xA0 | len(raw),)) + raw


def binary(value: bytes) -> bytes:
    """A byte string of up to 255 bytes."""
    return bytes((0xC4, len(value))) + value


def boolean(value: object) -> bytes:
    """True or false."""
    return b"\xc3" if value else b"\xc2"


def array(values: Iterable[bytes]) -> bytes:
    """An array of finished values, in the shortest form."""
    elements = list(values)
    if len(elements) < 16:
        return bytes((0x90 | len(elements),)) + b"".join(elements)
    return struct.pack(">BH", 0xDC, len(elements)) + b"".join(elements)


def mapping(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A map of finished keys and values, in the order given and in the shortest form."""
    entries = [key + value for key, value in pairs]
    if len(entries) < 16:
        return bytes((0x80 | len(entries),)) + b"".join(entries)
    return struct.pack(">BH", 0xDE, len(entries)) + b"".join(entries)


def of(value: Value) -> bytes:
    """The canonical form of a value."""
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return single(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return binary(value)
    return array(map(of, value))


def packed(entries: Mapping[str, Value]) -> bytes:
    """The canonical map: keys ascend, everything in its canonical form. Defaults are left in where they are given."""
    return mapping((text(key), of(entries[key])) for key in sorted(entries))
