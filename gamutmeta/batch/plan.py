"""Which files are read, and which file is written from each."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.batch.bases import Bases
from gamutmeta.batch.earlier import without_made
from gamutmeta.batch.identity import identity
from gamutmeta.batch.rivals import named_apart, without_rivals
from gamutmeta.errors import PlanError
from gamutmeta.photo.kinds import SUFFIXES as PHOTO_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gamutmeta.batch.earlier import Unwanted
    from gamutmeta.batch.patterns import Patterns

__all__ = ["Task", "is_folder", "listed", "plan"]

_FOLDER_ENDINGS = tuple(filter(None, (os.sep, os.altsep)))

_NOT_PHOTOGRAPHS = (".", "~")
"""How names of hidden files (those of unfinished writes among them) and of editors' lock files begin."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read and the file to write from it.

    Attributes:
        source: read, never written.
        target: written.
        root: the folder of all outputs, which `target` lies in or below; None where a single file was asked for.
        base: read as well, and never written: the sRGB picture that is to carry the payload. None for none.
        notes: for the report: what was left out for this file.
    """

    source: Path
    target: Path
    root: Path | None = None
    base: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the output below `root`, the same on every system and wherever `root` is."""
        relative = self.target.name if self.root is None else self.target.relative_to(self.root).as_posix()
        # Some file systems of Apple's take letters and their accents apart.
        return unicodedata.normalize("NFC", relative)


def plan(
    sources: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    readable: Collection[str],
    suffix: str | None = None,
    base: str | os.PathLike[str] | None = None,
    patterns: Patterns | None = None,
    preferred: Collection[str] = (),
    unwanted: Unwanted | None = None,
) -> list[Task]:
    """Decide which file is written where.

    One source and an output that is no folder make one task. Otherwise `output` is a folder, and so it is if it exists
    as one or is given with a separator at its end. Folders among the sources are searched recursively, in the order of
    their names; their sub-folders come again in the output. Hidden files, pipes and devices, and the output folder
    itself, are left out; so are outputs of earlier runs among the inputs, see
    :func:`gamutmeta.batch.rivals.without_rivals`. Where only the suffixes of two files differ, their outputs are named
    by :func:`gamutmeta.batch.rivals.named_apart`.

    Args:
        sources: files and folders.
        output: a file or folder; it need not exist.
        readable: suffixes, in lower case with the dot, that count in a folder. A file that is named is always taken.
        suffix: of the files written into a folder; None to keep the names.
        base: an sRGB picture for the one source; or a folder of them, with the names of the sources and endings of
            their own, in sub-folders as the sources are. Files written into a folder have the ending of their base.
        patterns: of the files wanted in folders; None for all. A file that is named is always taken.
        preferred: suffixes of raw photographs, which are taken where a picture of the same name lies beside one. The
            task's notes say so.
        unwanted: as for :func:`gamutmeta.batch.earlier.without_made`, which leaves out what gamutmeta made from other
            inputs; None to take these files as well.

    Raises:
        PlanError: if there is nothing to do, several files would be written to what looks like one, two sources would
            be written to one file, an input would be overwritten, the one source does not exist and the output has no
            ending, a folder may not be searched, or a source has no base, or several. Nothing has been done then.
        OSError: if a folder cannot be searched for another reason.
    """
    paths = [Path(source) for source in sources]
    if not paths:
        raise PlanError("no input was given")
    folder = Path(output)
    bases = None if base is None else Bases(Path(base))
    if len(paths) > 1 or is_folder(paths[0]) or is_folder(folder) or os.fspath(output).endswith(_FOLDER_ENDINGS):
        _require_folder(output, paths, readable)
        found = [(root, name) for path in paths for root, name in _files(path, readable, folder, patterns)]
        tasks = []
        for root, name in found:
            own = None if bases is None else bases.of(root / name, name, alone=len(found) == 1)
            ending = suffix if own is None else own.suffix
            target = folder / (name if ending is None else name.with_suffix(ending))
            tasks.append(Task(root / name, target, folder, own))
    elif not folder.suffix and not os.path.exists(paths[0]):  # noqa: PTH110 - pathlib's raises PermissionError
        # A folder was meant, most likely; what is written could not be told from such a name anyway.
        raise PlanError(f"{paths[0]} does not exist")
    else:
        own = None if bases is None else bases.of(paths[0], Path(paths[0].name), alone=True)
        tasks = [Task(paths[0], folder, base=own)]
    tasks = tasks if unwanted is None else without_made(tasks, unwanted)
    # Outputs of earlier runs may be in the way of the new names, too.
    tasks = without_rivals(named_apart(without_rivals(tasks, preferred)), preferred)
    _refuse_collisions(tasks)
    return tasks


