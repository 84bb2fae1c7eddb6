"""Vectors of bare containers, and of files that are nothing we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.jpegs import coded, coded_digest
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]


def add(suite: Suite) -> None:
    """Add all of them."""
    picture = saturated(3, 2)
    container = Model().container(picture)
    for name, data, rationale in (
        ("whole", container, "A container by itself is what a sidecar holds."),
        ("magic-alone", MAGIC, "Extraction looks at nothing but the magic number."),
        ("damaged", container[:-4] + bytes(4), "A wrong checksum is found by whoever decodes the container."),
        ("longer", container + b"\0", "So is a byte too many."),
        ("version-2", Model().container(picture, versions=(2, 2)), "So is a container of a newer version."),
        ("largest", MAGIC + bytes(61_440 - len(MAGIC)), "61,440 bytes, the most that any carrier takes."),
    ):
        suite.extracts(f"sidecar-{name}", data, data, rationale, "sidecar")
    suite.extracts_not(
        "sidecar-too-large",
        MAGIC + bytes(61_441 - len(MAGIC)),
        "carrier.too-large",
        "A byte more than any carrier takes.",
        "sidecar",
        "limits",
    )
    for name, data, rationale in (
        ("empty", b"", "An empty file."),
        ("cut-magic", MAGIC[:7], "Seven of eight magic bytes."),
        ("byte-before", b"\0" + container, "A byte before the container."),
        ("text", b"gamutmeta1 ", "Text."),
        ("gif", b"GIF89a\x01\0\x01\0\0\0\0;", "A GIF file."),
        ("webp", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0", "A WebP file."),
        ("zeros", bytes(64), "Zeros."),
    ):
        suite.extracts_not(f"unknown-{name}", data, "carrier.unsupported", rationale, "host")
    jpeg, decoded = coded(suite.bases, "444")
    model = weights("sidecar", {"head": 2, "gate": 32, "rgb": 0})
    suite.refuses(
        "sidecar-bound-by-coded-data",
        model.container(decoded, coded_digest(jpeg)),
        decoded,
        "binding",
        "The payload is bound to the coded data of a JPEG, and the JPEG is not there.",
        "sidecar",
        "binding-jpeg",
    )
    suite.refuses(
        "sidecar-bound-by-coded-data-other-size",
        model.container(saturated(15, 21), coded_digest(jpeg)),
        decoded,
        "binding",
        "The size differs, and the JPEG is not there.",
        "sidecar",
        "binding-jpeg",
    )
    own = model.container(decoded)
    suite.expands(
        "sidecar-bound-by-samples",
        own,
        decoded,
        own,
        "A sidecar bound by the samples.",
        "sidecar",
        "binding-rgb8",
    )
