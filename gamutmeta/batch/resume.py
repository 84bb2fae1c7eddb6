"""Resuming: files are skipped because of their content, not because a file of that name exists."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from gamutmeta.batch.outcome import words_of_decoder
from gamutmeta.batch.record import Record, check_records, content_digest, record_path
from gamutmeta.carriers import sidecar_beside, sidecar_path
from gamutmeta.errors import OutputExistsError, PhotoError
from gamutmeta.report import Report
from gamutmeta.runtime import files
from gamutmeta.runtime.printed import printed_by_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from gamutmeta.batch.plan import Task

__all__ = ["PlannedAction", "Resumable", "remove_leftovers"]


class Work(Protocol):
    """Makes the output of a task; raises OutputExistsError if it is there and must not be overwritten."""

    def __call__(self, task: Task, *, overwrite: bool) -> Report: ...


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """What would become of a task.

    Attributes:
        task: the task.
        action: "write" a new file, "replace" one, "skip" what is done already, or "refuse" to overwrite.
        why: what is the matter with the output that is there, as the rest of a sentence; empty unless it is to be
            replaced or refused.
        done: the record of what is done already.
    """

    task: Task
    action: Literal["write", "replace", "skip", "refuse"]
    why: str = ""
    done: Record | None = None

    @property
    def is_good(self) -> bool:
        """Whether the task would not fail for what is known before."""
        return self.action != "refuse"

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the task."""
        return self.task.notes

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        known: dict[str, object] = {
            "file": str(self.task.source),
            "output": str(self.task.target),
            "action": self.action,
        }
        known |= {"skipped": True} if self.action == "skip" else {}
        return known | ({"why": self.why} if self.why else {}) | ({"notes": [*self.notes]} if self.notes else {})


def _check_paths(task: Task) -> None:
    """Find out without writing whether the source can be read, and whether there can be an output."""
    found = task.source.stat()
    # Whoever opens a pipe would wait for it.
    if stat.S_ISREG(found.st_mode):
        with task.source.open("rb"):
            pass
        if not found.st_size:
            raise PhotoError("the file is empty")
    files.check_folder(_folder_there(task), task.target)


