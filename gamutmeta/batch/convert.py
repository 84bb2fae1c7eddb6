"""Reduction and expansion of one task. It is not part of the commands, which other machines need not have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gamutmeta.pipeline.expand import expand_file
from gamutmeta.pipeline.reduce import reduce_file_with
from gamutmeta.pipeline.show_wide import show_wide_file

if TYPE_CHECKING:
    from gamutmeta.batch.plan import Task
    from gamutmeta.pipeline.options import ReduceOptions
    from gamutmeta.report import Report

__all__ = ["expand_one", "reduce_one", "show_wide_one"]


def reduce_one(task: Task, *, options: ReduceOptions, overwrite: bool = False) -> Report:
    """:func:`gamutmeta.reduce_file` with its options and the task's base; a missing folder of the target is made."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    wanted = options if task.base is None else replace(options, base=task.base)
    return reduce_file_with(task.source, task.target, wanted, overwrite=overwrite)


def expand_one(task: Task, *, overwrite: bool = False, **settings: Any) -> Report:
    """:func:`gamutmeta.expand_file` with its settings; the target's folder is made if it is missing."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return expand_file(task.source, task.target, overwrite=overwrite, **settings)


def show_wide_one(task: Task, *, overwrite: bool = False, **settings: Any) -> Report:
    """:func:`gamutmeta.show_wide_file` with its settings; the target's folder is made if it is missing."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return show_wide_file(task.source, task.target, overwrite=overwrite, **settings)
