"""Files among the inputs that gamutmeta made from others of them: they are not processed once more."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.batch.identity import identity
from gamutmeta.batch.record import RECORDS, Record, content_digest, record_path
from gamutmeta.errors import DuplicatePayloadError, GamutMetaError
from gamutmeta.runtime.files import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gamutmeta.batch.plan import Task

    Unwanted = Callable[[Path], str | None]

__all__ = ["Unwanted", "carrying", "carrying_none", "not_a_jpeg", "without_made"]


_MADE = "gamutmeta made it from this file"


def without_made(tasks: list[Task], unwanted: Unwanted) -> list[Task]:
    """Take one of the inputs that gamutmeta made from each other, wherever they lie. The task's notes name the others.

    Two things tell such files. A folder above one has the record of its making, which knows the content of the other:
    the photograph is taken, or if that is unwanted, what was made from it. Or they lie side by side, of the same name
    but for the suffix, and what they carry says so. A file in whose place another one would be written stays, as
    :func:`~gamutmeta.batch.plan.plan` has to refuse that.

    Args:
        tasks: with the files found and named.
        unwanted: says why another file is taken instead of one, as the rest of a sentence; None for a file that is
            wanted.
    """
    written: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        written[identity(task.target)].append(task)

    notes: dict[int, tuple[str, ...]] = defaultdict(tuple)
    left_out: set[int] = set()

    def in_the_way(task: Task, *, of_others_than: Task | None = None) -> bool:
        writers = written.get(identity(task.source), ())
        return any(other not in (task, of_others_than) and id(other) not in left_out for other in writers)

    families = list(_of_one_photograph(tasks, unwanted))
    for task, kept, why in families:
        if not in_the_way(task):
            left_out.add(id(task))
            notes[id(kept)] += (f"{_name(task, kept)} was left out: {why}",)
    # What is to be written is there already, and nothing needs to be told.
    left_out |= {id(task) for task, kept, why in families if why == _MADE and not in_the_way(task, of_others_than=kept)}
    for rivals in written.values():
        beside = [task for task in rivals if id(task) not in left_out]
        if len(beside) < 2 or len({(task.source.parent, task.source.stem.casefold()) for task in beside}) > 1:
            continue
        reasons = {id(task): unwanted(task.source) for task in beside}
        wanted = [task for task in beside if reasons[id(task)] is None]
        for task in beside:
            if wanted and reasons[id(task)] is not None and not in_the_way(task):
                left_out.add(id(task))
                for other in wanted:
                    notes[id(other)] += (f"{task.source.name} beside it was left out: it {reasons[id(task)]}",)
    return [
        replace(task, notes=task.notes + notes[id(task)]) if id(task) in notes else task
        for task in tasks
        if id(task) not in left_out
    ]


def carrying(path: Path) -> str | None:
    """Whether a file is unwanted because it carries a payload, or a sidecar beside it does."""
    return "carries a payload already" if _carries(path) else None


def carrying_none(path: Path) -> str | None:
    """Whether a file is unwanted because neither it nor a sidecar carries a payload."""
    return None if _carries(path) else "carries no payload"


def not_a_jpeg(path: Path) -> str | None:
    """Whether a file is unwanted because only a JPEG has samples to expand."""
    try:
        with open_regular(path) as file:
            return None if carriers.host_format(file) == "jpeg" else "is no JPEG"
    except (GamutMetaError, OSError):
        return "is no JPEG"


def _carries(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            carriers.extract_from_file(file)
    except DuplicatePayloadError:
        return True
    except GamutMetaError:
        return carriers.sidecar_beside(path) is not None
    except OSError:
        return False  # Whoever reads it will say so.
    return True


def _made_from_each_other(tasks: list[Task]) -> Iterable[tuple[Task, Task]]:
    """Inputs of which a record says that they were made from another input, and that one."""
    by_name: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        for name in {task.source.stem.casefold(), task.source.name.casefold()}:  # a.tif.jpg may be of a.tif
            by_name[name].append(task)
    has_records = cache(lambda folder: os.path.isdir(folder / RECORDS))  # noqa: PTH112 - no PermissionError
    origins: dict[int, Task] = {}
    for task in tasks:
        candidates = [other for other in by_name[task.source.stem.casefold()] if other is not task]
        if not candidates:
            continue
        sources = {record.source for record in _records(task, has_records) if record.is_of(task.source)}
        for other in candidates if sources else ():
            if sources & _digests(other):
                origins[id(task)] = other
                break
    for task in tasks:
        seen, origin = {id(task)}, origins.get(id(task))
        while origin is not None and id(origin) not in seen:
            seen.add(id(origin))
            origin = origins.get(id(origin))
        if id(task) in origins and origin is None:  # Of copies that name each other, all stay.
            yield task, origins[id(task)]


def _of_one_photograph(tasks: list[Task], unwanted: Unwanted) -> Iterable[tuple[Task, Task, str]]:
    """What to leave out of inputs that were made from each other; the one that is taken in its place; and why.

    The first of them that is wanted is taken, as ``expand`` can do nothing with the photograph itself.
    """
    origins = {id(task): (task, origin) for task, origin in _made_from_each_other(tasks)}
    # Each file with what it was made from, the first one last; in families of those with the same first one.
    families: dict[int, dict[int, list[Task]]] = defaultdict(dict)
    for task, origin in origins.values():
        above = [origin]
        while id(above[-1]) in origins:
            above.append(origins[id(above[-1])][1])
        families[id(above[-1])] |= {id(above[-1]): [above[-1]], id(task): [task, *above]}
    for family in families.values():
        reasons = {key: unwanted(line[0].source) for key, line in family.items()}
        taken = {key: _first_wanted(line, reasons) for key, line in family.items()}
        best = next((found for found in taken.values() if found is not None), None)
        for key, line in family.items():
            kept = taken[key] or best or line[-1]
            if kept is not line[0]:
                made = kept in line
                yield line[0], kept, _MADE if made else f"it {reasons[key]}"


def _first_wanted(line: list[Task], reasons: Mapping[int, str | None]) -> Task | None:
    return next((task for task in reversed(line) if reasons[id(task)] is None), None)


def _digests(task: Task) -> set[str]:
    """What a record of something made from this input can call its content."""
    beside = carriers.sidecar_beside(task.source)
    read = [[task.source]]
    read += [] if task.base is None else [[task.source, task.base]]
    read += [] if beside is None else [[*files, beside] for files in read]
    try:
        return {content_digest(files) for files in read}
    except OSError:
        return set()


def _records(task: Task, has_records: Callable[[Path], bool]) -> list[Record]:
    """Records of an input as an output of earlier runs, in its own folder and those above."""
    real = Path(os.path.realpath(task.source))
    found = []
    for root in filter(has_records, real.parents):
        place = record_path(replace(task, target=real, root=root))
        record = None if place is None else Record.read(place, real)
        found += [] if record is None else [record]
    return found


def _name(task: Task, origin: Task) -> str:
    return f"{task.source.name} beside it" if task.source.parent == origin.source.parent else str(task.source)
