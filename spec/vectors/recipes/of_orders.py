"""Vectors with two faults each: the order of checks says which one is the answer. Bare containers but for the last."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.jpegs import app11, coded, coded_digest, inserted
from spec.vectors.recipes.messages import array, binary, boolean, double, integer, mapping, single, text
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(5, 4)
_MODEL = weights("order", {"head": 2, "rgb": 0, "mlp": (2,)})


def add(suite: Suite) -> None:
    """Add all of them."""
    _headers(suite)
    _descriptors(suite)
    _well_formed(suite)
    _models(suite)
    _hosts(suite)


def _no(suite: Suite, name: str, file: bytes, error: str, rationale: str) -> None:
    suite.refuses(f"order-{name}", file, _PICTURE, error, rationale, "order")


def _headers(suite: Suite) -> None:
    descriptor, frame, size = _MODEL.descriptor(_PICTURE), frames.raw_frame(_MODEL.raw), len(_MODEL.raw)
    whole = _MODEL.container(_PICTURE)
    too_long = whole[:12] + struct.pack(">I", 61_441) + whole[16:-4] + bytes(4)
    _no(suite, "length-limit-checksum", too_long, "payload.limit", "The limit of the length, before the checksum.")
    longer = whole[:-4] + bytes(4) + b"\0"
    _no(suite, "length-checksum", longer, "payload", "The length, before the checksum.")
    ahead = container(descriptor, size, frame, versions=(2, 1), flags=(1, 0))
    _no(suite, "versions-flags", ahead, "payload", "Versions that make no sense, before flags.")
    flagged = container(b"", 0xFFFFFFFF, b"", flags=(1, 0), descriptor_length=7)
    _no(
        suite, "flags-parts", flagged, "payload.version", "An unknown critical flag, before lengths that do not add up."
    )
    unequal = container(bytes(1025), size, b"", compressed_length=1)
    _no(suite, "parts-descriptor-limit", unequal, "payload", "Lengths that do not add up, before their limits.")
    both = container(b"\xc1", (1 << 20) + 1, b"")
    _no(suite, "tensor-limit-descriptor", both, "payload.limit", "The limit of the tensors, before the descriptor.")
    long_nonsense = container(b"\xc1" * 1025)
    _no(suite, "descriptor-limit-descriptor", long_nonsense, "payload.limit", "The descriptor's limit, before itself.")


def _descriptors(suite: Suite) -> None:
    pairs = {text(key): messages.of(value) for key, value in _MODEL.map(_PICTURE).items()}
    huge = {text("w"): integer(1 << 20), text("h"): integer(1 << 20)}
    deep = {text("mlp"): array([integer(2)] * 8)}

    def packed(*changes: dict[bytes, bytes], without: tuple[str, ...] = (), reverse: bool = False) -> bytes:
        entries = dict(pairs)
        for change in changes:
            entries |= change
        kept = sorted((item for item in entries.items() if item[0] not in set(map(text, without))), key=_by_name)
        return container(mapping(reversed(kept) if reverse else kept), len(_MODEL.raw), frames.raw_frame(_MODEL.raw))

    for name, data, error, rationale in (
        (
            "unknown-key-picture",
            packed(huge, {text("x"): integer(1)}),
            "payload",
            "An unknown key, before the picture's limit.",
        ),
        (
            "bytes-key-picture",
            packed(huge, {binary(b"w"): integer(1 << 20)}, without=("w",)),
            "payload",
            "A byte string is no key of the descriptor, before the picture's limit.",
        ),
        (
            "extension-picture",
            packed(huge, {text("gate"): b"\xd4\x01\x00"}),
            "payload",
            "An extension, before the picture's limit.",
        ),
        (
            "trailing-picture",
            _with_trailing(packed(huge)),
            "payload",
            "A byte behind the map, before the picture's limit.",
        ),
        (
            "height-picture",
            packed(huge, {text("h"): integer(0)}),
            "payload",
            "A height of 0 is no picture that is too large.",
        ),
        (
            "picture-binding",
            packed(huge, without=("rgb8",)),
            "payload.limit",
            "The picture's limit, before a missing digest.",
        ),
        (
            "picture-digest",
            packed(huge, {text("rgb8"): binary(b"short")}),
            "payload.limit",
            "The picture's limit, before a short digest.",
        ),
        (
            "picture-values",
            packed(huge, {text("cat"): integer(7)}),
            "payload.limit",
            "The picture's limit, before other values.",
        ),
        (
            "picture-canonical",
            packed(huge, {text("bias"): boolean(value=True)}),
            "payload.limit",
            "The picture's limit, before defaults.",
        ),
        (
            "picture-keys-descend",
            packed(huge, reverse=True),
            "payload.limit",
            "The picture's limit, before the order of keys.",
        ),
        (
            "long-string-picture",
            packed(huge, {text("cat"): b"\xd9\x21" + b"x" * 33}),
            "payload",
            "A string of 33 bytes, before the picture's limit.",
        ),
        (
            "long-bytes-picture",
            packed(huge, {text("rgb8"): binary(bytes(17))}),
            "payload",
            "17 bytes, before the limit.",
        ),
        ("binding-model", packed(deep, without=("rgb8",)), "payload", "A missing digest, before the model's limits."),
        (
            "values-model",
            packed(deep, {text("gate"): integer(256)}),
            "payload",
            "A gate out of range, before the model's limits.",
        ),
        (
            "model-encodings",
            packed(deep, {text("q"): array([])}),
            "payload.limit",
            "The model's limits, before the encodings.",
        ),
        (
            "model-encodings-type",
            packed(deep, {text("q"): integer(7)}),
            "payload.limit",
            "The model's limits, before the type of q.",
        ),
        (
            "model-canonical",
            packed(deep, {text("t"): boolean(value=True)}),
            "payload.limit",
            "The model's limits, before defaults.",
        ),
        (
            "model-keys-descend",
            packed(deep, reverse=True),
            "payload.limit",
            "The model's limits, before the order of keys.",
        ),
        ("model-tensors", packed(deep), "payload.limit", "The model's limits, before the length of the tensors."),
    ):
        _no(suite, name, data, error, rationale)
    forms = {
        "string": ("cat", b"\xd9\x20" + b"x" * 32, "a string of 32 bytes"),
        "nil": ("cat", b"\xc0", "a nil"),
        "map-value": ("cat", b"\x81\xa1w\x01", "a value that is a map"),
        "double": ("aff", array([b"\xcb" + bytes(8)] * 6), "floats in 64 bits"),
        "long-width": ("w", b"\xcf" + bytes(4) + b"\x00\x10\x00\x00", "the long form of the width"),
        "signed-width": ("w", b"\xd2\x00\x10\x00\x00", "the sign of the width"),
        "long-bytes": ("rgb8", b"\xc5\x00\x10" + bytes(16), "the long form of the digest"),
        "longest-bytes": ("rgb8", b"\xc6\x00\x00\x00\x10" + bytes(16), "the longest form of the digest"),
        "long-array": ("mlp", b"\xdc\x00\x01\x02", "the long form of an array"),
        "longest-array": ("mlp", b"\xdd\x00\x00\x00\x01\x02", "the longest form of an array"),
    }
    for name, (key, value, what) in forms.items():
        data = packed(huge, {text(key): value})
        _no(suite, f"picture-{name}", data, "payload.limit", f"The picture's limit, before {what}.")
    whole = packed(huge)
    end = 28 + int.from_bytes(whole[16:20], "big")
    entries, count = whole[29:end], bytes((whole[28] & 15,))
    for name, descriptor in (
        ("long-map", b"\xde\x00" + count + entries),
        ("longest-map", b"\xdf\x00\x00\x00" + count + entries),
        ("long-key", whole[28:29] + entries.replace(b"\xa1w", b"\xd9\x01w")),
        ("longest-key", whole[28:29] + entries.replace(b"\xa1w", b"\xdb\x00\x00\x00\x01w")),
    ):
        data = container(descriptor, len(_MODEL.raw), whole[end:-4])
        _no(suite, f"picture-{name}", data, "payload.limit", f"The picture's limit, before a {name.replace('-', ' ')}.")
    wide: dict[str, Value] = {"head": 2, "grid": (300, 1, 2)}
    both = Model(wide).container(_PICTURE)
    _no(suite, "grid-features", both, "payload", "A grid with one node down, before the limit of features.")


def _well_formed(suite: Suite) -> None:
    """What the first of a descriptor's checks lets pass, nested values too, in pictures that are too large."""
    pairs = {text(key): messages.of(value) for key, value in _MODEL.map(_PICTURE).items()}
    pairs |= {text("w"): integer(1 << 31), text("h"): integer(2)}

    def with_gate(value: bytes) -> bytes:
        entries = sorted({**pairs, text("gate"): value}.items(), key=_by_name)
        return container(mapping(entries), len(_MODEL.raw), frames.raw_frame(_MODEL.raw))

    one = integer(1)
    for name, value, what in (
        ("nested-array", array([array([array([one])])]), "An array in an array in an array"),
        ("nested-deep", b"\x91" * 900 + one, "An array in 899 others"),
        ("nested-map-bytes", mapping([(binary(b"x"), one)]), "A map in the map, whose key is a byte string"),
        ("nested-map-16", _map_of(16), "A map of 16 entries in the map"),
        ("nested-map-deep", b"\x81\xa0" * 400 + one, "A map in 399 others"),
    ):
        rationale = f"{what} passes the first step, so that the picture's limit is found."
        _no(suite, f"{name}-picture", with_gate(value), "payload.limit", rationale)
    for name, value, what in (
        ("never-used-byte", array([b"\xc1"]), "The byte that MessagePack never uses"),
        ("string-33-nested", array([b"\xd9\x21" + b"x" * 33]), "A string of 33 bytes within an array"),
        ("string-no-utf-8", text(b"\xff"), "A string that is no UTF-8"),
        ("string-surrogate", text(b"\xed\xa0\x80"), "A string with half of a surrogate pair, which is no UTF-8"),
        ("string-overlong", array([text(b"\xc1\xb7")]), "An overlong form, which is no UTF-8, within an array"),
        ("bytes-17", array([binary(bytes(17))]), "A byte string of 17 bytes within an array"),
        ("extension-nested", array([b"\xd4\x01\x05"]), "An extension within an array"),
        ("nested-map-integer", mapping([(one, one)]), "A map in the map, whose key is an integer"),
        ("nested-map-nil", array([mapping([(b"\xc0", one)])]), "A map within an array, whose key is nil"),
        ("nested-map-twice", mapping([(text("x"), one), (text("x"), one)]), "A map in the map that has a key twice"),
        ("nested-map-17", _map_of(17), "A map of 17 entries in the map"),
    ):
        rationale = f"{what} fails in the first step, before the picture's limit."
        _no(suite, f"{name}-picture", with_gate(value), "payload", rationale)


