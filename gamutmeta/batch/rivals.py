"""Files that would be written to the same place: which of them are meant."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.batch.identity import identity
from gamutmeta.batch.record import Record, record_path
from gamutmeta.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Collection

    from gamutmeta.batch.plan import Task

__all__ = ["named_apart", "without_rivals"]


def without_rivals(tasks: list[Task], preferred: Collection[str]) -> list[Task]:
    """Leave out what earlier runs wrote into the folder they read from, and pictures beside their raw photographs.

    An earlier output is told by its record, and left out only where it is in the way: it would be written anew from
    itself, or its place is that of another input. Of a raw photograph and pictures of the same name beside it, the raw
    one is taken; its task's notes name the others.

    Args:
        tasks: with the files found and named.
        preferred: suffixes, in lower case with the dot, of raw photographs.

    Raises:
        PlanError: nothing is left, since all were outputs.
    """
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        groups[identity(task.target)].append(task)
    made = {
        id(task)
        for task in tasks
        if (identity(task.source) in groups or len(groups[identity(task.target)]) > 1) and _is_earlier_output(task)
    }
    raw: dict[int, tuple[str, ...]] = {}
    left_out = set(made)
    for rivals in groups.values():
        found = [task for task in rivals if id(task) not in made]
        best = [task for task in found if task.source.suffix.lower() in preferred]
        if len(found) > 1 and len(best) == 1:
            others = [task for task in found if task is not best[0]]
            if all(_are_of_one_name(best[0].source, other.source) for other in others):
                raw[id(best[0])] = tuple(
                    f"{other.source.name} beside it was left out: the raw photograph of that name was taken"
                    for other in others
                )
                left_out |= {id(other) for other in others}
    kept = [replace(task, notes=task.notes + raw.get(id(task), ())) for task in tasks if id(task) not in left_out]
    if tasks and not kept:
        raise PlanError(f"there is nothing to do: all files found are outputs of earlier runs in {tasks[0].root}")
    return kept


def named_apart(tasks: list[Task]) -> list[Task]:
    """Let outputs of files that differ in their suffixes alone keep these: ``x.tif.jpg`` and ``x.jpg.jpg``.

    So an output is never that of another file that came later or went away. Notes tell the name.

    Args:
        tasks: with the files found and named; those of other files for one place stay as they are.
    """
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        groups[identity(task.target)].append(task)

    def apart(task: Task) -> Task:
        rivals = groups[identity(task.target)]
        others = [other for other in rivals if other is not task]
        if not all(_are_of_one_name(task.source, other.source) for other in others) or len(rivals) == 1:
            return task
        sources = {identity(rival.source) for rival in rivals}
        if len(sources) < len(rivals) or identity(task.target) in sources:  # The latter is refused.
            return task
        target = task.target.with_name(task.source.name + task.target.suffix)
        names = " and ".join(other.source.name for other in others)
        said = f"{names} beside it {'has' if len(others) == 1 else 'have'} the same name: the output is {target.name}"
        return replace(task, target=target, notes=(*task.notes, said))

    return [apart(task) for task in tasks]


def _are_of_one_name(one: Path, other: Path) -> bool:
    return (identity(one.parent), one.stem.casefold()) == (identity(other.parent), other.stem.casefold())


def _is_earlier_output(task: Task) -> bool:
    """Whether the output folder has a record of the source."""
    if task.root is None:
        return False
    try:
        below = Path(os.path.realpath(task.source)).relative_to(os.path.realpath(task.root))
    except ValueError:
        return False
    as_output = replace(task, target=task.root / below)
    path = record_path(as_output)
    return path is not None and Record.read(path, as_output.target) is not None
