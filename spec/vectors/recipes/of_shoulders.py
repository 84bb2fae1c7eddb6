"""Vectors of version 2: shoulders, and what breaks the rules about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.jpegs import app11, coded, coded_digest, inserted
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import ends, saturated
from spec.vectors.recipes.pngs import itxt, png
from spec.vectors.recipes.tiffs import ours, tiff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_TWO = (2, 2)


def _shoulder(*ends: tuple[int, int]) -> bytes:
    """Dark and bright end of red, green and blue; those that are not given have no codes."""
    return bytes(byte for end in (*ends, *[(0, 0)] * (6 - len(ends))) for byte in end)


_NONE = 0, 0
_MIXED = _shoulder(_NONE, (4, 16), (1, 255), (2, 60), (8, 11), _NONE)
_EVERYWHERE = _shoulder((8, 3), (8, 9), (5, 121), (3, 169), (4, 1), (6, 12))
_LARGEST = _shoulder((8, 43), (8, 22), (7, 57), (7, 27), (4, 222), (4, 82))
_PLAIN: dict[str, Value] = {"head": 2, "rgb": 1, "mlp": (6,), "gate": 0}


def add(suite: Suite) -> None:
    """Add all of them."""
    _arithmetic(suite)
    _carriers_and_versions(suite)
    _rules(suite)
    _orders(suite)


def _arithmetic(suite: Suite) -> None:
    every, small = ends(), saturated(17, 13)

    def expands(name: str, model: Model, rationale: str, *tags: str, picture: Picture = every) -> None:
        data = model.container(picture, versions=_TWO)
        suite.expands(
            f"shoulder-{name}", png(picture, itxt(data)), picture, data, rationale, "shoulder", *tags, since=2
        )

    for name, shoulder in {"mixed": _MIXED, "everywhere": _EVERYWHERE, "largest": _LARGEST}.items():
        expands(f"alone-{name}", Model({"shl": shoulder}), "Without a model the values are the colours.", "head-clip")
    expands("alone-cat02", Model({"shl": _MIXED, "cat": 1}), "The other matrix.", "head-clip", "cat-cat02")
    for number in range(6):
        for codes, growth in ((1, 1), (8, 22)):
            six = [_NONE] * 6
            six[number] = codes, growth
            model = Model({"shl": _shoulder(*six)})
            expands(f"alone-{number}-{codes}", model, "One end of one channel.", "head-clip")
    for gate in (None, 0, 1, 2, 12, 255):
        for name, shoulder in {"mixed": _MIXED, "everywhere": _EVERYWHERE}.items():
            gated: dict[str, Value] = {**_PLAIN, "shl": shoulder}
            if gate is not None:
                gated["gate"] = gate
            said = "no gate" if gate is None else f"gate {gate}"
            expands(
                f"{said.replace(' ', '-')}-{name}",
                weights(f"shoulder-{said}-{name}", gated),
                "The gate counts from the codes of the shoulder, on each channel by itself.",
                "head-srgb-excess",
                "gate",
            )
    models: dict[str, dict[str, Value]] = {
        "grid": {"head": 2, "grid": (3, 4, 5), "mlp": (6,), "gate": 0},
        "grid-colour": {"head": 2, "grid": (3, 4, 5), "rgb": 2, "mlp": (6, 5), "gate": 0},
        "place": {"head": 2, "xy": 2, "gate": 8},
        "no-bias": {**_PLAIN, "bias": False},
        "affine": {"head": 2, "grid": (3, 4, 5), "gate": 0, "aff": (0.5, 0.0, 0.25, 0.0, 0.25, 0.5)},
        "cat02": {**_PLAIN, "cat": 1},
    }
    for name, entries in models.items():
        model = weights(f"shoulder-{name}", {**entries, "shl": _MIXED})
        expands(name, model, "A model on top of a shoulder.", "head-srgb-excess", picture=small)
    largest = weights("shoulder-largest", {**_PLAIN, "shl": _LARGEST})
    expands("largest", largest, "Values of nearly 16 are not clamped in front of the matrix.", "head-srgb-excess")


def _carriers_and_versions(suite: Suite) -> None:
    picture = saturated(17, 13)
    model = weights("shoulder-carried", {**_PLAIN, "shl": _MIXED})
    data = model.container(picture, versions=_TWO)
    suite.expands("shoulder-tiff", tiff(picture, [ours(data)]), picture, data, "In a TIFF.", "shoulder", since=2)
    newer = model.container(picture, versions=(2, 9), flags=(0, 0xFF))
    suite.expands(
        "shoulder-newer-writer",
        png(picture, itxt(newer)),
        picture,
        newer,
        "A newer writer whose containers this version can read, and ignorable flags.",
        "shoulder",
        "versions",
        since=2,
    )
    jpeg, decoded = coded(suite.bases, "444")
    in_jpeg = model.container(decoded, coded_digest(jpeg), versions=_TWO)
    said = "Bound to the coded data of a JPEG, of which the codes are R, G and B."
    suite.expands("shoulder-jpeg", inserted(jpeg, app11(in_jpeg)), decoded, in_jpeg, said, "shoulder", since=2)
    for name, versions, error, rationale in (
        ("version-1", (1, 1), "payload", "The key needs version 2."),
        ("version-1-newer-writer", (1, 2), "payload", "The key needs a reader of version 2, not only such a writer."),
        ("version-3", (3, 3), "payload.version", "A newer version, whatever its descriptor says."),
    ):
        for kind, entries in (("model", model), ("alone", Model({"shl": _MIXED}))):
            refused = entries.container(picture, versions=versions)
            suite.refuses(f"shoulder-{name}-{kind}", refused, picture, error, rationale, "shoulder", "versions")


class _Changes:
    """Containers around a descriptor with other or further values, which are finished MessagePack."""

    def __init__(self, suite: Suite) -> None:
        self.picture = saturated(17, 13)
        self.model = weights("shoulder-rules", {**_PLAIN, "shl": _MIXED, "rgb": 0, "mlp": ()})
        self.entries = self.model.map(self.picture)
        self.alone = {key: self.entries[key] for key in ("h", "rgb8", "shl", "w")}
        self._suite = suite

    def no(
        self,
        name: str,
        changes: dict[str, bytes | None],
        rationale: str,
        *,
        error: str = "payload",
        versions: tuple[int, int] = _TWO,
        alone: bool = False,
        order: Sequence[str] | None = None,
    ) -> None:
        """A container that must be refused."""
        given = self.alone if alone else self.entries
        pairs = {key: messages.of(value) for key, value in given.items()} | changes
        found = ((key, pairs[key]) for key in (sorted(pairs) if order is None else order))
        packed = messages.mapping((messages.text(key), value) for key, value in found if value is not None)
        raw = self.model.raw if "head" in given else b""
        data = container(packed, len(raw), frames.raw_frame(raw) if raw else b"", versions=versions)
        since = 2 if versions[0] == 2 else 1
        tags = "shoulder", "descriptor"
        self._suite.refuses(f"shoulder-{name}", data, self.picture, error, rationale, *tags, since=since)


def _rules(suite: Suite) -> None:
    changes = _Changes(suite)
    for length in (0, 1, 11, 13, 24):
        value = messages.binary((_MIXED + _MIXED)[:length])
        changes.no(f"{length}-bytes", {"shl": value}, "A shoulder has 12 bytes.")
        changes.no(f"{length}-bytes-alone", {"shl": value}, "A shoulder has 12 bytes.", alone=True)
    for name, value in {
        "integer": messages.integer(12),
        "true": messages.boolean(1),
        "string": messages.text(_MIXED.replace(b"\xff", b"\x7f")),
        "array": messages.array(map(messages.integer, _MIXED)),
        "nil": b"\xc0",
        "length-16-bits": b"\xc5\0\x0c" + _MIXED,
        "extension": b"\xc7\x0c\x01" + _MIXED,
    }.items():
        changes.no(f"as-{name}", {"shl": value}, "The key is a byte string in its shortest form.")
    for name, given, rationale in (
        ("none", (), "Without any code there is no shoulder, and the key is absent."),
        ("9-codes", ((9, 1),), "An end has at most 8 codes."),
        ("255-codes", (_NONE, (255, 1)), "An end has at most 8 codes."),
        ("no-growth", (_NONE, (4, 0)), "Codes need a growth, if only a small one."),
        ("growth-alone", (_NONE, (4, 16), (0, 16)), "Without codes there is no growth."),
    ):
        value = messages.binary(_shoulder(*given))
        changes.no(name, {"shl": value}, rationale)
        changes.no(f"{name}-alone", {"shl": value}, rationale, alone=True)
    most = {4: 222, 5: 121, 6: 78, 7: 57, 8: 43}, {3: 169, 4: 82, 5: 51, 6: 36, 7: 27, 8: 22}
    for is_bright, limits in enumerate(most):
        for codes, limit in limits.items():
            for growth in (limit + 1, 255):
                end = codes, growth
                value = messages.binary(_shoulder(*((_NONE, end) if is_bright else (end,))))
                name = f"reach-{('dark', 'bright')[is_bright]}-{codes}-{growth}"
                changes.no(name, {"shl": value}, "Values of 16 and more are out of range.", alone=True)
    blue = _shoulder(*[_NONE] * 5, (8, 23))
    changes.no("reach-blue", {"shl": messages.binary(blue)}, "The last end is looked at as well.")
    order = sorted(changes.entries, key=lambda key: (key == "shl", key))
    changes.no("last", {}, "Keys stand in the order of their bytes.", order=order)
    digest: dict[str, bytes | None] = {"rgb8": None, "jpeg": messages.binary(bytes(16))}
    samples = {**digest, "smp": messages.integer(1)}
    changes.no("samples", {**samples, "gate": None}, "YCbCr samples have no shoulder.")
    changes.no("samples-alone", samples, "YCbCr samples have no shoulder.", alone=True)
    changes.no("smp-0", {"smp": messages.integer(0)}, "The default is not spelled out.")
    changes.no("residual", {"head": messages.integer(1), "gate": None}, "The outputs are added to linear sRGB alone.")
    changes.no("src-1", {"src": messages.integer(1)}, "The colour is that of the codes, not of clipped ROMM RGB.")
    changes.no("gate-alone", {"gate": messages.integer(0)}, "Without a model there is no gate.", alone=True)
    changes.no("version-2-without-it", {"shl": None}, "Nothing in the descriptor needs version 2.")


def _orders(suite: Suite) -> None:
    changes = _Changes(suite)
    huge: dict[str, bytes | None] = {"w": messages.integer(1 << 16), "h": messages.integer(1 << 16)}
    deep: dict[str, bytes | None] = {"mlp": messages.array([messages.integer(257)])}
    wrong: dict[str, bytes | None] = {"shl": messages.binary(bytes(12))}
    short: dict[str, bytes | None] = {"shl": messages.binary(bytes(11))}
    for name, change, error, rationale in (
        ("size-wrong", {**huge, **wrong}, "payload.limit", "The size, before a wrong shoulder."),
        ("size-short", {**huge, **short}, "payload.limit", "The size, before a wrong length."),
        ("wrong-limits", {**deep, **wrong}, "payload", "A wrong shoulder, before the model's limits."),
        ("short-limits", {**deep, **short}, "payload", "A wrong length, before the model's limits."),
        ("src-limits", {**deep, "src": messages.integer(1)}, "payload", "Another colour, before the model's limits."),
        ("long-size", {**huge, "shl": messages.binary(bytes(72))}, "payload", "The form of the map, before the size."),
    ):
        changes.no(f"order-{name}", change, rationale, error=error)
    changes.no("order-version-size", huge, "A key of a newer version, before the size.", versions=(1, 1))
    picture, other = saturated(17, 13), weights("shoulder-bound", {**_PLAIN, "shl": _MIXED})
    data = other.container(saturated(16, 13), versions=_TWO)
    suite.refuses(
        "shoulder-binding-png", png(picture, itxt(data)), picture, "binding", "Another size.", "shoulder", "binding",
        since=2,
    )  # fmt: skip
    jpeg, decoded = coded(suite.bases, "444")
    data = other.container(decoded, coded_digest(jpeg)[::-1], versions=_TWO)
    suite.refuses(
        "shoulder-binding-jpeg", inserted(jpeg, app11(data)), decoded, "binding", "Another digest.", "shoulder",
        "binding", since=2,
    )  # fmt: skip