def _map_of(count: int) -> bytes:
    """A map of 16 entries or more, the count in 16 bits."""
    return struct.pack(">BH", 0xDE, count) + b"".join(text(chr(97 + i)) + integer(i) for i in range(count))


def _models(suite: Suite) -> None:
    """Models that are too large, with a fault that is found before that, or after."""
    deep: dict[str, Value] = {"head": 2, "grid": (1, 2, 2), "xy": 1, "mlp": (2,) * 8}
    place = array(map(single, (0.5, 0.0, 0.25, 0.0, 1.0, 0.0)))
    singles = [single(number) for number in (0.5, 0.0, 0.25, 0.0, 1.0)]

    def packed(entries: dict[str, Value], **changes: bytes) -> bytes:
        pairs = {text(key): messages.of(value) for key, value in Model(entries).map(_PICTURE).items()}
        pairs |= {text(key): value for key, value in changes.items()}
        return container(mapping(sorted(pairs.items(), key=_by_name)), 1, frames.raw_frame(b"\0"))

    for name, data, rationale in (
        ("affine-five", packed(deep, aff=array(singles)), "An affine of five numbers"),
        ("affine-integer", packed(deep, aff=array([*singles, integer(0)])), "An integer among an affine's floats"),
        ("affine-inexact", packed(deep, aff=array([*singles, double(0.1)])), "A number that float32 does not hold"),
        ("grid-two", packed(deep, grid=array([integer(2), integer(2)])), "A grid of two numbers"),
        ("layer-zero", packed({**deep, "mlp": (0, 257)}), "A layer of no units"),
        ("src-without-rgb", packed(deep, src=integer(1)), "The source of a colour that is not there"),
        ("residual-gate", packed({**deep, "head": 1, "gate": 0}), "A gate that only srgb-excess has"),
        ("rgb-no-features", packed({**deep, "rgb": 0, "t": False}), "A colour without features"),
    ):
        _no(suite, f"{name}-model", data, "payload", f"{rationale}, before the model's limits.")
    for name, data, rationale in (
        ("affine-minus-zero", packed(deep, aff=array([*singles, single(-0.0)])), "a number of the affine that is -0"),
        ("affine-double", packed(deep, aff=array([*singles, double(0.5)])), "a float in 64 bits that float32 holds"),
        ("affine-no-place", packed({"head": 2, "rgb": 0, "mlp": (2,) * 8}, aff=place), "an affine of no use"),
        ("encoding-range", packed(deep, q=array([integer(127)])), "an exponent out of range"),
        ("long-integer", packed(deep, gate=b"\xcd\0\x01"), "an integer in a longer form than necessary"),
    ):
        _no(suite, f"model-{name}", data, "payload.limit", f"The model's limits, before {rationale}.")


