"""Vectors of the descriptor: its encoding, its keys, their values. All are bare containers with a right checksum."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.messages import array, binary, boolean, double, integer, mapping, single, text
from spec.vectors.recipes.models import Model, shapes, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(5, 4)
_FIFTH = struct.unpack("<f", struct.pack("<f", 0.2))[0]
_QUARTER_TURN = (0.0, -1.0, 1.0, 1.0, 0.0, 0.0)

_FULL = weights(
    "descriptor",
    {
        "aff": (0.0, -0.5, 0.75, 0.25, 0.0, _FIFTH),
        "bias": False,
        "cat": 1,
        "gate": 32,
        "grid": (2, 3, 4),
        "head": 2,
        "mlp": (5, 4),
        "rgb": 2,
        "src": 1,
        "t": False,
        "xy": 1,
    },
    lambda index, _: (6, "f16", struct.unpack("<f", struct.pack("<f", 0.011))[0], 8)[index],
)
"""Every key but one of the two digests."""

_SMALL = weights("descriptor-small", {"head": 2, "grid": (1, 2, 2), "rgb": 0, "mlp": (2,)})
_EMPTY = Model()


@dataclass(frozen=True, slots=True)
class _Map:
    """A map as finished keys and values, which can be changed one by one."""

    pairs: tuple[tuple[bytes, bytes], ...]
    raw: bytes

    @classmethod
    def of(cls, model: Model) -> _Map:
        entries = model.map(_PICTURE)
        return cls(tuple((text(key), messages.of(entries[key])) for key in sorted(entries)), model.raw)

    def put(self, key: str, value: bytes) -> _Map:
        """With a value instead of that of a key, or in its place in the order of keys."""
        pairs = {**dict(self.pairs), text(key): value}
        return replace(self, pairs=tuple(sorted(pairs.items(), key=lambda pair: pair[0][1:])))

    def without(self, *keys: str) -> _Map:
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair[0][1:].decode() not in keys))

    def moved(self, order: Iterable[int]) -> _Map:
        return replace(self, pairs=tuple(self.pairs[i] for i in order))

    def container(self) -> bytes:
        return _around(mapping(self.pairs), self.raw)


def _around(descriptor: bytes, raw: bytes = b"") -> bytes:
    return container(descriptor, len(raw), frames.raw_frame(raw))


def add(suite: Suite) -> None:
    """Add all of them."""
    full = _FULL.container(_PICTURE)
    suite.expands("descriptor-every-key", full, _PICTURE, full, "Every key at once, and every encoding.", "descriptor")
    small = _SMALL.container(_PICTURE)
    suite.expands("descriptor-small", small, _PICTURE, small, "What the next ones are made of.", "descriptor")
    refusals = _Refusals(suite)
    refusals.msgpack()
    refusals.integers()
    refusals.floats()
    refusals.strings()
    refusals.keys()
    refusals.defaults()
    refusals.types()
    refusals.ranges()
    refusals.encodings()
    refusals.combinations()
    refusals.limits()


class _Refusals:
    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._full = _Map.of(_FULL)
        self._small = _Map.of(_SMALL)
        self._empty = _Map.of(_EMPTY)

    def _no(self, name: str, data: bytes | _Map, rationale: str, *tags: str, error: str = "payload") -> None:
        file = data if isinstance(data, bytes) else data.container()
        self._suite.refuses(f"descriptor-{name}", file, _PICTURE, error, rationale, "descriptor", *tags)

    def msgpack(self) -> None:
        """What is no map, or not a whole one."""
        whole = _EMPTY.descriptor(_PICTURE)
        values = b"".join(key + value for key, value in self._empty.pairs)
        for name, descriptor, rationale in (
            ("nil", b"\xc0", "Nil instead of a map."),
            ("array", array(()), "An array instead of a map."),
            ("integer", b"\x01", "An integer instead of a map."),
            ("pairs-as-array", b"\x96" + values, "Keys and values in an array instead of a map."),
            ("empty-map", b"\x80", "A map without entries."),
            ("never-used-byte", b"\xc1", "The byte that MessagePack never uses."),
            ("cut-after-key", b"\x83" + values[: values.rindex(b"\xa1w") + 2], "The map ends behind its last key."),
            ("cut-in-value", whole[:-1], "The map ends within its last value."),
            ("cut-in-key", b"\x83" + values[: values.index(b"rgb8") + 2], "The map ends within a key."),
            ("cut-in-digest", b"\x83" + values[: values.index(b"rgb8") + 12], "The map ends within a digest."),
            ("cut-behind-count", b"\x83", "The map ends behind its number of entries."),
            ("cut-in-number", b"\x81\xa1h\xcd\x00", "The map ends within a number."),
            ("cut-in-float", b"\x81\xa3aff\x96\xca\x00\x00", "The map ends within a float."),
            ("cut-in-array", b"\x81\xa3mlp\x92\x05", "The map ends within an array."),
            ("count-more", b"\x84" + values, "The map says that it has an entry more."),
            ("count-less", b"\x82" + values, "The map says that it has an entry less."),
            ("trailing-byte", whole + b"\0", "A byte behind the map."),
            ("trailing-nil", whole + b"\xc0", "A nil behind the map."),
            ("two-maps", whole + whole, "Two maps."),
            ("byte-before", b"\0" + whole, "A byte before the map."),
        ):
            self._no(name, _around(descriptor), rationale, "msgpack")
        for name, descriptor, rationale in (
            ("map-16", b"\xde\x00\x03" + values, "The number of entries takes 16 bits."),
            ("map-32", b"\xdf\x00\x00\x00\x03" + values, "The number of entries takes 32 bits."),
        ):
            self._no(name, _around(descriptor), f"{rationale} That is not its shortest form.", "msgpack", "canonical")
        for name, descriptor, rationale in (
            ("bomb-map-32", b"\xdf\xff\xff\xff\xff", "A map of 2^32 - 1 entries."),
            ("bomb-array-32", b"\x81\xa1q\xdd\xff\xff\xff\xff", "An array of 2^32 - 1 elements."),
            ("bomb-string-32", b"\x81\xdb\xff\xff\xff\xff", "A string of 2^32 - 1 bytes."),
            ("bomb-binary-32", b"\x81\xa4rgb8\xc6\xff\xff\xff\xff", "A byte string of 2^32 - 1 bytes."),
            ("bomb-extension-32", b"\x81\xa1h\xc9\xff\xff\xff\xff\x01", "An extension of 2^32 - 1 bytes."),
            ("bomb-nested-arrays", b"\x91" * 1024, "1,024 arrays, one in the other."),
            ("bomb-nested-maps", b"\x81\xa1w" * 341, "341 maps, one in the other."),
            (
                "bomb-nested-value",
                b"\x84" + values + b"\xa2xy" + b"\x91" * 900 + b"\0",
                "A value of 900 nested arrays.",
            ),
        ):
            self._no(name, _around(descriptor), rationale, "msgpack", "bomb")

    def integers(self) -> None:
        """Integers in forms that are not their shortest, and what is no integer."""
        for name, value, form in (
            ("uint-8", b"\xcc\x05", "8 bits where a byte holds it"),
            ("uint-16", b"\xcd\x00\x05", "16 bits"),
            ("uint-32", b"\xce\x00\x00\x00\x05", "32 bits"),
            ("uint-64", b"\xcf" + bytes(7) + b"\x05", "64 bits"),
            ("int-8", b"\xd0\x05", "8 bits with a sign"),
            ("int-16", b"\xd1\x00\x05", "16 bits with a sign"),
            ("int-32", b"\xd2\x00\x00\x00\x05", "32 bits with a sign"),
            ("int-64", b"\xd3" + bytes(7) + b"\x05", "64 bits with a sign"),
        ):
            self._no(f"long-{name}", self._small.put("w", value), f"5 in {form}.", "canonical")
        for name, value, what in (
            ("boolean", boolean(value=True), "true"),
            ("float", single(5.0), "the float 5.0"),
            ("string", text("5"), "the string 5"),
            ("bytes", binary(b"\x05"), "a byte string"),
            ("array", array([integer(5)]), "an array"),
            ("nil", b"\xc0", "nil"),
            ("map", b"\x80", "a map"),
        ):
            self._no(f"width-{name}", self._small.put("w", value), f"The width is {what}.", "types")
        for name, value, what in (
            ("zero", integer(0), "0"),
            ("negative", integer(-5), "-5"),
            ("2-32", integer(1 << 32), "2^32, which no host file has"),
            ("2-64", integer((1 << 64) - 1), "2^64 - 1"),
        ):
            self._no(f"width-{name}", self._small.put("w", value), f"The width is {what}.", "ranges")
            self._no(f"height-{name}", self._small.put("h", value), f"The height is {what}.", "ranges")

        for name, key, value, form in (
            ("127-in-8-bits", "gate", b"\xcc\x7f", "127 in 8 bits"),
            ("255-in-16-bits", "gate", b"\xcd\x00\xff", "255 in 16 bits"),
            ("65535-in-32-bits", "w", b"\xce\x00\x00\xff\xff", "65,535 in 32 bits"),
            ("largest-in-64-bits", "h", b"\xcf\x00\x00\x00\x00\x00\x01\x00\x00", "65,536 in 64 bits"),
        ):
            self._no(
                f"long-{name}", self._small.put(key, value), f"{form}, where the next shorter form does.", "canonical"
            )
        # Sound containers, each for a picture that is not this one.
        for width, value in ((65_535, b"\xcd\xff\xff"), (65_536, b"\xce\x00\x01\x00\x00")):
            self._no(
                f"width-{width}",
                self._small.put("w", value),
                f"The width is {width:,}, in its shortest form; this picture has another one.",
                "canonical",
                error="binding",
            )

    def floats(self) -> None:
        """Affines."""
        numbers = [0.0, -0.5, 0.75, 0.25, 0.0, _FIFTH]

        def affine(*values: bytes) -> _Map:
            return self._full.put("aff", array(values))

        singles = [single(number) for number in numbers]
        self._no("affine-double", affine(*singles[:1], double(-0.5), *singles[2:]), "A float in 64 bits.", "canonical")
        self._no("affine-all-double", affine(*map(double, numbers)), "All floats in 64 bits.", "canonical")
        self._no(
            "affine-double-inexact",
            affine(*singles[:5], double(0.2)),
            "A number that 32 bits do not hold.",
            "canonical",
        )
        self._no(
            "affine-integers", affine(*singles[:1], integer(1), *singles[2:]), "An integer among the floats.", "types"
        )
        for name, value, what in (
            ("minus-zero", -0.0, "-0, which has 0 for its one form"),
            ("nan", float("nan"), "not a number"),
            ("infinity", float("inf"), "infinite"),
            ("minus-infinity", float("-inf"), "infinite"),
            ("17", 17.0, "larger than 16"),
            ("just-over-16", 16.000002, "the next one after 16"),
            ("minus-17", -17.0, "less than -16"),
        ):
            values = [*singles[:2], single(value), *singles[3:]]
            self._no(f"affine-{name}", affine(*values), f"A number of the affine is {what}.", "affine", "ranges")
        self._no("affine-five", affine(*singles[:5]), "Five numbers.", "affine")
        self._no("affine-seven", affine(*singles, single(0.0)), "Seven numbers.", "affine")
        self._no("affine-none", affine(), "No numbers.", "affine")
        self._no("affine-nested", affine(array(singles)), "Six numbers in an array of their own.", "affine", "types")
        self._no("affine-float", self._full.put("aff", single(1.0)), "One number, not in an array.", "affine", "types")
        identity = [single(number) for number in (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)]
        self._no(
            "affine-identity", affine(*identity), "The identity has one form, which is to say nothing.", "defaults"
        )
        no_place = weights("descriptor-no-place", {"head": 2, "rgb": 0, "aff": _QUARTER_TURN})
        self._no(
            "affine-no-place", no_place.container(_PICTURE), "An affine where the model sees no position.", "affine"
        )
        self._no(
            "affine-clip", Model({"aff": _QUARTER_TURN}).container(_PICTURE), "An affine without a model.", "affine"
        )

    def strings(self) -> None:
        """Strings and byte strings in forms that are not canonical."""
        digest = _PICTURE.digest()
        pairs = dict(self._small.pairs)
        keys = sorted(pairs, key=lambda key: key[1:])

        def with_key(old: str, new: bytes) -> bytes:
            renamed = ((new if key == text(old) else key, pairs[key]) for key in keys)
            return _around(mapping(renamed), self._small.raw)

        self._no("key-string-8", with_key("w", b"\xd9\x01w"), "A key whose length takes 8 bits.", "canonical")
        self._no("key-string-16", with_key("w", b"\xda\x00\x01w"), "A key whose length takes 16 bits.", "canonical")
        self._no(
            "key-string-32", with_key("w", b"\xdb\x00\x00\x00\x01w"), "A key whose length takes 32 bits.", "canonical"
        )
        self._no("key-bytes", with_key("w", binary(b"w")), "A key that is a byte string.", "types", "keys")
        self._no("key-integer", with_key("w", integer(7)), "A key that is an integer.", "types", "keys")
        self._no("key-nil", with_key("w", b"\xc0"), "A key that is nil.", "types", "keys")
        self._no("key-array", with_key("w", array([text("w")])), "A key that is an array.", "types", "keys")
        self._no("key-no-utf-8", with_key("w", text(b"\xff")), "A key that is no UTF-8.", "keys")
        self._no("key-long-utf-8", with_key("w", text(b"\xc1\xb7")), "An overlong form of the letter w.", "keys")
        self._no("key-nul", with_key("w", text("w\0")), "A key with a NUL behind it.", "keys")
        self._no("key-upper-case", with_key("w", text("W")), "A key in upper case.", "keys")
        for name, value, what in (
            ("bytes-16", b"\xc5\x00\x10" + digest, "The length of the digest takes 16 bits."),
            ("bytes-32", b"\xc6\x00\x00\x00\x10" + digest, "The length of the digest takes 32 bits."),
        ):
            self._no(f"digest-{name}", self._small.put("rgb8", value), what, "canonical")
        for name, value, what in (
            ("string", text(b"0123456789abcdef"), "The digest is a string."),
            ("15", binary(digest[:15]), "15 bytes of digest."),
            ("17", binary(digest + b"\0"), "17 bytes of digest."),
            ("empty", binary(b""), "No bytes of digest."),
            ("hexadecimal", text(digest.hex()[:31]), "A digest in hexadecimal digits."),
            ("array", array(map(integer, digest)), "The digest is an array of integers."),
            ("extension", b"\xd8\x01" + digest, "The digest is an extension type."),
            ("nil", b"\xc0", "The digest is nil."),
        ):
            self._no(f"digest-{name}", self._small.put("rgb8", value), what, "types", "binding")
        for name, value in (
            ("fixext-1", b"\xd4\x01\x05"),
            ("fixext-8", b"\xd7\x01" + bytes(8)),
            ("ext-8", b"\xc7\x01\x01\x05"),
            ("ext-8-empty", b"\xc7\x00\x01"),
            ("timestamp", b"\xd6\xff" + bytes(4)),
        ):
            self._no(f"extension-{name}", self._small.put("gate", value), "There are no extension types.", "types")

    def keys(self) -> None:
        """Order, doubles, strangers, and what is missing."""
        count = len(self._small.pairs)
        self._no("order-reversed", self._small.moved(reversed(range(count))), "The keys descend.", "keys", "canonical")
        swapped = [*range(count - 2), count - 1, count - 2]
        self._no("order-last-two", self._small.moved(swapped), "The last two keys are swapped.", "keys", "canonical")
        by_length = sorted(range(count), key=lambda i: self._small.pairs[i][0])
        self._no(
            "order-by-length",
            self._small.moved(by_length),
            "The keys are in the order of their encoded bytes, which puts shorter ones first.",
            "keys",
            "canonical",
        )
        self._no("twice", self._small.moved([*range(count), count - 1]), "The last key occurs twice.", "keys")
        first = self._small.moved([*range(count), count - 1])
        other = replace(first, pairs=(*first.pairs[:-1], (text("w"), integer(6))))
        self._no("twice-other", other, "The last key occurs twice, with another value.", "keys")
        self._no("unknown", self._small.put("x", integer(1)), "An unknown key at the end.", "keys")
        self._no("unknown-first", self._small.put("a", integer(1)), "An unknown key at the beginning.", "keys")
        self._no("unknown-empty", self._small.put("", integer(1)), "An empty key.", "keys")
        self._no("unknown-affine", self._small.put("affine", integer(1)), "A key that begins like a known one.", "keys")
        for key in ("h", "w", "rgb8", "q", "head"):
            self._no(f"without-{key}", self._small.without(key), f"The key {key} is missing.", "keys")
        self._no(
            "without-mlp", self._small.without("mlp"), "The key mlp is missing, so that tensors are left over.", "keys"
        )
        both = self._small.put("jpeg", binary(bytes(16)))
        self._no("two-bindings", both, "Both digests at once.", "keys", "binding")
        unknown = self._small.without("rgb8").put("rgb16", binary(bytes(16)))
        self._no("unknown-binding", unknown, "A digest of a kind that is not known.", "keys", "binding")
        self._no(
            "sha256",
            self._small.without("rgb8").put("sha256", binary(bytes(16))),
            "A digest of a kind that is not known, and no other.",
            "keys",
            "binding",
        )

    def defaults(self) -> None:
        """Keys that say what goes without saying."""
        for key, value, what in (
            ("bias", boolean(value=True), "true"),
            ("cat", integer(0), "0"),
            ("src", integer(0), "0"),
            ("t", boolean(value=True), "true"),
        ):
            self._no(
                f"default-{key}",
                self._small.put(key, value),
                f"{key} is {what}, which goes without saying.",
                "defaults",
            )
        for key, value, what in (
            ("head", integer(0), "0"),
            ("mlp", array(()), "empty"),
            ("q", array(()), "empty"),
        ):
            self._no(
                f"default-empty-{key}",
                self._empty.put(key, value),
                f"{key} is {what}, which goes without saying.",
                "defaults",
            )
        straight = _Map.of(weights("descriptor-straight", {"head": 2, "rgb": 0}))
        self._no("default-mlp", straight.put("mlp", array(())), "mlp is empty, which goes without saying.", "defaults")

    def types(self) -> None:
        """A value of the wrong type for every key."""
        for key, values in {
            "bias": {"integer": integer(0), "nil": b"\xc0", "string": text("no")},
            "cat": {"boolean": boolean(value=True), "string": text("cat02"), "float": single(1.0), "nil": b"\xc0"},
            "gate": {
                "boolean": boolean(value=True),
                "float": single(32.0),
                "nil": b"\xc0",
                "array": array([integer(32)]),
            },
            "grid": {
                "integer": integer(2),
                "string": text("2x3x4"),
                "nil": b"\xc0",
                "empty": array(()),
                "map": mapping([(text("c"), integer(2))]),
                "two": array(map(integer, (2, 3))),
                "four": array(map(integer, (2, 3, 4, 1))),
                "boolean-inside": array([integer(2), integer(3), boolean(value=True)]),
                "float-inside": array([integer(2), integer(3), single(4.0)]),
                "nested": array([array(map(integer, (2, 3, 4)))]),
            },
            "head": {"boolean": boolean(value=True), "string": text("excess"), "float": single(2.0), "nil": b"\xc0"},
            "mlp": {
                "integer": integer(5),
                "nil": b"\xc0",
                "string": text("5x4"),
                "bytes": binary(b"\x05\x04"),
                "boolean-inside": array([integer(5), boolean(value=True)]),
                "float-inside": array([integer(5), single(4.0)]),
                "nested": array([array([integer(5)]), integer(4)]),
            },
            "q": {
                "integer": integer(6),
                "nil": b"\xc0",
                "string": text("f16"),
                "bytes": binary(b"f16"),
                "map": b"\x80",
            },
            "rgb": {"boolean": boolean(value=True), "float": single(2.0), "nil": b"\xc0", "array": array([integer(2)])},
            "src": {"boolean": boolean(value=True), "string": text("wide"), "nil": b"\xc0"},
            "t": {"integer": integer(0), "nil": b"\xc0"},
            "xy": {"boolean": boolean(value=True), "float": single(1.0), "nil": b"\xc0", "array": array([integer(1)])},
        }.items():
            for name, value in values.items():
                self._no(
                    f"type-{key}-{name}",
                    self._full.put(key, value),
                    f"{key} of another type or shape ({name}).",
                    "types",
                )

    def ranges(self) -> None:
        """Values just outside their range for every key."""
        for key, values in {
            "cat": {"2": 2, "minus-1": -1},
            "gate": {"256": 256, "minus-1": -1},
            "head": {"3": 3, "minus-1": -1, "255": 255},
            "rgb": {"17": 17, "minus-1": -1},
            "src": {"2": 2, "minus-1": -1},
            "xy": {"0": 0, "17": 17, "minus-1": -1},
        }.items():
            for name, number in values.items():
                self._no(f"range-{key}-{name}", self._full.put(key, integer(number)), f"{key} is {number}.", "ranges")
        for name, numbers in {
            "no-channels": (0, 3, 4),
            "one-down": (2, 1, 4),
            "one-across": (2, 3, 1),
            "negative": (2, -3, 4),
            "two-negative": (-2, -3, 4),
        }.items():
            self._no(
                f"range-grid-{name}", self._full.put("grid", messages.of(numbers)), f"A grid of {numbers}.", "ranges"
            )
        for name, hidden in {"zero": (5, 0), "negative": (-5, 4), "both-negative": (-5, -4)}.items():
            self._no(
                f"range-mlp-{name}", self._full.put("mlp", messages.of(hidden)), f"Hidden layers of {hidden}.", "ranges"
            )

        # What follows from the value agrees with it, so that nothing but the range is wrong.
        ranges: dict[str, dict[str, Value]] = {
            "xy-0": {"head": 2, "xy": 0, "rgb": 0},
            "xy-17": {"head": 2, "xy": 17},
            "rgb-17": {"head": 2, "rgb": 17},
            "grid-one-down": {"head": 2, "grid": (2, 1, 4)},
            "grid-one-across": {"head": 2, "grid": (2, 3, 1)},
            "grid-no-channels": {"head": 2, "grid": (0, 3, 4), "rgb": 0},
            "grid-nothing": {"head": 2, "grid": (0, 0, 0), "rgb": 0},
            "mlp-zero": {"head": 2, "rgb": 0, "mlp": (0,)},
        }
        for name, entries in ranges.items():
            model = weights(f"range-{name}", entries)
            data = model.container(_PICTURE)
            self._no(f"range-whole-{name}", data, f"Everything is in order but the value itself: {name}.", "ranges")

    def encodings(self) -> None:
        """Elements of q."""
        count = len(_FULL.encodings)
        encoded = [messages.of(encoding) for encoding in _FULL.encodings]

        def first(value: bytes) -> _Map:
            return self._full.put("q", array([value, *encoded[1:]]))

        self._no(
            "q-less",
            self._full.put("q", array(encoded[:-1])),
            f"{count - 1} encodings for {count} tensors.",
            "encoding",
        )
        self._no("q-more", self._full.put("q", array([*encoded, integer(6)])), "An encoding too many.", "encoding")
        for name, value, what in (
            ("exponent-127", integer(127), "2^-127, which is subnormal in single precision"),
            ("exponent-minus-121", integer(-121), "2^121; 128 times that is infinite in single precision"),
            ("exponent-minus-126", integer(-126), "2^126"),
            ("exponent-2-63", integer(1 << 63), "2 to the power of -2^63"),
            ("exponent-minus-2-63", integer(-(1 << 63)), "2 to the power of 2^63"),
            ("scale-zero", single(0.0), "0"),
            ("scale-minus-zero", single(-0.0), "-0"),
            ("scale-negative", single(-0.1), "-0.1"),
            ("scale-nan", single(float("nan")), "not a number"),
            ("scale-infinite", single(float("inf")), "infinite"),
            ("scale-minus-infinite", single(float("-inf")), "minus infinity"),
            ("scale-subnormal", b"\xca\x00\x7f\xff\xff", "the largest subnormal number"),
            ("scale-smallest-subnormal", b"\xca\x00\x00\x00\x01", "the smallest subnormal number"),
            ("scale-too-large", b"\xca\x7b\x80\x00\x01", "the number after 2^120"),
            ("scale-largest", b"\xca\x7f\x7f\xff\xff", "the largest single-precision number"),
        ):
            self._no(f"q-{name}", first(value), f"A scale that is {what}.", "encoding", "ranges")
        for name, value, what in (
            ("scale-power-of-two", single(2.0**-6), "A power of two as a float; its one form is the exponent."),
            ("scale-one", single(1.0), "The scale 1 as a float; its one form is the exponent 0."),
            ("scale-double", double(_FIFTH), "A scale in 64 bits."),
            ("scale-double-inexact", double(0.1), "A scale that 32 bits do not hold."),
            ("exponent-minus-32-long", b"\xd0\xe0", "-32 in 8 bits, where a byte holds it."),
            ("exponent-minus-33-long", b"\xd1\xff\xdf", "-33 in 16 bits, where 8 bits hold it."),
            ("exponent-long", b"\xcc\x06", "An exponent that is not in its shortest form."),
            ("exponent-signed", b"\xd0\x06", "An exponent with a sign that it does not need."),
            ("f16-long", b"\xd9\x03f16", "The string f16 with a length of 8 bits."),
        ):
            self._no(f"q-{name}", first(value), what, "encoding", "canonical")
        for name, value, what in (
            ("f32", text("f32"), "an unknown encoding"),
            ("upper-case", text("F16"), "f16 in upper case"),
            ("empty-string", text(""), "an empty string"),
            ("bytes", binary(b"f16"), "f16 as a byte string"),
            ("boolean", boolean(value=True), "a boolean"),
            ("nil", b"\xc0", "nil"),
            ("array", array([integer(6)]), "an array"),
        ):
            self._no(f"q-{name}", first(value), f"An encoding that is {what}.", "encoding", "types")
        for name, value in (("7-6", integer(7)), ("f16", text("f16"))):
            if name == "f16":
                self._no(
                    "q-wider-than-tensors",
                    first(value),
                    "float16 for a tensor that is stored as int8; the tensors are too short.",
                    "encoding",
                )

    def combinations(self) -> None:
        """Keys that do not go together."""
        clip = self._empty
        for key, value in {
            "gate": integer(0),
            "grid": messages.of((2, 3, 4)),
            "mlp": messages.of((4,)),
            "rgb": integer(0),
            "xy": integer(1),
            "bias": boolean(value=False),
            "q": array([integer(6)]),
            "src": integer(1),
            "t": boolean(value=False),
        }.items():
            self._no(f"clip-{key}", clip.put(key, value), f"No model, and yet there is {key}.", "combinations")
        residual = weights("descriptor-residual", {"head": 1, "rgb": 0, "gate": 0})
        self._no("residual-gate", residual.container(_PICTURE), "Only the head srgb-excess has a gate.", "combinations")
        for head in (1, 2):
            none = Model({"head": head}, (6, 7), (b"", bytes(3)))
            self._no(f"head-{head}-no-inputs", none.container(_PICTURE), "A model without inputs.", "combinations")
        bare = Model({"head": 2, "rgb": 0, "t": False}, (6, 7), (b"", bytes(3)))
        self._no("rgb-no-features", bare.container(_PICTURE), "Colour without octaves and without t.", "combinations")
        with_grid = weights("descriptor-bare", {"head": 2, "grid": (1, 2, 2), "rgb": 0, "t": False})
        self._no("rgb-no-features-grid", with_grid.container(_PICTURE), "The same beside a grid.", "combinations")
        for key, value in (("src", integer(1)), ("t", boolean(value=False))):
            place = _Map.of(weights("descriptor-place", {"head": 2, "xy": 1}))
            self._no(f"{key}-without-rgb", place.put(key, value), f"{key} without a colour.", "combinations")

    def limits(self) -> None:
        """Models and pictures larger than any reader takes by default."""

        def limited(name: str, entries: Mapping[str, Value], rationale: str, *, raw: bool = True) -> None:
            wanted = shapes(entries) if raw else [(1,)]
            model = Model(entries, (6,) * len(wanted), (b"",))
            self._no(f"limit-{name}", model.container(_PICTURE), rationale, "limits", error="payload.limit")

        plain: dict[str, Value] = {"head": 2, "rgb": 0}
        limited("layers", {**plain, "mlp": (1,) * 8}, "Nine weight matrices; eight are the most.")
        limited("layers-many", {**plain, "mlp": (1,) * 900}, "901 weight matrices.", raw=False)
        limited("width", {**plain, "mlp": (257,)}, "A hidden layer of 257 units; 256 are the most.")
        limited("width-2-64", {**plain, "mlp": ((1 << 64) - 1,)}, "A hidden layer of 2^64 - 1 units.", raw=False)
        limited("features", {"head": 2, "grid": (254, 2, 2), "rgb": 0}, "257 features; 256 are the most.")
        limited("channels-2-63", {"head": 2, "grid": ((1 << 63) - 1, 2, 2)}, "A grid of 2^63 - 1 channels.", raw=False)
        limited("nodes", {"head": 2, "grid": (1, 2, 32_769)}, "A grid of 65,538 nodes; 65,536 are the most.")
        limited(
            "nodes-wrap",
            {"head": 2, "grid": (1, 1 << 32, 1 << 32)},
            "A grid of 2^64 nodes, which are none at all in 64-bit arithmetic.",
            raw=False,
        )
        limited(
            "parameters",
            {"head": 2, "grid": (16, 256, 256)},
            "A model of 1,048,576 numbers in its grid and some more behind it; 1,048,576 are the most.",
            raw=False,
        )
        for name, width, height, what in (
            ("wide", (1 << 30) + 1, 1, "2^30 + 1 pixels in a row"),
            ("high", 1, (1 << 30) + 1, "2^30 + 1 pixels in a column"),
            ("square", 32_769, 32_769, "32,769 x 32,769 pixels"),
            ("largest", (1 << 32) - 1, (1 << 32) - 1, "2^32 - 1 pixels on each side"),
            ("wrap", 1 << 31, 2, "2^31 x 2 pixels, which are none at all in 32-bit arithmetic"),
        ):
            sized = self._small.put("w", integer(width)).put("h", integer(height))
            self._no(f"limit-picture-{name}", sized, f"A picture of {what}.", "limits", "bomb", error="payload.limit")
        for name, width, height in (("wide", 1 << 30, 1), ("square", 1 << 15, 1 << 15)):
            sized = self._small.put("w", integer(width)).put("h", integer(height))
            self._no(
                f"largest-picture-{name}",
                sized,
                f"A picture of {width:,} x {height:,} pixels is within the limits, but is not this one.",
                "limits",
                error="binding",
            )