def listed(
    sources: Iterable[str | os.PathLike[str]], *, readable: Collection[str], patterns: Patterns | None = None
) -> list[Path]:
    """Files as they are named, folders searched recursively in the order of names; hidden files are left out.

    Args:
        sources: files and folders.
        readable: as for :func:`plan`.
        patterns: as for :func:`plan`.

    Raises:
        PlanError: if a folder holds nothing to read, or nothing that fits the patterns, or may not be searched.
        OSError: if a folder cannot be searched for another reason.
    """
    return [root / name for source in sources for root, name in _files(Path(source), readable, patterns=patterns)]


def is_folder(path: Path) -> bool:
    """Whether it is a folder; one that nobody may look for is none, and an error for whoever reads or writes it."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib's raises PermissionError


def _require_folder(output: str | os.PathLike[str], paths: list[Path], readable: Collection[str]) -> None:
    """Refuse an output for several files that is one, or that has the name of one."""
    folder = Path(output)
    inputs = "the input is a folder" if len(paths) == 1 else "there are several inputs"
    if os.path.exists(folder) and not is_folder(folder):  # noqa: PTH110 - likewise
        raise PlanError(f"{folder} is a file, but {inputs}; name a folder")
    looks_like_a_file = folder.suffix.lower() in {*readable, *PHOTO_SUFFIXES}
    if looks_like_a_file and not is_folder(folder) and not os.fspath(output).endswith(_FOLDER_ENDINGS):
        raise PlanError(f"{folder} has the name of a file, but {inputs}; name a folder, or write {folder}{os.sep}")


def _files(
    path: Path, readable: Collection[str], output: Path | None = None, patterns: Patterns | None = None
) -> list[tuple[Path, Path]]:
    """A file as (its folder, its name), or those in a folder, but for `output`, as (the folder, the path below it)."""
    if not is_folder(path):
        return [(path.parent, Path(path.name))]
    found, left_out = [], 0
    output_identity = None if output is None else identity(output)
    for folder, subfolders, names in os.walk(path, onerror=_raise):
        searched = sorted(
            name
            for name in subfolders
            if not name.startswith(_NOT_PHOTOGRAPHS) and identity(Path(folder, name)) != output_identity
        )
        # What is left out need not be readable.
        subfolders[:] = [
            name for name in searched if patterns is None or patterns.search(Path(folder, name).relative_to(path))
        ]
        left_out += len(searched) - len(subfolders)
        found += [
            (path, Path(folder, name).relative_to(path))
            for name in sorted(names)
            if not name.startswith(_NOT_PHOTOGRAPHS)
            and Path(name).suffix.lower() in readable
            and not _is_special(Path(folder, name))
        ]
    if not found and not left_out:
        raise PlanError(f"{path} contains no file that ends in {', '.join(sorted(readable))}")
    if patterns is None:
        return found
    wanted = [(root, name) for root, name in found if patterns.take(name)]
    if not wanted:
        files = "no file" if left_out else f"none of the {len(found)} files"
        files, fits = ("the one file", "does not fit") if len(found) == 1 and not left_out else (files, "fits")
        raise PlanError(f"{files} in {path} {fits} the patterns of files to include and exclude")
    return wanted


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, a device or the like, behind links, which might never end; not so a link to nothing."""
    try:
        return path.exists() and not path.is_file()
    except PermissionError:
        # Whoever reads it will say so; it stops no other.
        return False


def _raise(error: OSError) -> None:
    """os.walk skips what it cannot read unless it is told otherwise."""
    if isinstance(error, PermissionError):
        raise PlanError(
            f"{error.filename}: the folder may not be read; change its permissions, or exclude it"
        ) from error
    raise error


def _refuse_collisions(tasks: list[Task]) -> None:
    inputs = {identity(path) for task in tasks for path in (task.source, task.base) if path is not None}
    writers: dict[str, Path] = {}
    for task in tasks:
        target = identity(task.target)
        if target in inputs:
            raise PlanError(f"{task.target} is an input and would be overwritten; name another output")
        if target in writers:
            both = f"{writers[target]} and {task.source}"
            raise PlanError(
                f"{both} would both be written to {task.target}; use separate output folders, or exclude one"
            )
        writers[target] = task.source