def _by_name(pair: tuple[bytes, bytes]) -> bytes:
    return pair[0][1:]


def _with_trailing(data: bytes) -> bytes:
    """The same container with a nil behind the map."""
    end = 28 + int.from_bytes(data[16:20], "big")
    return container(data[28:end] + b"\xc0", len(_MODEL.raw), data[end:-4])


def _hosts(suite: Suite) -> None:
    jpeg, picture = coded(suite.bases, "444")
    digest = coded_digest(jpeg)
    sound = _MODEL.container(picture, digest)
    for name, payload, error, rationale, since in (
        (
            "size-damaged-jpeg",
            _MODEL.container(saturated(15, 21), digest),
            "binding",
            "Another size, before a cut-off JPEG.",
            1,
        ),
        (
            "payload-damaged-jpeg",
            sound[:-1] + b"\0",
            "payload.checksum",
            "A damaged payload, before a cut-off JPEG.",
            1,
        ),
        (
            "version-other-size",
            _MODEL.container(saturated(1, 1), digest, versions=(2, 2)),
            "payload",
            "A version that is not needed, before the size.",
            2,
        ),
        (
            "version-3-other-size",
            _MODEL.container(saturated(1, 1), digest, versions=(3, 3)),
            "payload.version",
            "A newer version, before the size.",
            1,
        ),
    ):
        file = inserted(jpeg, app11(payload))[:-20]
        suite.refuses(f"order-{name}", file, picture, error, rationale, "order", "jpeg", since=since)
