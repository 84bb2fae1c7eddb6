"""Which files of a folder are wanted, by patterns of their names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["Patterns"]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns as shells have them: ``*`` for any characters, ``?`` for one, ``[abc]`` for one of these.

    A pattern without ``/`` is held against the name of the file, and against those of the folders it lies in. One with
    ``/`` is held against their paths below the folder that is searched; ``*`` stands for ``/`` as well. Upper and lower
    case are the same.

    Attributes:
        include: a file must fit one of them; with none, all are wanted.
        exclude: a file must fit none of them.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def take(self, name: PurePath) -> bool:
        """Whether a file is wanted.

        Args:
            name: its path below the folder that is searched.
        """
        if any(_fits(name, pattern) for pattern in self.exclude):
            return False
        return not self.include or any(_fits(name, pattern) for pattern in self.include)

    def search(self, folder: PurePath) -> bool:
        """Whether files in a folder may be wanted: not if the folder is excluded.

        Args:
            folder: its path below the folder that is searched.
        """
        return not any(_fits(folder, pattern) for pattern in self.exclude)


def _fits(name: PurePath, pattern: str) -> bool:
    pattern = pattern.replace("\\", "/").removeprefix("./").casefold()
    if "/" not in pattern.rstrip("/"):
        return any(fnmatchcase(part.casefold(), pattern.rstrip("/")) for part in name.parts)
    paths = [name, *name.parents][:-1]
    return any(fnmatchcase(path.as_posix().casefold(), pattern.strip("/")) for path in paths)
