"""The two streets for one task. Here and not with the commands, since other machines need not have those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gamutmeta.expansion import expand_file
from gamutmeta.reduction import format_of, reduce_file

if TYPE_CHECKING:
    from gamutmeta.batch.plan import Task
    from gamutmeta.report import Report

__all__ = ["expand_one", "reduce_one"]


def reduce_one(task: Task, *, overwrite: bool = False, **settings: Any) -> Report:
    """:func:`gamutmeta.reduce_file` with its settings; the target's folder is made if it is missing."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return reduce_file(task.source, task.target, overwrite=overwrite, **settings)


def expand_one(task: Task, *, overwrite: bool = False, depth: int | None = None, **settings: Any) -> Report:
    """:func:`gamutmeta.expand_file` with its settings; the target's folder is made if it is missing.

    Args:
        task: what to expand.
        overwrite: as for :func:`gamutmeta.expand_file`.
        depth: None for 16 bits per channel, and 8 in a JPEG.
        settings: as for :func:`gamutmeta.expand_file`.
    """
    task.target.parent.mkdir(parents=True, exist_ok=True)
    if depth is None:
        depth = 8 if format_of(task.target) == "jpeg" else 16
    return expand_file(task.source, task.target, depth=depth, overwrite=overwrite, **settings)
