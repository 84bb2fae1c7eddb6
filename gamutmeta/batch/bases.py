"""Which sRGB picture, made by somebody else, is the base of which photograph."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from gamutmeta.carriers import READABLE_SUFFIXES, SUFFIXES
from gamutmeta.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Bases"]


class Bases:
    """The bases of photographs: one file for one photograph, or a folder.

    Args:
        place: the file or folder; whether a file exists shows only when it is read.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._folders: dict[Path, Mapping[str, list[Path]]] = {}

    def of(self, source: Path, name: Path, *, alone: bool) -> Path:
        """The base of a photograph.

        Args:
            source: the photograph.
            name: its path below the folder that was named, or its name.
            alone: whether it is the only photograph.

        Raises:
            PlanError: there is none, or more than one, or one file for several photographs.
            OSError: a folder cannot be read.
        """
        if not self._place.is_dir():
            if not alone:
                raise PlanError(f"{self._place} cannot be the base of several photographs; name a folder of bases")
            return self._place
        folder = self._place / name.parent
        found = [path for path in self._named(folder).get(_key(name.stem), []) if not _is_same(path, source)]
        if not found:
            raise PlanError(
                f"{source} has no base: {folder} contains no {name.stem} with one of the endings"
                f" {', '.join(SUFFIXES)}; export one, or leave this photograph out"
            )
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise PlanError(f"{source} has several bases in {folder}: {names}; keep one of them there")
        return found[0]

    def _named(self, folder: Path) -> Mapping[str, list[Path]]:
        """The pictures in a folder by their names without endings."""
        if folder not in self._folders:
            names = defaultdict(list)
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                if path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith((".", "~")):
                    names[_key(path.stem)].append(path)
            self._folders[folder] = names
        return self._folders[folder]


def _key(stem: str) -> str:
    """Some file systems of Apple's take letters and their accents apart."""
    return unicodedata.normalize("NFC", stem)


def _is_same(first: Path, second: Path) -> bool:
    return os.path.normcase(os.path.realpath(first)) == os.path.normcase(os.path.realpath(second))
