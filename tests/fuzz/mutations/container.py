"""Containers taken apart into header, map and frame, changed in one of them, and put together with right checksums."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgpack

from gamutmeta.container import DEFAULT_LIMITS, descriptor_map
from gamutmeta.container.tensors import bytes_per_element
from gamutmeta.errors import PayloadError
from tests.fuzz.mutations import raw, zstd

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["MAGIC", "Parts", "expected_length", "map_mutated", "mutated", "packed", "sealed"]

MAGIC = b"\x89GMT\r\n\x1a\n"

_KEYS = ("aff", "bias", "cat", "gate", "grid", "h", "head", "jpeg", "mlp", "q", "rgb", "rgb8", "src", "t", "w", "xy")
_HUGE = (1 << 64) - 1
_CHOICES = {
    "bias": (False,), "t": (False,), "cat": (1, 2), "head": (1, 2, 3), "src": (1, 2), "gate": (0, 1, 12, 255, 256),
    "rgb": (0, 1, 16, 17), "xy": (1, 16, 17), "w": (1, 5, 1 << 15, 1 << 30, (1 << 32) - 1, 1 << 32),
    "h": (1, 4, 1 << 15, 1 << 30, (1 << 32) - 1),
}  # fmt: skip
_MAP_TOKENS = (b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\x91" * 40, b"\x81\xa1w",
               b"\xd4\xff\0", b"\xc7\0\1", b"\xd6\xff\0\0\0\0", b"\xc0", b"\xca\x7f\xc0\0\0", b"\xcb" + bytes(8),
               b"\xcd\0\1", b"\xd9\1w", b"\xa1w")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """A container without what follows from the rest."""

    versions: bytes
    descriptor: bytes
    tensor_length: int
    frame: bytes

    @classmethod
    def of(cls, data: bytes) -> Parts | None:
        """The parts as the header has them; None if the bytes do not even hold a header."""
        if len(data) < 32 or data[:8] != MAGIC:
            return None
        _, descriptor, tensors, frame = struct.unpack(">4I", data[12:28])
        middle = 28 + descriptor
        return cls(data[8:12], data[28:middle], tensors, data[middle : middle + frame])

    def to_bytes(self) -> bytes:
        """The container, with the lengths and the checksum that the parts have."""
        total = 32 + len(self.descriptor) + len(self.frame)
        lengths = struct.pack(">4I", total, len(self.descriptor), self.tensor_length & 0xFFFFFFFF, len(self.frame))
        return sealed(MAGIC + self.versions + lengths + self.descriptor + self.frame + bytes(4))


def sealed(data: bytes) -> bytes:
    """The same bytes with the right checksum at their end."""
    return data[:-4] + struct.pack(">I", zlib.crc32(data[:-4]))


def expected_length(descriptor: bytes) -> int | None:
    """Bytes of all tensors of the model that a map describes; None if it describes none."""
    try:
        contents = descriptor_map.unpack(descriptor, DEFAULT_LIMITS)
    except PayloadError:
        return None
    specs = contents.descriptor.tensor_specs()
    return sum(spec.size * bytes_per_element(scale) for spec, scale in zip(specs, contents.scales, strict=True))


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another container, mostly one whose outer layers are sound, so that the inner ones are reached."""
    parts = Parts.of(data)
    kind = rng.randrange(8)
    if parts is None or kind == 0:
        return raw.altered(data, rng, (MAGIC,))
    if kind == 1:
        changed = sealed(raw.altered(data, rng)) if len(data) > 4 else data
        return changed if rng.randrange(2) else changed[:-1]
    if kind == 2:
        parts = replace(parts, versions=raw.altered(parts.versions, rng)[:4].ljust(4, b"\1"))
    elif kind == 3:
        parts = replace(parts, tensor_length=raw.integer(rng, 4, near=parts.tensor_length))
    elif kind == 4:
        parts = replace(parts, frame=zstd.mutated(parts.frame, rng))
    else:
        parts = replace(parts, descriptor=map_mutated(parts.descriptor, rng))
    if kind > 4 and rng.randrange(4):
        length = expected_length(parts.descriptor)
        if length is not None:
            parts = replace(parts, tensor_length=length, frame=zstd.filled(length, rng, content=_numbers(length, rng)))
    return parts.to_bytes()


