"""The order of checks in spec/gamutmeta-1.md: of two faults, the one that is checked first gives the error code."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest
from spec_text import descriptor_example, hex_example
from strategies import container_of, container_resealed

from gamutmeta import carriers
from gamutmeta.container import decode
from gamutmeta.errors import CarrierError, PayloadError
from gamutmeta.formats.jpeg import make_segment

CONTAINER = hex_example("container-1")
DESCRIPTOR = descriptor_example(1)
FRAME = CONTAINER[28 + len(DESCRIPTOR) : -4]
ENTRIES: dict[str, Any] = msgpack.unpackb(DESCRIPTOR)


def changed(*changes: tuple[int, bytes], sealed: bool = True) -> bytes:
    data = bytearray(CONTAINER)
    for offset, value in changes:
        data[offset : offset + len(value)] = value
    return container_resealed(bytes(data)) if sealed else bytes(data)


LARGE = (12, (61_441).to_bytes(4, "big"))
NEWER = (8, b"\x03\x03")
FLAG = (10, b"\x01")
BACKWARDS = (8, b"\x03\x02")
NO_VERSION = (8, b"\x00")
LONG_DESCRIPTOR = (16, (1025).to_bytes(4, "big"))
MUCH = (20, (1 << 21).to_bytes(4, "big"))
WRAPS = (16, (2**32 - 11).to_bytes(4, "big"))

HEADERS = {
    "magic before length": (b"\x89GMX" + CONTAINER[4:20], "payload"),
    "nothing": (b"", "payload"),
    "a part of the magic": (CONTAINER[:5], "payload"),
    "limit before size": (changed(LARGE), "payload.limit"),
    "too small for itself": (changed((12, (31).to_bytes(4, "big"))), "payload"),
    "left over before checksum": (changed(NEWER, sealed=False) + b"\0", "payload"),
    "checksum before version": (changed(NEWER, sealed=False), "payload.checksum"),
    "checksum before flags": (changed(FLAG, sealed=False), "payload.checksum"),
    "order of versions before version": (changed(BACKWARDS), "payload"),
    "no version before flags": (changed(NO_VERSION, FLAG), "payload"),
    "version before flags": (changed(NEWER, FLAG), "payload.version"),
    "version before lengths": (changed(NEWER, LONG_DESCRIPTOR), "payload.version"),
    "flags before lengths": (changed(FLAG, LONG_DESCRIPTOR), "payload.version"),
    "sum of lengths before their limits": (changed(LONG_DESCRIPTOR, MUCH), "payload"),
    "a sum that wraps": (changed(WRAPS, (24, (84).to_bytes(4, "big"))), "payload"),
    "tensors' limit before descriptor": (container_of(b"\x90", 1 << 21, FRAME), "payload.limit"),
    "descriptor's limit": (container_of(bytes(1025)), "payload.limit"),
    "a later writer": (changed((9, b"\xff")), None),
    "ignorable flags": (changed((11, b"\xff")), None),
}


def verdict(data: bytes) -> str | None:
    try:
        decode(data)
    except PayloadError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", HEADERS)
def test_header(name: str) -> None:
    data, expected = HEADERS[name]
    assert verdict(data) == expected


def with_entries(*, order: list[str] | None = None, single: bool = True, **changes: Any) -> bytes:
    entries = {key: value for key, value in (ENTRIES | changes).items() if value is not None}
    keys = order or sorted(entries)
    return container_of(msgpack.packb({key: entries[key] for key in keys}, use_single_float=single), 12, FRAME)


BACKWARD_KEYS = sorted(ENTRIES, reverse=True)
SIDE = 1 << 16

DESCRIPTORS = {
    "unknown key before size": (with_entries(w=SIDE, h=SIDE, x=1), "payload"),
    "width before size": (with_entries(w=True, h=SIDE), "payload"),
    "size before binding": (with_entries(w=SIDE, h=SIDE, rgb8=None), "payload.limit"),
    "size before canonical form": (with_entries(w=SIDE, h=SIDE, order=BACKWARD_KEYS), "payload.limit"),
    "size before a spelled-out default": (with_entries(w=SIDE, h=SIDE, bias=True), "payload.limit"),
    "binding before the model's limits": (with_entries(rgb8=bytes(15), mlp=[257]), "payload"),
    "type before the model's limits": (with_entries(gate=1.0, mlp=[257]), "payload"),
    "a layer of none before the model's limits": (with_entries(mlp=[257, 0]), "payload"),
    "affine before the model's limits": (with_entries(aff=[17.0] * 6, mlp=[257]), "payload"),
    "double affine before the model's limits": (with_entries(aff=[0.1] * 6, mlp=[257], single=False), "payload"),
    "the model's limits before encodings": (with_entries(q=[], mlp=[257]), "payload.limit"),
    "the model's limits before canonical form": (
        with_entries(order=["mlp", *BACKWARD_KEYS], mlp=[257]),
        "payload.limit",
    ),
    "the model's limits before a needless affine": (with_entries(aff=[0.5] * 6, mlp=[257]), "payload.limit"),
    "too many layers": (with_entries(mlp=[1] * 8), "payload.limit"),
    "too many features": (with_entries(grid=[254, 2, 2]), "payload.limit"),
    "too many nodes": (with_entries(grid=[1, 257, 256]), "payload.limit"),
    "too many numbers": (with_entries(grid=[32, 256, 256]), "payload.limit"),
    "just enough layers, and q too short": (with_entries(mlp=[1] * 7), "payload"),
    "backward": (with_entries(order=BACKWARD_KEYS), "payload"),
    "default": (with_entries(cat=0), "payload"),
    "double scale": (with_entries(q=[7, 0.3], single=False), "payload"),
    "scale that is a power of two": (with_entries(q=[7, 0.25]), "payload"),
    "needless affine": (with_entries(aff=[0.5] * 6), "payload"),
    "clip with a network": (with_entries(head=None), "payload"),
}


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_descriptor(name: str) -> None:
    data, expected = DESCRIPTORS[name]
    assert verdict(data) == expected


NAN = np.array([np.nan] * 12, "<f2").tobytes()
RAW_NAN = b"\x28\xb5\x2f\xfd\x20\x18" + (1 | 24 << 3).to_bytes(3, "little") + NAN
HALVES = with_entries(q=["f16", "f16"])
TENSORS = {
    "length before frame": (with_entries(q=["f16", 8]), "payload"),
    "not finite": (
        container_of(HALVES[28 : 28 + int.from_bytes(HALVES[16:20], "big")], 24, RAW_NAN),
        "payload",
    ),
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors(name: str) -> None:
    data, expected = TENSORS[name]
    assert verdict(data) == expected


BASE = b"\xff\xd8\xff\xdb\x00\x04\x10\x11\xff\xda\x00\x03\x40\x50\xff\xd9"
OURS = hex_example("app11-1") + CONTAINER
DAMAGED = make_segment(0xEB, OURS[4:-1])
COMMENT = make_segment(0xFE, b"gamutmeta1 *")


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        (b"", "carrier.none"),
        (OURS + OURS, "carrier.duplicate"),
        (OURS + DAMAGED, "carrier.duplicate"),
        (OURS + OURS + b"\0", "carrier.duplicate"),
        (OURS + b"\0", "carrier"),
        (DAMAGED, "carrier"),
        (DAMAGED + COMMENT, "carrier"),
        (COMMENT, "carrier"),
        (OURS + COMMENT, None),
        (COMMENT + OURS, None),
        (COMMENT + COMMENT + OURS, "carrier.duplicate"),
    ],
)
def test_jpeg(middle: bytes, expected: str | None) -> None:
    file = BASE[:2] + middle + BASE[2:]
    if expected is None:
        assert carriers.extract(file).container == CONTAINER
        return
    with pytest.raises(CarrierError) as caught:
        carriers.extract(file)
    assert caught.value.code == expected
