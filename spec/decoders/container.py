"""Checks gamutmeta containers and reads what they say: sections 4 to 6 of ../gamutmeta-1.md.

It is written to be read beside the text, whose section numbers stand in brackets; "2:" stands before those of
../gamutmeta-2.md. Needs the package zstandard.
"""

# ruff: noqa: INP001 -- it stands alone beside reference.py, in no package
from __future__ import annotations

import math
import struct
import zlib
from array import array
from ctypes import c_float
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import zstandard
from extractor import LARGEST_CONTAINER, MAGIC, GamutError, big, require

if TYPE_CHECKING:
    from collections.abc import Sequence

# The container, section 4

NEWEST = 2
"""The newest version of the format that is read here (2:3)."""


def decode(container: bytes) -> tuple[dict[str, Any], list[Sequence[float]]]:
    """The descriptor, its defaults filled in, and the numbers of every tensor; all checks in their order (4.2)."""
    require(MAGIC.startswith(container[:8]) and len(container) >= 28, "payload", "this is no container")
    oldest, writer, critical = container[8:11]
    total, described, stored, compressed = struct.unpack_from(">4I", container, 12)
    require(total <= LARGEST_CONTAINER, "payload.limit", "the container is too large")
    require(total >= 32 and total == len(container), "payload", "the container is cut off, or something follows it")
    require(zlib.crc32(container[:-4]) == big(container, total - 4, 4), "payload.checksum", "the checksum differs")
    require(1 <= oldest <= writer, "payload", "the versions contradict each other")
    require(oldest <= NEWEST and critical == 0, "payload.version", "the container needs a newer reader")
    require(total == 32 + described + compressed, "payload", "the lengths contradict each other")
    require(described <= 1024 and stored <= 1_048_576, "payload.limit", "descriptor or tensors are too large")
    d = descriptor(container[28 : 28 + described], oldest)
    sizes = [math.prod(shape) * (2 if q == "f16" else 1) for shape, q in zip(shapes(d), d["q"], strict=True)]
    require(sum(sizes) == stored and (stored or not compressed), "payload", "the tensors have a wrong length")
    raw = decompressed(container[28 + described : -4], stored) if stored else b""
    return d, [tensor(raw[end - n : end], q) for end, n, q in zip(accumulate(sizes), sizes, d["q"], strict=True)]


