"""Vectors that tell apart what others let pass: of numbers, descriptors and frames. All files are bare containers."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.messages import array, binary, integer, mapping, text
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import flat, primaries, saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(17, 13)
_SMALL = saturated(5, 4)
_MODEL = weights("edges", {"head": 2, "rgb": 0, "mlp": (2,)})


def add(suite: Suite) -> None:
    """Add all of them."""
    _numbers(suite)
    _not_a_number(suite)
    _strings(suite)
    _checksum(suite)
    _spelled_out(suite)


def _expands(suite: Suite, name: str, model: Model, picture: Picture, rationale: str, *tags: str) -> None:
    whole = model.container(picture)
    suite.expands(f"edge-{name}", whole, picture, whole, rationale, *tags)


def _numbers(suite: Suite) -> None:
    """What the highest octaves magnify."""
    angle = math.radians(15)
    turned = (math.cos(angle), -math.sin(angle), 0.125, math.sin(angle), math.cos(angle), -0.0625)
    single = tuple(struct.unpack("<f", struct.pack("<f", number))[0] for number in turned)
    for name, affine in (
        ("rotation", single),
        ("crop", (0.6875, 0.0, single[1] + 0.5, 0.0, 0.8125, single[0] - 0.875)),
    ):
        entries: dict[str, Value] = {"head": 1, "xy": 16, "mlp": (4,), "aff": affine}
        _expands(
            suite,
            f"affine-octaves-16-{name}",
            weights(f"edge-affine-{name}", entries),
            _PICTURE,
            "The sums of an affine are float64, and rounded once: 16 octaves show every other way.",
            "affine",
            "octaves",
        )
    for octaves in (0, 16):
        model = weights(f"edge-wide-{octaves}", {"head": 1, "cat": 1, "rgb": octaves, "src": 1})
        # Biases of -0.47, so that white does not stay at the end of the range.
        model = replace(model, encodings=(*model.encodings[:-1], 8), tensors=(*model.tensors[:-1], b"\x88" * 3))
        _expands(
            suite,
            f"clipped-wide-beyond-1-{octaves}",
            model,
            primaries(),
            "With CAT02 the linear ROMM RGB of white is a little above 1, and its feature is not limited to 1.",
            "rgb",
            "src-1",
        )


def _not_a_number(suite: Suite) -> None:
    one = struct.pack("9b", *(127, 0, 0, 0, 127, 0, 0, 0, 127))
    shut = Model(
        {"head": 2, "gate": 0, "rgb": 0, "mlp": (3,), "bias": False},
        (-120, -120),
        (one, struct.pack("9b", *(0, 0, 0, 127, 0, 0, 0, 0, 0))),
    )
    _expands(
        suite,
        "infinity-behind-one-gate",
        shut,
        flat(3, 2, (255, 128, 0)),
        "The gate is shut for green alone, whose output is infinite: 0 times infinity is not a number, all samples 0.",
        "overflow",
        "gate-0",
    )
    relu = Model(
        {"head": 1, "rgb": 0, "mlp": (1, 1, 1), "bias": False},
        (-120, -120, 0, 7),
        (struct.pack("3b", 127, 0, 0), b"\x7f", b"\x00", struct.pack("3b", 1, -2, 3)),
    )
    _expands(
        suite,
        "not-a-number-before-relu",
        relu,
        primaries(),
        "Where a hidden unit is not a number, ReLU leaves it so; others are 0 and leave the pixel as it is.",
        "overflow",
    )
    negative = Model(
        {"head": 1, "rgb": 0, "mlp": (1, 1), "bias": False},
        (-120, -120, 0),
        (struct.pack("3b", 127, 0, 0), b"\x81", struct.pack("3b", 1, -2, 3)),
    )
    _expands(
        suite,
        "minus-infinity-before-relu",
        negative,
        primaries(),
        "ReLU makes minus infinity 0.",
        "overflow",
    )


def _strings(suite: Suite) -> None:
    """Strings and keys in a picture that is too large: step 1 refuses them before that, or lets them pass."""
    pairs = {text(key): messages.of(value) for key, value in _MODEL.map(_SMALL).items()}
    pairs |= {text("w"): integer(1 << 31), text("h"): integer(2)}

    def with_gate(value: bytes) -> bytes:
        entries = sorted({**pairs, text("gate"): value}.items(), key=lambda pair: pair[0][1:])
        return container(mapping(entries), len(_MODEL.raw), frames.raw_frame(_MODEL.raw))

    zero, one = integer(0), integer(1)
    for name, value, what in (
        ("utf-8-2-bytes", text(b"\xc2\x80\xdf\xbf"), "The first and the last character of two bytes"),
        (
            "utf-8-3-bytes",
            text(b"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
            "The ends of what takes three bytes",
        ),
        ("utf-8-4-bytes", text(b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "The first and the last character of four bytes"),
        (
            "string-and-bytes",
            mapping([(text("a"), one), (binary(b"a"), zero)]),
            "A string and the same bytes are two keys",
        ),
    ):
        suite.refuses(
            f"edge-{name}",
            with_gate(value),
            _SMALL,
            "payload.limit",
            f"{what}, which passes the first step, so that the picture's limit is found.",
            "order",
        )
    for name, raw, what in (
        ("overlong-3-bytes", b"\xe0\x9f\xbf", "A character of two bytes in three"),
        ("overlong-3-bytes-slash", b"\xe0\x80\xaf", "A slash in three bytes"),
        ("overlong-4-bytes", b"\xf0\x8f\xbf\xbf", "A character of three bytes in four"),
        ("overlong-4-bytes-slash", b"\xf0\x80\x80\xaf", "A slash in four bytes"),
        ("surrogate-last", b"\xed\xbf\xbf", "The last half of a surrogate pair"),
        ("above-10ffff", b"\xf4\x90\x80\x80", "A number just above the last character"),
        ("first-byte-f5", b"\xf5\x80\x80\x80", "A first byte that begins no character"),
        ("five-bytes", b"\xf8\x88\x80\x80\x80", "A form of five bytes"),
        ("continuation-alone", b"\x80", "A continuation byte by itself"),
        ("continuation-missing", b"\xe2\x82(", "A character whose last byte is missing"),
        ("cut", b"\xf0\x90\x80", "A character that the string cuts off"),
    ):
        suite.refuses(
            f"edge-no-utf-8-{name}",
            with_gate(array([text(raw)])),
            _SMALL,
            "payload",
            f"{what} is no UTF-8, which is found in the first step, before the picture's limit.",
            "order",
        )
    for name, value, what in (
        ("string-twice", mapping([(text("a"), one), (binary(b"a"), one), (text("a"), one)]), "the string"),
        ("bytes-twice", mapping([(binary(b"a"), one), (text("a"), one), (binary(b"a"), one)]), "the bytes"),
    ):
        suite.refuses(
            f"edge-{name}",
            with_gate(value),
            _SMALL,
            "payload",
            f"Of a string and the same bytes as keys {what} are there twice, before the picture's limit.",
            "order",
        )


def _checksum(suite: Suite) -> None:
    model = weights("frame-large", {"head": 1, "grid": (4, 18, 20), "rgb": 2, "mlp": (24, 24)})

    def make() -> bytes:
        import zstandard  # noqa: PLC0415 - needed only to make the bases

        return zstandard.ZstdCompressor(level=1, write_checksum=True, write_dict_id=False).compress(model.raw)

    frame = suite.bases.get("frames/checksum.zst", make)
    picture = saturated(9, 7)
    suite.refuses(
        "edge-frame-checksum-right",
        model.container(picture, frame=frame),
        picture,
        "payload",
        "The frame has a checksum of its own, which is right, and not allowed all the same.",
        "zstd",
        "header",
    )


def _spelled_out(suite: Suite) -> None:
    """Defaults that are spelled out beside what forbids their keys another value, in models that are too large."""
    shoulder = bytes((0, 0, 4, 16)) + bytes(8)
    cases: tuple[tuple[str, dict[str, Value], dict[str, Value], str], ...] = (
        ("smp-src-0", {"smp": 1, "src": 0}, {"jpeg": bytes(16)}, "payload.limit"),
        ("smp-src-1", {"smp": 1, "src": 1}, {"jpeg": bytes(16)}, "payload"),
        ("shl-src-0", {"shl": shoulder, "src": 0}, {"rgb8": bytes(16)}, "payload.limit"),
        ("shl-smp-0", {"shl": shoulder, "smp": 0}, {"rgb8": bytes(16)}, "payload.limit"),
        ("shl-smp-1", {"shl": shoulder, "smp": 1}, {"jpeg": bytes(16)}, "payload"),
    )
    for name, entries, binding, error in cases:
        whole: dict[str, Value] = {"head": 2, "rgb": 0, "mlp": (300,), "w": 5, "h": 4, **entries, **binding}
        suite.refuses(
            f"edge-{name}-limits",
            container(messages.packed(whole), 1, frames.raw_frame(b"\0"), versions=(2, 2)),
            _SMALL,
            error,
            "Values of keys that do not go together are found before the model's limits, a default behind them.",
            "order",
            since=2,
        )
