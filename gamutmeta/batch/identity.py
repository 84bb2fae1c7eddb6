"""Whether two names are of one file, as the file system sees it."""

from __future__ import annotations

import os
import sys
import unicodedata
from functools import lru_cache
from pathlib import Path
from string import ascii_letters

__all__ = ["folds_case", "identity"]

_SWAPPED = str.maketrans(ascii_letters, ascii_letters.swapcase())


def identity(path: Path) -> str:
    """The same for two names of one file: links are followed, and case counts only where it does in that folder.

    Where it does not, neither do the ways to write an accented letter, and names that differ in them are taken for one:
    file systems disagree on rare letters, and a name too many is refused rather than overwritten.
    """
    real = os.path.normcase(os.path.realpath(path))
    return unicodedata.normalize("NFC", real).casefold() if folds_case(Path(real).parent) else real


@lru_cache(1 << 12)
def folds_case(folder: Path) -> bool:
    """Whether names that differ in upper and lower case are one in a folder, which need not exist yet.

    The file system is asked, since one machine can have both kinds: a name that is there is looked up in other case.
    """
    for place in (folder, *folder.parents):
        name = _entry_with_letters(place)
        if name is not None:
            return _is_same(place / name, place / name.translate(_SWAPPED))
        # The name of a mounted file system is one of the file system above it.
        if os.path.lexists(place) and os.path.ismount(place):
            break
    return sys.platform in {"darwin", "win32"}


def _entry_with_letters(folder: Path) -> str | None:
    try:
        with os.scandir(os.fspath(folder)) as entries:
            return next((entry.name for entry in entries if entry.name.translate(_SWAPPED) != entry.name), None)
    except OSError:
        return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False