def map_mutated(data: bytes, rng: random.Random) -> bytes:
    """Another msgpack map: a key is gone, doubled, elsewhere or new, a value is another, or the encoding is longer."""
    try:
        pairs = msgpack.unpackb(data, object_pairs_hook=list, strict_map_key=False)
    except (ValueError, msgpack.UnpackException, RecursionError):
        pairs = None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs) or rng.randrange(5) == 0:
        return raw.altered(data, rng, _MAP_TOKENS)
    items = [packed(key) + packed(value) for key, value in pairs]
    kind = rng.randrange(6)
    if kind == 0:
        items = raw.moved(items, rng)
    elif kind == 1 and items:
        at = rng.randrange(len(items))
        items[at] = packed(pairs[at][0]) + raw.altered(packed(pairs[at][1]), rng, _MAP_TOKENS)
    else:
        for _ in range(rng.randrange(1, 4)):
            key = rng.choice(_KEYS)
            values = {key: value for key, value in pairs if isinstance(key, str)}
            values[key] = _value(key, rng, values)
            if key in {"jpeg", "rgb8"}:
                values.pop({"jpeg": "rgb8", "rgb8": "jpeg"}[key], None)
            pairs = sorted(values.items())
        if rng.randrange(4):
            pairs = _consistent(dict(pairs), rng)
        items = [packed(key) + packed(value) for key, value in pairs]
    return _map_head(len(items), rng) + b"".join(items)


def _consistent(values: dict[str, Any], rng: random.Random) -> list[tuple[str, Any]]:
    """The pairs with as many encodings `q` as the tensors of the model, so far as there is one."""
    hidden = values.get("mlp", [])
    layers = len(hidden) + 1 if isinstance(hidden, list) and values.get("head") in (1, 2) else 0
    count = layers * (1 if values.get("bias") is False else 2) + bool(layers and "grid" in values)
    values["q"] = [_encoding(rng) for _ in range(min(count, 40))]
    if not values["q"]:
        values.pop("q")
    return sorted(values.items())


def _encoding(rng: random.Random) -> Any:
    return rng.choice((0, 4, 7, -120, 126, "f16", "f16", 0.30000001192092896, 2.0**120))


def _value(key: str, rng: random.Random, values: dict[str, Any]) -> Any:
    """A value for a key, mostly one of its kind; now and then something else altogether."""
    if rng.randrange(8) == 0:
        return rng.choice((None, True, 0, -1, _HUGE, "", "f16", b"", 0.5, float("nan"), float("inf"), [], {}, [[]],
                           [0] * 600, b"x" * 17))  # fmt: skip
    if rng.randrange(8) == 0:
        return values.get(key, 1)
    composed: dict[str, Callable[[], Any]] = {
        "jpeg": lambda: rng.randbytes(16),
        "rgb8": lambda: rng.randbytes(16),
        "aff": lambda: [rng.choice((0.0, 1.0, -1.0, 0.5, 16.0, -16.0, 2.0**-140, -0.0, 0.1)) for _ in range(6)],
        "grid": lambda: [rng.choice((1, 2, 6, 255, 256)), rng.choice((2, 3, 256, 65_536)), rng.choice((2, 3, _HUGE))],
        "mlp": lambda: [rng.choice((1, 2, 24, 256, 257, _HUGE)) for _ in range(rng.choice((0, 1, 2, 7, 8, 400)))],
        "q": lambda: [_encoding(rng) for _ in range(rng.randrange(8))],
    }
    return composed[key]() if key in composed else rng.choice(_CHOICES[key])


def packed(value: Any) -> bytes:
    """As msgpack, with floats of single precision where that holds them."""
    try:
        encoded: bytes = msgpack.packb(value, use_single_float=True)
    except OverflowError:  # a number that needs double precision
        encoded = msgpack.packb(value)
    return encoded


def _map_head(count: int, rng: random.Random) -> bytes:
    if rng.randrange(12) == 0:
        return b"\xde" + struct.pack(">H", count)
    return bytes((0x80 | count,)) if count < 16 else b"\xde" + struct.pack(">H", count)


def _numbers(length: int, rng: random.Random) -> bytes | None:
    """What the tensors hold: None for anything, or one pattern, among them float16's infinity and not-a-number."""
    if length > 4096 or rng.randrange(3):
        return None
    pattern = rng.choice((b"\xff\x7b", b"\x00\x7c", b"\x01\x7e", b"\x7f\x7f", b"\x80\x80", b"\xff\xfb", b"\x00\x00"))
    return (pattern * (length // 2 + 1))[:length]
