"""Folders and many files.

::

    plan      which file is written where                        -> tasks
    shard     the part of them that one of several machines does -> tasks
    resume    one task, unless it is already done; records are kept next to the outputs
    processes tasks, one after the other or several at a time   -> outcomes
"""

from __future__ import annotations

from gamutmeta.batch.outcome import Failure, Outcome, attempt
from gamutmeta.batch.patterns import Patterns
from gamutmeta.batch.plan import Task, is_folder, listed, plan
from gamutmeta.batch.processes import run
from gamutmeta.batch.record import RECORDS
from gamutmeta.batch.resume import PlannedAction, Resumable, remove_leftovers
from gamutmeta.batch.shard import Shard

__all__ = [
    "RECORDS",
    "Failure",
    "Outcome",
    "Patterns",
    "PlannedAction",
    "Resumable",
    "Shard",
    "Task",
    "attempt",
    "is_folder",
    "listed",
    "plan",
    "remove_leftovers",
    "run",
]