def decompressed(frame: bytes, size: int) -> bytes:
    """The bytes of all tensors (6.3). What the frame says of its size is checked before that much is allocated."""
    flags = frame[4] if len(frame) > 4 else 0
    width = 1 << (flags >> 6)
    stated = int.from_bytes(frame[5 : 5 + width], "little") + (256 if width == 2 else 0)
    usual = frame.startswith(b"\x28\xb5\x2f\xfd") and flags & 0b10_1111 == 0b10_0000
    require(usual and stated == size, "payload", "the header of the frame is wrong")
    try:
        raw = zstandard.ZstdDecompressor().decompress(frame, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise GamutError("payload", "the frame is damaged") from error
    require(len(raw) == size, "payload", "the frame holds fewer bytes than it says")
    return raw


def tensor(raw: bytes, q: float | str) -> Sequence[float]:
    """Numbers from what is stored (6.2)."""
    if isinstance(q, str):
        numbers = struct.unpack(f"<{len(raw) // 2}e", raw)
        require(all(map(math.isfinite, numbers)), "payload", "a float16 number is not finite")
        return numbers
    scale = 2.0**-q if isinstance(q, int) else q
    return array("f", [code * scale for code in array("b", raw)])


# The descriptor, section 5

# Type, range (of a byte string the length, of an array the elements), and default of every key (5.2). A default of None
# or of zeros means "none". Upper limits that are payload.limit are not here.
MANY, SIDE, DIGEST = math.inf, (int, 1, 2**32 - 1, None), (bytes, 16, 16, None)
KEYS: dict[str, tuple[Any, float, float, Any]]
KEYS = {"aff": ([float], -16, 16, [1, 0, 0, 0, 1, 0]), "bias": (bool, 0, 1, True), "cat": (int, 0, 1, 0)}
KEYS |= {"gate": (int, 0, 255, None), "grid": ([int], 1, MANY, [0, 0, 0]), "h": SIDE, "head": (int, 0, 2, 0)}
KEYS |= {"jpeg": DIGEST, "like": (bytes, 71, 71, None)}
KEYS |= {"mlp": ([int], 1, MANY, []), "q": ([], 0, 0, []), "rgb": (int, 0, 16, None), "rgb8": DIGEST}
KEYS |= {"shl": (bytes, 12, 12, None), "smp": (int, 0, 1, 0), "src": (int, 0, 1, 0), "t": (bool, 0, 1, True)}
KEYS |= {"w": SIDE, "xy": (int, 1, 16, 0)}
MODEL = {"aff", "bias", "gate", "grid", "mlp", "q", "rgb", "xy"}
SINCE = {"like": 2, "shl": 2, "smp": 2}
"""The version that brought a key, if not the first (2:4.1)."""


def fits(value: Any, kind: Any, low: float, high: float, *_: Any) -> bool:
    """Whether a value has its type and is in its range; a float must be one of float32."""
    if isinstance(kind, list):
        return type(value) is list and all(fits(element, kind[0], low, high) for element in value)
    number = len(value) if type(value) is bytes else value
    return type(value) is kind and low <= number <= high and (kind is not float or c_float(value).value == value)


def descriptor(data: bytes, version: int) -> dict[str, Any]:
    """Reads a descriptor, checks it in the order of section 5.5 (and 2:4.2), and fills in the defaults."""
    pairs, shortest = messagepack(data, 16 if version == 1 else 71)
    require(isinstance(pairs, Map), "payload", "the descriptor is no map")
    keys, values = pairs[::2], pairs[1::2]
    require(all(type(key) is str and key in KEYS for key in keys), "payload", "a key is unknown")
    given = dict(zip(keys, values, strict=True))
    require(len(given) == len(keys), "payload", "a key occurs twice")
    needed = max((SINCE.get(key, 1) for key in given), default=1)
    require(needed <= version, "payload", "a key is newer than the container")
    require(all(key in given and fits(given[key], *SIDE) for key in "wh"), "payload", "w or h is missing or wrong")
    require(given["w"] * given["h"] <= 2**30, "payload.limit", "the picture is too large")
    require(("jpeg" in given) != ("rgb8" in given), "payload", "there is no binding, or two")
    require(
        all(fits(given[key], *KEYS[key]) for key in keys if key != "q"), "payload", "a value has a wrong type or range"
    )
    d = {key: default for key, (*_, default) in KEYS.items()} | given
    require(len(d["aff"]) == 6 and len(d["grid"]) == 3, "payload", "an array has a wrong length")
    require("rgb" in given or not given.keys() & {"src", "t"}, "payload", "there is src or t without rgb")
    if d["head"] == 0:
        require(not given.keys() & MODEL, "payload", "there are keys of a model, but no head")
    else:
        require(inputs(d) >= 1 and (d["rgb"] != 0 or d["t"]), "payload", "the network or the colour has no features")
        require("grid" not in given or min(d["grid"][1:]) >= 2, "payload", "the grid has fewer than two nodes")
        require("gate" not in given or d["head"] == 2, "payload", "there is a gate without srgb-excess")
    if d["smp"] == 1:
        require("jpeg" in given and d["head"] != 1, "payload", "YCbCr samples have another binding or head")
        require(d["src"] == 0 and "gate" not in given, "payload", "there is a gate, or src, with YCbCr samples")
    if d["shl"] is not None:
        require(d["smp"] == 0 and d["head"] != 1 and d["src"] == 0, "payload", "a shoulder goes with none of these")
        require(any(d["shl"]), "payload", "no end of the shoulder has codes")
        ends = list(zip(d["shl"][::2], d["shl"][1::2], strict=True))
        require(all(n <= 8 and (n == 0) == (q == 0) for n, q in ends), "payload", "an end of the shoulder is wrong")
        reaches = (abs(v) for k, end in enumerate(ends) for v in stretched(*end, is_bright=k % 2 == 1))
        require(all(v < 2**24 for v in reaches), "payload", "the shoulder reaches too far")
    small = len(d["mlp"]) <= 7 and inputs(d) <= 256 and max(d["mlp"], default=0) <= 256
    small = small and d["grid"][1] * d["grid"][2] <= 65_536 and sum(map(math.prod, shapes(d))) <= 1_048_576
    require(small, "payload.limit", "the model is too large")
    require(type(d["q"]) is list and len(d["q"]) == len(shapes(d)), "payload", "q is not as long as there are tensors")
    known = (q == "f16" or fits(q, int, -120, 126) or fits(q, float, 2.0**-126, 2.0**120) for q in d["q"])
    require(all(known), "payload", "an element of q is unknown or out of range")
    require(shortest and keys == sorted(keys) and is_canonical(given), "payload", "the descriptor is not canonical")
    require(needed == version, "payload", "no key needs the version of the container")
    return d


def is_canonical(given: dict[str, Any]) -> bool:
    """Whether a descriptor, the bytes of which are in order, also says everything in the one way there is (5.5, 7)."""
    spelled_out = any(value == KEYS[key][3] for key, value in given.items())
    idle = "aff" in given and not given.keys() & {"grid", "xy"}
    minus_zero = any(n == 0 and math.copysign(1, n) < 0 for n in given.get("aff", []))
    powers = any(type(q) is float and math.frexp(q)[0] == 0.5 for q in given.get("q", []))
    return not (spelled_out or idle or minus_zero or powers)


def ordinary(code: int) -> int:
    """Linear sRGB of a code (7.3) in parts of 2^-20 (2:C.1)."""
    e = code / 255
    return round(2**20 * (e / 12.92 if e <= 0.04045 else ((e + 0.055) / 1.055) ** 2.4))


def stretched(codes: int, growth: int, *, is_bright: bool) -> list[int]:
    """The values of an end of a shoulder from its knee outwards, in parts of 2^-20 (2:C.1)."""
    knee, outwards = (255 - codes, 1) if is_bright else (codes, -1)
    value, step, found = ordinary(knee), ordinary(knee + outwards) - ordinary(knee) if codes else 0, []
    for _ in range(codes):
        step = outwards * (abs(step) * (16 + growth) // 16)
        value += step
        found.append(value)
    return found


def inputs(d: dict[str, Any]) -> int:
    """F, the number of input features (5.3)."""
    return int(d["grid"][0] + 4 * d["xy"] + (0 if d["rgb"] is None else 3 * (d["t"] + 2 * d["rgb"])))


def shapes(d: dict[str, Any]) -> list[tuple[int, ...]]:
    """The shapes of all tensors in their order (6.1)."""
    if d["head"] == 0:
        return []
    grid = [(*d["grid"][1:], d["grid"][0])] if d["grid"][0] else []
    layers = [((b, a), (b,)) if d["bias"] else ((b, a),) for a, b in pairwise([inputs(d), *d["mlp"], 3])]
    return [*grid, *(shape for layer in layers for shape in layer)]


# MessagePack, section 5.1


class Map(list[Any]):
    """A map, as keys and values in turn."""


# First byte: type, format of the number behind it (the value, or how long it is), and the range in which no form is
# shorter. Extension types are not here. Nil is right nowhere; it is taken for an empty map, which is neither.
NEVER = 1, 0
FORMS: dict[int, tuple[type, str, float, float]]
FORMS = {0xC0: (Map, "", *NEVER), 0xC2: (bool, "", 0, 1), 0xC3: (bool, "", 0, 1)}
FORMS |= {0xC4: (bytes, ">B", 0, 255), 0xC5: (bytes, ">H", *NEVER), 0xC6: (bytes, ">I", *NEVER)}
FORMS |= {0xCA: (float, ">f", -MANY, MANY), 0xCB: (float, ">d", *NEVER)}
FORMS |= {0xCC: (int, ">B", 128, MANY), 0xCD: (int, ">H", 256, MANY), 0xCE: (int, ">I", 65_536, MANY)}
FORMS |= {0xCF: (int, ">Q", *NEVER), 0xD0: (int, ">b", -128, -33), 0xD1: (int, ">h", *NEVER)}
FORMS |= {
    0xD2: (int, ">i", *NEVER),
    0xD3: (int, ">q", *NEVER),
    0xDC: (list, ">H", 16, MANY),
    0xDD: (list, ">I", *NEVER),
}
FORMS |= {0xD9: (str, ">B", *NEVER), 0xDA: (str, ">H", *NEVER), 0xDB: (str, ">I", *NEVER)}
FORMS |= {0xDE: (Map, ">H", 16, MANY), 0xDF: (Map, ">I", *NEVER)}


def head(data: bytes, at: int) -> tuple[type, Any, int, bool]:
    """Type and number (a value, or how long it is) at a place, the place behind, whether no form is shorter."""
    require(at < len(data), "payload", "the descriptor is cut off")
    byte = data[at]
    if byte < 0x80 or byte >= 0xE0:
        return int, byte if byte < 0x80 else byte - 256, at + 1, True
    if byte < 0xC0:
        return (Map, list, str, str)[(byte - 0x80) // 16], byte & (31 if byte >= 0xA0 else 15), at + 1, True
    require(byte in FORMS, "payload", "the descriptor holds an extension type, or no MessagePack")
    kind, form, least, most = FORMS[byte]
    behind = at + 1 + struct.calcsize(form)
    require(behind <= len(data), "payload", "the descriptor is cut off")
    number = struct.unpack_from(form, data, at + 1)[0] if form else byte == 0xC3
    return kind, number, behind, least <= number <= most


def messagepack(data: bytes, longest: int) -> tuple[Any, bool]:
    """The object that the bytes hold, with no byte string above `longest`, and whether all its forms are the shortest.

    Open arrays and maps are on a stack, with what they still miss: a recursion would be the sender's to exhaust.
    """
    root: list[Any] = []
    at, canonical, stack = 0, True, [(root, 1)]
    while stack:
        parent, missing = stack.pop()
        if missing == 0:
            require(not isinstance(parent, Map) or has_plain_keys(parent), "payload", "keys of a map are wrong")
            continue
        kind, value, at, shortest = head(data, at)
        canonical = canonical and shortest
        stack.append((parent, missing - 1))
        if kind is list or kind is Map:
            parent.append(kind())
            stack.append((parent[-1], 2 * value if kind is Map else value))
        elif kind is str or kind is bytes:
            text, at = data[at : at + value], at + value
            require(value <= (32 if kind is str else longest) and at <= len(data), "payload", "a string is too long")
            parent.append(utf_8(text) if kind is str else text)
        else:
            parent.append(value)
    require(at == len(data), "payload", "something follows the descriptor")
    return root[0], canonical


def utf_8(text: bytes) -> str:
    """A string, which must be UTF-8 (5.5, 1)."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise GamutError("payload", "a string is no UTF-8") from error


def has_plain_keys(pairs: Map) -> bool:
    """Whether a map, wherever it is, has few enough keys, strings or byte strings, none of them twice (5.5, 1)."""
    keys = pairs[::2]
    return len(keys) <= 16 and all(type(key) in {str, bytes} for key in keys) and len(set(keys)) == len(keys)