def _folder_there(task: Task) -> Path:
    """The innermost folder of the output that is there already."""
    return next(parent for parent in task.target.absolute().parents if parent.exists())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumable:
    """Work that is skipped where it is done already.

    A task is done if its record says that the very files that lie there now were made from the content that the source
    has now, with the same settings. Times and names play no part in it. Only tasks with an output folder have records.

    The record is written before the output appears, so that a process may be killed at any moment: there is never an
    output of which it is not known whose it is.

    Attributes:
        work: makes an output.
        settings: all that the output depends on but for the source, as JSON values.
        sidecar: where the source's payload is taken from; None for a sidecar beside the source, if there is one.
        overwrite: replace files that are there, unless they are done already.
        resume: False neither reads nor writes records.
        require: raises MissingExtraError if a library that a task needs is not installed; for :meth:`dry_run`.
    """

    work: Work
    settings: Mapping[str, object] = field(default_factory=dict)
    sidecar: Path | None = None
    overwrite: bool = False
    resume: bool = True
    require: Callable[[Task], None] | None = None

    def dry_run(self, task: Task) -> PlannedAction:
        """:meth:`planned_action`, and whether what it takes is installed.

        Raises:
            MissingExtraError: if a library is missing for what would be written.
            GamutMetaError, OSError: as for :meth:`planned_action`; also if there is no room for the output.
        """
        planned = self.planned_action(task)
        if planned.action in {"write", "replace"}:
            files.check_folder(_folder_there(task), task.target, has_room=True)
            if self.require is not None:
                self.require(task)
        return planned

    def planned_action(self, task: Task) -> PlannedAction:
        """Look what there is.

        Raises:
            PlanError: if the folder for records is a link.
            PhotoError: if the source is an empty file.
            OSError: if there is no such source, or if it or the output has to be read and cannot be, or if the output's
                folder cannot be written into.
        """
        _check_paths(task)
        path = record_path(task) if self.resume else None
        if path is not None:
            check_records(path)
        if not os.path.lexists(task.target):
            return PlannedAction(task, "write")
        record = None if path is None else Record.read(path, task.target)
        if record is None:
            why = "exists"
        elif record.report is None:
            # Killed. What it has written may be replaced, and the empty file that reserved a name; nothing else.
            if _is_empty(task.target) or record.is_of(task.target):
                return PlannedAction(task, "replace", "was not finished")
            why = "exists"
        else:
            why = self._difference(record, task)
            if not why:
                return PlannedAction(task, "skip", done=record)
        return PlannedAction(task, "replace" if self.overwrite else "refuse", why)

    def __call__(self, task: Task) -> Report:
        """Do it, or report what was done.

        Raises:
            OutputExistsError: if the output is there, but something else, and `overwrite` is false.
            GamutMetaError, OSError: as `work` does.
        """
        path = record_path(task) if self.resume else None
        if path is None:
            return _noting(task, self.work(task, overwrite=self.overwrite))
        planned_action = self.planned_action(task)
        if planned_action.action == "refuse":
            raise OutputExistsError(f"{task.target} {planned_action.why}; pass overwrite=True to replace it")
        if planned_action.done is not None and planned_action.done.report is not None:
            done = Report.from_json(planned_action.done.report)
            new = tuple(note for note in task.notes if note not in done.notes)
            return replace(done, file=str(task.source), output=str(task.target), skipped=True, notes=done.notes + new)
        digests: dict[str, str] = {}
        record = Record(output=task.name, source=self._source_digest(task), settings=self.settings, outputs=digests)

        def note(file: Path, temporary: Path) -> None:
            digests[file.name] = content_digest([temporary])
            record.write(path)

        with files.observe_writes(note), printed_by_libraries() as printed:
            report = _noting(task, self.work(task, overwrite=self.overwrite or planned_action.action == "replace"))
        # Into the record, too: where the task is skipped, no decoder says it again.
        report = replace(report, notes=(*report.notes, *words_of_decoder(printed)))
        replace(record, report=report.to_json()).write(path)
        return report

    def _difference(self, record: Record, task: Task) -> str:
        """What is no longer as it was when the output was made; empty if everything is."""
        if dict(self.settings) != record.settings:
            names = sorted({*self.settings, *record.settings})
            differing = [name for name in names if self.settings.get(name) != record.settings.get(name)]
            # Names that are not ours are anybody's, and this is printed.
            differing = [name if name in self.settings else "others" for name in differing]
            return f"was made with other settings ({', '.join(differing)})"
        if self._source_digest(task) != record.source:
            or_base = "" if task.base is None else f" or of its base {task.base.name}"
            return f"was made from another version of {task.source.name}{or_base}, or from another file"
        for file in map(task.target.with_name, record.outputs):
            if not file.exists():
                return f"has no {file.name} any more"
            if not record.is_of(file):
                return "was changed since it was made"
        return ""

    def _source_digest(self, task: Task) -> str:
        beside = self.sidecar or sidecar_beside(task.source)
        files = [task.source] if task.base is None else [task.source, task.base]
        return content_digest([*files, beside] if beside is not None and beside.is_file() else files)


def _noting(task: Task, report: Report) -> Report:
    """The report, with what the plan says of the task."""
    return replace(report, notes=report.notes + task.notes) if task.notes else report


def _is_empty(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and not status.st_size


def remove_leftovers(tasks: Iterable[Task]) -> int:
    """Remove temporary files that killed runs left, of these tasks only: others may be at work on the rest.

    Returns:
        How many were removed.
    """
    paths: list[Path] = []
    for task in tasks:
        paths += [task.target, sidecar_path(task.target)]
        record = record_path(task)
        paths += [] if record is None else [record]
    return files.remove_leftovers(paths)
