"""Vectors of version 2: models for the YCbCr samples of a JPEG, and what breaks the rules about them.

What is expanded is a JPEG, to whose coded data the payload is bound; what is refused before that is a bare container.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.jpegs import app11, coded_digest, coded_samples, com, inserted
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import beyond, corners, saturated
from spec.vectors.recipes.pngs import itxt, png

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_TWO = (2, 2)
_COLOUR: dict[str, Value] = {"head": 2, "smp": 1, "rgb": 1, "mlp": (6,)}
_GRID: dict[str, Value] = {"head": 2, "smp": 1, "grid": (3, 4, 5), "mlp": (6,)}


def add(suite: Suite) -> None:
    """Add all of them."""
    _arithmetic(suite)
    _carriers_and_versions(suite)
    _rules(suite)
    _orders(suite)
    _bindings(suite)


def _arithmetic(suite: Suite) -> None:
    small, extreme = coded_samples(suite.bases, beyond(17, 13)), coded_samples(suite.bases, corners())
    halved = coded_samples(suite.bases, beyond(21, 15), subsampling=2, quality=92)

    def expands(name: str, model: Model, rationale: str, *tags: str, host: tuple[bytes, Picture] = small) -> None:
        jpeg, samples = host
        data = model.container(samples, coded_digest(jpeg), versions=_TWO)
        suite.expands(f"sycc-{name}", inserted(jpeg, app11(data)), samples, data, rationale, "sycc", *tags, since=2)

    for cat, adaptation in enumerate(("bradford", "cat02")):
        alone = Model({"smp": 1, "cat": cat} if cat else {"smp": 1})
        tags = ("head-clip", f"cat-{adaptation}")
        expands(f"alone-{adaptation}", alone, "Without a model the samples hold the colours, clamped by nobody.", *tags)
        expands(
            f"alone-{adaptation}-corners",
            alone,
            "Samples at all ends of their range, far outside the RGB cube on every side.",
            *tags,
            "corners",
            host=extreme,
        )
    expands("alone-420", Model({"smp": 1}), "Chroma that was upsampled before.", "head-clip", "420", host=halved)
    for name, entries, rationale, more in (
        ("colour", _COLOUR, "The colour is that of Y, Cb and Cr, in this order.", ("rgb",)),
        ("colour-only-t", {**_COLOUR, "rgb": 0}, "Samples themselves are the only features.", ("rgb",)),
        ("colour-no-t", {**_COLOUR, "rgb": 3, "t": False}, "Octaves of samples without the samples.", ("rgb",)),
        ("colour-octaves-16", {**_COLOUR, "rgb": 16, "mlp": (4,)}, "The highest octaves of samples.", ("rgb",)),
        ("grid", _GRID, "No colour at all: the grid alone says what is added.", ("grid",)),
        ("grid-straight", {**_GRID, "mlp": ()}, "A grid straight into the outputs.", ("grid",)),
        ("grid-colour", {**_GRID, "rgb": 2}, "What a photograph gets: grid, colour, a hidden layer.", ("grid", "rgb")),
        ("place", {**_COLOUR, "xy": 3}, "Octaves of the position beside samples.", ("rgb", "xy")),
        ("place-only", {"head": 2, "smp": 1, "xy": 2}, "The position alone.", ("xy",)),
        ("cat02", {**_GRID, "rgb": 2, "cat": 1}, "The outputs are added before the matrix of CAT02.", ("cat-cat02",)),
        ("no-bias", {**_GRID, "rgb": 1, "bias": False}, "Layers without biases.", ("no-bias",)),
        ("bias-only-t", {**_COLOUR, "rgb": 0, "mlp": ()}, "One layer with biases.", ("bias",)),
        ("layers", {**_COLOUR, "mlp": (5, 7, 3)}, "Three hidden layers.", ("layers",)),
    ):
        expands(name, weights(f"sycc-{name}", entries), rationale, "head-srgb-excess", *more)
    for name in ("colour", "grid"):
        model = weights(f"sycc-corners-{name}", {**_GRID, "rgb": 2} if name == "grid" else _COLOUR)
        expands(
            f"corners-{name}",
            model,
            "A model acts on every pixel, however far outside its samples are.",
            "head-srgb-excess",
            "corners",
            name,
            host=extreme,
        )
    expands(
        "grid-colour-420",
        weights("sycc-420", {**_GRID, "rgb": 2}),
        "A model on upsampled chroma.",
        "head-srgb-excess",
        "420",
        host=halved,
    )
    turned = math.cos(math.radians(15)) / 2, math.sin(math.radians(15)) / 2
    affines = {
        "crop": (0.5, 0.0, 0.25, 0.0, 0.25, 0.5),
        "turn": (0.0, -1.0, 1.0, 1.0, 0.0, 0.0),
        "rotation": (turned[0], -turned[1], 0.25, turned[1], turned[0], 0.125),
    }
    for name, numbers in affines.items():
        rounded = tuple(struct.unpack("<f", struct.pack("<f", number))[0] for number in numbers)
        for inputs in ({"grid": (3, 4, 5)}, {"xy": 3}):
            kind = next(iter(inputs))
            expands(
                f"affine-{name}-{kind}",
                weights(f"sycc-affine-{name}-{kind}", {**_COLOUR, "aff": rounded, **inputs}),
                f"Positions of {kind} go through the affine {name}; samples do not.",
                "head-srgb-excess",
                "affine",
                kind,
            )
    half = weights("sycc-f16", {**_GRID, "rgb": 0}, "f16")
    expands("encoding-f16", half, "Tensors as float16.", "head-srgb-excess", "encoding", "f16")
    # One input for each unit, so that the order of summation plays no part.
    unit = struct.pack("9b", *(127, 0, 0, 0, 127, 0, 0, 0, 127))
    large = Model({"head": 2, "smp": 1, "rgb": 0, "mlp": (3,), "bias": False}, (-120, -120), (unit, unit))
    expands(
        "overflow",
        large,
        "Infinite outputs: there is no gate, and the clamp behind the matrix takes care of them.",
        "overflow",
    )


def _carriers_and_versions(suite: Suite) -> None:
    jpeg, samples = coded_samples(suite.bases, beyond(17, 13))
    model, digest = weights("sycc-carried", _COLOUR), coded_digest(jpeg)
    for name, versions, flags, in_comment, rationale in (
        ("com", _TWO, (0, 0), True, "In a comment."),
        ("newer-writer", (2, 9), (0, 0), False, "A newer writer whose containers this version can read."),
        ("ignorable-flags", _TWO, (0, 0xFF), False, "Flags of the ignorable kind are ignored, as in version 1."),
    ):
        data = model.container(samples, digest, versions=versions, flags=flags)
        file = inserted(jpeg, com(data) if in_comment else app11(data))
        suite.expands(f"sycc-{name}", file, samples, data, rationale, "sycc", "versions", since=2)
    for name, versions, error, rationale in (
        ("version-1", (1, 1), "payload", "The key needs version 2."),
        ("version-1-newer-writer", (1, 2), "payload", "The key needs a reader of version 2, not only such a writer."),
        ("version-3", (3, 3), "payload.version", "A newer version, whatever its descriptor says."),
        ("versions-descend", (2, 1), "payload", "No writer makes what only readers newer than itself can read."),
    ):
        for kind, entries in (("model", model), ("alone", Model({"smp": 1}))):
            data = entries.container(samples, digest, versions=versions)
            suite.refuses(f"sycc-{name}-{kind}", data, samples, error, rationale, "sycc", "versions")
    alone = Model({})
    data = alone.container(samples, digest, versions=_TWO)
    suite.refuses(
        "sycc-version-2-without-a-key",
        data,
        samples,
        "payload",
        "Nothing in the descriptor needs version 2.",
        "sycc",
        "versions",
        since=2,
    )


class _Changes:
    """Containers of version 2 around a descriptor with other or further values, which are finished MessagePack."""

    def __init__(self, suite: Suite) -> None:
        jpeg, self.samples = coded_samples(suite.bases, beyond(17, 13))
        self.model = weights("sycc-rules", {**_COLOUR, "rgb": 0, "mlp": ()})
        self.entries = self.model.map(self.samples, coded_digest(jpeg))
        self._suite = suite

    def no(
        self,
        name: str,
        changes: dict[str, bytes | None],
        rationale: str,
        *,
        error: str = "payload",
        versions: tuple[int, int] = _TWO,
        entries: dict[str, Value] | None = None,
        order: list[str] | None = None,
    ) -> None:
        """A container that must be refused."""
        given = self.entries if entries is None else entries
        pairs = {key: messages.of(value) for key, value in given.items()} | changes
        keys = sorted(pairs) if order is None else order
        found = ((key, pairs[key]) for key in keys)
        packed = messages.mapping((messages.text(key), value) for key, value in found if value is not None)
        raw = self.model.raw if "head" in given else b""
        data = container(packed, len(raw), frames.raw_frame(raw) if raw else b"", versions=versions)
        since = 2 if versions[0] == 2 else 1
        self._suite.refuses(f"sycc-{name}", data, self.samples, error, rationale, "sycc", "descriptor", since=since)


def _rules(suite: Suite) -> None:
    changes = _Changes(suite)
    alone = {key: value for key, value in changes.entries.items() if key in {"h", "jpeg", "smp", "w"}}
    for name, value in {
        "2": messages.integer(2),
        "255": messages.integer(255),
        "minus-1": messages.integer(-1),
        "true": messages.boolean(1),
        "false": messages.boolean(0),
        "float": messages.single(1.0),
        "string": messages.text("1"),
        "bytes": messages.binary(b"\1"),
        "array": messages.array([messages.integer(1)]),
        "nil": b"\xc0",
    }.items():
        changes.no(f"smp-{name}", {"smp": value}, "The key is an integer, 0 or 1.")
    for name, entries in (("model", changes.entries), ("alone", alone)):
        changes.no(f"smp-0-{name}", {"smp": messages.integer(0)}, "The default is not spelled out.", entries=entries)
        changes.no(
            f"smp-0-version-1-{name}",
            {"smp": messages.integer(0)},
            "The key needs version 2, also with its default.",
            entries=entries,
            versions=(1, 1),
        )
        changes.no(
            f"bound-to-pixels-{name}",
            {"jpeg": None, "rgb8": messages.binary(changes.samples.digest())},
            "Only the coded data of a JPEG bind samples that decoders may reconstruct otherwise.",
            entries=entries,
        )
    changes.no("smp-long", {"smp": b"\xcc\1"}, "The shortest form alone.")
    order = sorted(changes.entries, key=lambda key: (key == "smp", key))
    changes.no("smp-last", {}, "Keys stand in the order of their bytes.", order=order)
    changes.no("residual", {"head": messages.integer(1)}, "The outputs are added to linear sRGB alone.")
    for gate in (0, 12, 255):
        changes.no(f"gate-{gate}", {"gate": messages.integer(gate)}, "Samples have no gate.")
    changes.no("gate-alone", {"gate": messages.integer(0)}, "Without a model there is no gate.", entries=alone)
    changes.no("src-1", {"src": messages.integer(1)}, "The colour is that of the samples, not of clipped ROMM RGB.")
    changes.no("src-0", {"src": messages.integer(0)}, "The default is not spelled out.")
    changes.no("alone-rgb", {"rgb": messages.integer(0)}, "Without a model there are no features.", entries=alone)
    changes.no("unknown-key", {"smq": messages.integer(1)}, "Unknown keys are refused in version 2 as well.")


def _orders(suite: Suite) -> None:
    changes = _Changes(suite)
    huge: dict[str, bytes | None] = {"w": messages.integer(1 << 16), "h": messages.integer(1 << 16)}
    deep: dict[str, bytes | None] = {"mlp": messages.array([messages.integer(257)])}
    pixels: dict[str, bytes | None] = {"jpeg": None, "rgb8": messages.binary(bytes(16))}
    for name, change, error, rationale in (
        ("smp-size", {**huge, "smp": messages.integer(2)}, "payload.limit", "The size, before a wrong value."),
        ("size-version", {**huge, "smp": None}, "payload.limit", "The size, before a version that is not needed."),
        ("limits-version", {**deep, "smp": None}, "payload.limit", "Limits, before a version that is not needed."),
        ("smp-limits", {**deep, "smp": messages.integer(2)}, "payload", "A wrong value, before the model's limits."),
        ("default-limits", {**deep, "smp": messages.integer(0)}, "payload.limit", "Limits, before the default."),
        ("pixels-limits", {**deep, **pixels}, "payload", "The kind of the binding, before the model's limits."),
        ("gate-limits", {**deep, "gate": messages.integer(0)}, "payload", "A gate, before the model's limits."),
        ("src-limits", {**deep, "src": messages.integer(1)}, "payload", "Another colour, before the model's limits."),
        ("head-limits", {**deep, "head": messages.integer(1)}, "payload", "Another head, before the model's limits."),
    ):
        changes.no(f"order-{name}", change, rationale, error=error)
    changes.no("order-version-size", huge, "A key of a newer version, before the size.", versions=(1, 1))


def _bindings(suite: Suite) -> None:
    picture = beyond(17, 13)
    jpeg, samples = coded_samples(suite.bases, picture)
    model, digest = weights("sycc-bound", _COLOUR), coded_digest(jpeg)
    data = model.container(samples, digest, versions=_TWO)
    other = model.container(samples, bytes(16), versions=_TWO)
    lossless = saturated(17, 13)
    for name, file, shown, error, rationale in (
        ("by-itself", data, samples, "binding", "A sidecar without its JPEG."),
        ("in-png", png(lossless, itxt(data)), lossless, "binding", "A PNG has no such samples."),
        ("digest", inserted(jpeg, app11(other)), samples, "binding", "Another digest."),
        (
            "size",
            inserted(jpeg, app11(model.container(beyond(13, 17), digest, versions=_TWO))),
            samples,
            "binding",
            "Another size.",
        ),
        ("cut", inserted(jpeg, app11(data))[:-20], samples, "carrier", "A JPEG that is cut off."),
    ):
        suite.refuses(f"sycc-binding-{name}", file, shown, error, rationale, "sycc", "binding", since=2)
