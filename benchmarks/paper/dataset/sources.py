"""Photographs to make a data set of: where they are, which of them show the same, and who is on which side."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.photo.raw_in import RAW_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["SUFFIXES", "Source", "find", "scenes", "scenes_to_test"]

SUFFIXES = RAW_SUFFIXES | {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".avif"}
"""Names of files that are taken from a folder."""

_RENDERING = re.compile(r"(_(neutral|vivid-[\d.]+))+(_crop)?$", re.IGNORECASE)
"""What renderings add to the name of a picture."""


@dataclass(frozen=True, slots=True)
class Source:
    """A photograph's file.

    Attributes:
        path: of the file.
        origin: the path within the folder that was named, with slashes; of a file that was named, its name.
        digest: SHA-256 of the file, hexadecimal.
    """

    path: Path
    origin: str
    digest: str

    @classmethod
    def of(cls, path: Path, origin: str) -> Source:
        """Read the file for its digest.

        Raises:
            OSError: if it cannot be read.
        """
        with path.open("rb") as file:
            return cls(path, origin, hashlib.file_digest(file, "sha256").hexdigest())

    @property
    def base(self) -> str:
        """The name without what renderings add to it, in small letters."""
        return _RENDERING.sub("", self.path.stem).lower()


def find(places: Sequence[Path]) -> list[Source]:
    """The photographs of folders and all folders below, by the ends of their names; and files, whatever their name.

    Raises:
        FileNotFoundError: if a place does not exist.
        OSError: if a file cannot be read.
    """
    found: list[Source] = []
    for place in places:
        if place.is_dir():
            files = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES)
            found += [Source.of(path, path.relative_to(place).as_posix()) for path in files]
        else:
            found.append(Source.of(place, place.name))
    return found


def scenes(sources: Iterable[Source]) -> dict[Source, str]:
    """The scene that each photograph shows: the same for equal files, and for names that differ by a rendering.

    A scene has the name of its first photograph by name, as :attr:`Source.base` has it.
    """
    sources = list(sources)
    scene = {source: source.base for source in sources}
    # Equal files join the scenes of their names, and that may join others in turn.
    changed = True
    while changed:
        changed = False
        least: dict[str, str] = {}
        for source in sources:
            for key in (source.digest, source.base):
                least[key] = min(scene[source], least.get(key, scene[source]))
        for source in sources:
            name = min(least[source.digest], least[source.base])
            if scene[source] != name:
                scene[source], changed = name, True
    return scene


def scenes_to_test(names: Iterable[str], share: float, seed: int) -> set[str]:
    """Which scenes are for testing: a share of them, by chance, and both sides have one wherever both can.

    Args:
        names: of the scenes.
        share: for testing, 0..1.
        seed: another seed, another choice.
    """
    ordered = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    count = round(share * len(ordered))
    if 0 < share < 1 and len(ordered) > 1:
        count = min(max(count, 1), len(ordered) - 1)
    return set(ordered[:count])
