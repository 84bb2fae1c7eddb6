"""Vectors of version 2: containers with a likeness of their picture, and what breaks the rules about it.

A reader need not look at a likeness. So wherever something is expanded, the digest is right; and where something is
refused since the digest or the size is wrong, the likeness is that of quite another picture, or there are no samples.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.jpegs import app11, coded, coded_digest, coded_samples, com, exif, inserted
from spec.vectors.recipes.likeness import likeness, shown
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import beyond, flat, saturated
from spec.vectors.recipes.pngs import itxt, png
from spec.vectors.recipes.tiffs import ours, tiff

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_TWO = (2, 2)
_PLAIN: dict[str, Value] = {"head": 2, "gate": 32, "rgb": 1, "mlp": (5,)}
_SAMPLES: dict[str, Value] = {"head": 2, "smp": 1, "grid": (3, 4, 5), "rgb": 1, "mlp": (5,)}


def add(suite: Suite) -> None:
    """Add all of them."""
    _whole(suite)
    _rules(suite)
    _orders(suite)
    _bindings(suite)


def _of_samples(samples: Picture) -> bytes:
    return likeness(replace(samples, samples=shown(samples.samples)))


def _whole(suite: Suite) -> None:
    picture = saturated(17, 13)
    jpeg, decoded = coded(suite.bases, "444")
    ycc, samples = coded_samples(suite.bases, beyond(17, 13))
    own, of_jpeg, of_samples = likeness(picture), likeness(decoded), _of_samples(samples)
    plain, extended = weights("like-plain", _PLAIN), weights("like-samples", _SAMPLES)
    alone, samples_alone = Model(), Model({"smp": 1})
    aff = tuple(struct.unpack("<f", struct.pack("<f", number))[0] for number in (0.5, 0.0, 0.25, 0.0, 0.25, 0.5))
    every: dict[str, Value] = {**_PLAIN, "grid": (2, 3, 3), "xy": 1, "t": False, "src": 1, "cat": 1, "bias": False}
    full = weights("like-full", {**every, "aff": aff})

    def pixels(name: str, model: Model, like: bytes, rationale: str, shape: str = "png") -> None:
        data = model.with_entries(like=like).container(picture, versions=_TWO)
        file = {"png": png(picture, itxt(data)), "tiff": tiff(picture, [ours(data)]), "sidecar": data}[shape]
        suite.expands(f"like-{name}", file, picture, data, rationale, "likeness", "binding-rgb8", shape, since=2)

    def coding(name: str, model: Model, like: bytes, rationale: str, *, in_comment: bool = False) -> None:
        host, shown_there = (ycc, samples) if "smp" in model.entries else (jpeg, decoded)
        data = model.with_entries(like=like).container(shown_there, coded_digest(host), versions=_TWO)
        file = inserted(host, com(data) if in_comment else app11(data))
        tags = ("likeness", "binding-jpeg", *(("sycc",) if "smp" in model.entries else ()))
        suite.expands(f"like-{name}", file, shown_there, data, rationale, *tags, since=2)

    pixels("png-alone", alone, own, "A likeness without a model.")
    pixels("png", plain, own, "A likeness beside a model for plain samples, bound to the samples.")
    pixels("tiff", plain, own, "The same in a TIFF.", "tiff")
    pixels("sidecar", plain, own, "The same in a sidecar.", "sidecar")
    pixels("all-keys", full, own, "All keys that go together are 16, a map in its longer form.")
    unused = own[:-1] + bytes((own[-1] | 3,))
    pixels("unused-bits", plain, unused, "The last two bits of a likeness are ignored.")
    coding("jpeg-alone", alone, of_jpeg, "A likeness without a model in a JPEG.")
    coding("jpeg", plain, of_jpeg, "A likeness beside a model for plain samples, bound to the coded data.")
    coding("jpeg-com", plain, of_jpeg, "In a comment.", in_comment=True)
    coding("sycc-alone", samples_alone, of_samples, "Two keys of version 2, and no model.")
    coding("sycc", extended, of_samples, "A likeness of what is shown beside a model for YCbCr samples.")
    coding("sycc-com", extended, of_samples, "In a comment.", in_comment=True)
    for name, like, rationale in (
        ("zeros", bytes(71), "With the right digest the likeness plays no part."),
        ("ones", b"\xff" * 71, "Any 71 bytes are a likeness, and with the right digest it plays no part."),
        ("other", likeness(flat(17, 13, (0, 0, 0))), "The digest decides, not the likeness of another picture."),
    ):
        pixels(f"png-{name}", plain, like, rationale)
        coding(f"sycc-{name}", samples_alone, like, rationale)
    metadata = exif(orientation=6)
    data = plain.with_entries(like=of_jpeg).container(decoded, coded_digest(jpeg), versions=_TWO)
    suite.expands(
        "like-jpeg-orientation",
        inserted(jpeg, metadata + app11(data)),
        decoded,
        data,
        "The likeness is that of the coded raster, whatever the orientation says.",
        "likeness",
        "binding-jpeg",
        since=2,
    )


class _Changes:
    """Containers around a descriptor with other or further values, which are finished MessagePack."""

    def __init__(self, suite: Suite) -> None:
        self.picture = saturated(17, 13)
        self.like = likeness(self.picture)
        self.model = weights("like-rules", {**_PLAIN, "rgb": 0, "mlp": ()}).with_entries(like=self.like)
        self.entries = self.model.map(self.picture)
        self.alone = {key: self.entries[key] for key in ("h", "like", "rgb8", "w")}
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
        order: list[str] | None = None,
    ) -> None:
        """A container that must be refused."""
        given = self.alone if alone else self.entries
        pairs = {key: messages.of(value) for key, value in given.items()} | changes
        found = ((key, pairs[key]) for key in (sorted(pairs) if order is None else order))
        packed = messages.mapping((messages.text(key), value) for key, value in found if value is not None)
        raw = self.model.raw if "head" in given else b""
        data = container(packed, len(raw), frames.raw_frame(raw) if raw else b"", versions=versions)
        since = 2 if versions[0] == 2 else 1
        self._suite.refuses(f"like-{name}", data, self.picture, error, rationale, "likeness", "descriptor", since=since)


def _rules(suite: Suite) -> None:
    changes = _Changes(suite)
    like = changes.like
    for length in (0, 1, 16, 70, 72, 142):
        value = messages.binary((like + like)[:length])
        changes.no(f"{length}-bytes", {"like": value}, "A likeness has 71 bytes.")
        changes.no(f"{length}-bytes-alone", {"like": value}, "A likeness has 71 bytes.", alone=True)
    for name, value in {
        "integer": messages.integer(71),
        "true": messages.boolean(1),
        "false": messages.boolean(0),
        "float": messages.single(71.0),
        "string": messages.text(b"x" * 31),
        "text": b"\xd9\x47" + b"x" * 71,
        "array": messages.array([messages.integer(0)] * 71),
        "array-of-one": messages.array([messages.binary(like)]),
        "map": messages.mapping([]),
        "nil": b"\xc0",
        "extension": b"\xc7\x47\x01" + like,
    }.items():
        changes.no(name, {"like": value}, "A likeness is a byte string.")
    changes.no("length-16-bits", {"like": b"\xc5\x00\x47" + like}, "The shortest form alone.")
    changes.no("length-32-bits", {"like": b"\xc6\x00\x00\x00\x47" + like}, "The shortest form alone.")
    order = sorted(changes.entries, key=lambda key: (key == "like", key))
    changes.no("last", {}, "Keys stand in the order of their bytes.", order=order)
    first = sorted(changes.entries, key=lambda key: (key != "like", key))
    changes.no("first", {}, "Keys stand in the order of their bytes.", order=first)
    for alone in (False, True):
        kind = "alone" if alone else "model"
        changes.no(f"version-1-{kind}", {}, "The key needs version 2.", versions=(1, 1), alone=alone)
        changes.no(
            f"version-1-newer-writer-{kind}",
            {},
            "The key needs a reader of version 2, not only such a writer.",
            versions=(1, 2),
            alone=alone,
        )
        changes.no(f"version-3-{kind}", {}, "A newer version.", error="payload.version", versions=(3, 3), alone=alone)
        changes.no(f"needless-{kind}", {"like": None}, "Nothing needs version 2 any more.", alone=alone)
    changes.no(
        "version-1-16-bytes",
        {"like": messages.binary(like[:16])},
        "The key needs version 2, also with bytes that version 1 allows.",
        versions=(1, 1),
    )
    changes.no("samples", {"smp": messages.integer(1)}, "A likeness makes no binding to pixels do for YCbCr samples.")
    changes.no("other-name", {"like": None, "likf": messages.binary(like)}, "Unknown keys are refused.")
    long = messages.binary(like)
    changes.no("digest-71-bytes", {"rgb8": long}, "A digest still has 16 bytes.")
    changes.no("two-bindings", {"jpeg": messages.binary(bytes(16))}, "A likeness is no binding, and two are too many.")
    changes.no("no-binding", {"rgb8": None}, "A likeness is no binding.")
    entries = [messages.text(key) + messages.of(value) for key, value in sorted(changes.alone.items())]
    for name, head in (("map-16", b"\xde\x00\x04"), ("map-32", b"\xdf\x00\x00\x00\x04")):
        data = container(head + b"".join(entries), versions=_TWO)
        suite.refuses(
            f"like-{name}",
            data,
            changes.picture,
            "payload",
            "Fewer than 16 keys take the short form of a map.",
            "likeness",
            "descriptor",
            since=2,
        )


def _orders(suite: Suite) -> None:
    changes = _Changes(suite)
    huge: dict[str, bytes | None] = {"w": messages.integer(1 << 16), "h": messages.integer(1 << 16)}
    deep: dict[str, bytes | None] = {"mlp": messages.array([messages.integer(257)])}
    short, long = messages.binary(changes.like[:70]), messages.binary(changes.like + b"\0")
    nested = messages.array([messages.binary(changes.like)])
    for name, change, error, rationale in (
        ("size-short", {**huge, "like": short}, "payload.limit", "The size, before a likeness that is too short."),
        ("long-size", {**huge, "like": long}, "payload", "A byte string longer than any may be, before the size."),
        ("size-nested", {**huge, "q": nested}, "payload.limit", "In version 2, 71 bytes pass anywhere at first."),
        ("short-limits", {**deep, "like": short}, "payload", "A short likeness, before the model's limits."),
        ("limits-version", {**deep, "like": None}, "payload.limit", "Limits, before a version that is not needed."),
        ("limits-long-form", {**deep, "like": b"\xc5\x00\x47" + changes.like}, "payload.limit", "Limits, before form."),
    ):
        changes.no(f"order-{name}", change, rationale, error=error)
    changes.no("order-version-size", huge, "A key of a newer version, before the size.", versions=(1, 1))
    changes.no(
        "order-nested-size-version-1",
        {**huge, "like": None, "q": nested},
        "In version 1, byte strings have 16 bytes at most, before the size.",
        versions=(1, 1),
    )


def _bindings(suite: Suite) -> None:
    """Digests or sizes that do not match, with likenesses of quite other pictures."""
    picture, black = saturated(17, 13), likeness(flat(17, 13, (0, 0, 0)))
    jpeg, decoded = coded(suite.bases, "444")
    ycc, samples = coded_samples(suite.bases, beyond(17, 13))
    plain, extended = weights("like-bound", _PLAIN), weights("like-bound-samples", _SAMPLES)
    digest, of_ycc = coded_digest(jpeg), coded_digest(ycc)

    def no(name: str, file: bytes, shown_there: Picture, rationale: str, error: str = "binding") -> None:
        suite.refuses(f"like-binding-{name}", file, shown_there, error, rationale, "likeness", "binding", since=2)

    def data_of(model: Model, size: Picture, like: bytes, jpeg_digest: bytes | None = None) -> bytes:
        return model.with_entries(like=like).container(size, jpeg_digest, versions=_TWO)

    other = flat(17, 13, (0, 0, 0))
    data = data_of(plain, other, black)
    no("png", png(picture, itxt(data)), picture, "Neither digest nor likeness is that of the picture.")
    no("tiff", tiff(picture, [ours(data)]), picture, "Neither digest nor likeness is that of the picture.")
    no("sidecar", data, picture, "Neither digest nor likeness is that of the picture.")
    data = data_of(plain, flat(34, 26, (0, 0, 0)), black)
    no("png-size", png(picture, itxt(data)), picture, "Twice the size, and another picture.")
    data = data_of(plain, saturated(13, 17), likeness(saturated(13, 17)))
    no("png-sides", png(picture, itxt(data)), picture, "Sides that no factor leads to.")
    small = saturated(3, 2)
    data = data_of(plain, saturated(6, 4), likeness(saturated(6, 4)))
    no("png-small", png(small, itxt(data)), small, "Half the size, but too small for any likeness to tell.")
    data = data_of(plain, decoded, black, bytes(16))
    no("jpeg", inserted(jpeg, app11(data)), decoded, "Neither digest nor likeness is that of the JPEG.")
    data = data_of(extended, samples, black, bytes(16))
    no("sycc", inserted(ycc, app11(data)), samples, "Neither digest nor likeness is that of the samples' JPEG.")
    data = data_of(extended, beyond(13, 17), _of_samples(samples), of_ycc)
    no("sycc-sides", inserted(ycc, app11(data)), samples, "The right digest, and sides that no factor leads to.")
    data = data_of(extended, picture, likeness(picture), of_ycc)
    no("sycc-in-png", png(picture, itxt(data)), picture, "The very likeness, but a PNG has no YCbCr samples.")
    grey, decoded_grey = coded(suite.bases, "grey")
    data = data_of(Model({"smp": 1}), decoded_grey, likeness(decoded_grey), bytes(16))
    no("sycc-in-grey", inserted(grey, app11(data)), decoded_grey, "The very likeness, but a grey JPEG has no chroma.")
    data = data_of(plain, picture, likeness(picture), digest)
    no("jpeg-in-png", png(picture, itxt(data)), picture, "The very likeness, but what is bound to a JPEG needs one.")
    data = data_of(plain, decoded, likeness(decoded), digest)
    no("jpeg-by-itself", data, decoded, "A sidecar without its JPEG, whatever the pixels look like.")
    cut = inserted(jpeg, app11(data_of(plain, decoded, black, bytes(16))))[:-20]
    no("jpeg-cut", cut, decoded, "Damage, before digest and likeness.", "carrier")
