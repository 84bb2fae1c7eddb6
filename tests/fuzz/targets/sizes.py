"""Sizes that files announce, to every reader: within the limits that the caller sets, time and memory are small."""

from __future__ import annotations

import atexit
import struct
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.container import Limits
from gamutmeta.edit import edit_file
from gamutmeta.errors import GamutMetaError
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.validate import validate_file
from tests.fuzz.announced import KINDS, announcing
from tests.fuzz.limits import PIXELS
from tests.fuzz.mutations import raw

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_LIMITS = Limits(pixels=PIXELS)
_SIZES = (0, 1, 2, 255, 256, 257, 4_095, 16_383, 16_384, 22_000, 65_535, 65_536, 1 << 24, (1 << 30) - 1, (1 << 31) - 1,
          (1 << 32) - 1)  # fmt: skip
_folder = tempfile.TemporaryDirectory(prefix="gamutmeta-fuzz-")
atexit.register(_folder.cleanup)


def run(data: bytes) -> None:
    """The target: the kind, width and height, how many bytes are cut off, and what is put behind."""
    kind, width, height, cut = struct.unpack("<BIIB", data[:10].ljust(10, b"\0"))
    name = KINDS[kind % len(KINDS)]
    file = announcing(name, width, height)
    file = file[: len(file) - cut] + data[10:]
    path = Path(_folder.name) / "picture"
    path.write_bytes(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in (
            lambda: read_photo(path, max_pixels=PIXELS).size,
            lambda: expand(file, limits=_LIMITS, threads=1).size,
            lambda: edit_file(path, path.with_suffix(".png"), rotate=90, limits=_LIMITS, overwrite=True) and (1, 1),
        ):
            try:
                found = call()
            except GamutMetaError:
                continue
            assert found[0] * found[1] <= PIXELS
        validate_file(path, limits=_LIMITS)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another kind or size, or other bytes."""
    if rng.randrange(4) == 0:
        return raw.altered(data, rng)
    sizes = [rng.choice(_SIZES) if rng.randrange(2) else rng.randrange(1 << 32) for _ in range(2)]
    return struct.pack("<BIIB", rng.randrange(256), *sizes, rng.choice((0, 0, 0, 1, 40))) + data[10:]


def seeds() -> dict[str, bytes]:
    """Each kind with a size within the limit and with one beyond it."""
    return {
        f"{name.replace(' ', '-')}-{width}": struct.pack("<BIIB", number, width, width, 0)
        for number, name in enumerate(KINDS)
        for width in (24, 22_000)
    }
