"""Mutations for files of whichever kind: what the bytes look like decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.mutations import container, jpeg, png, raw, tiff

if TYPE_CHECKING:
    import random

__all__ = ["mutated"]


def mutated(data: bytes, rng: random.Random, other: bytes | None = None, *, times: int | None = None) -> bytes:
    """Another file.

    Args:
        data: a JPEG, PNG or TIFF file, a container, or anything else.
        rng: chance.
        other: a file to take pieces from.
        times: how many changes; None for one to four.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4)) if times is None else times):
        if other is not None and rng.randrange(16) == 0:
            data = raw.spliced(data, other, rng)
        elif data.startswith(b"\xff\xd8"):
            data = jpeg.mutated(data, rng, other)
        elif data.startswith(png.SIGNATURE):
            data = png.mutated(data, rng, other)
        elif data[:2] in {b"II", b"MM"}:
            data = tiff.mutated(data, rng, other)
        elif data.startswith(container.MAGIC):
            data = container.mutated(data, rng)
        else:
            data = raw.altered(data, rng)
    return data
