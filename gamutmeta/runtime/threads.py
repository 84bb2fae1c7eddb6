"""How many threads a process uses: one for each core it may run on, unless the environment says otherwise."""

from __future__ import annotations

import os
import sys

__all__ = ["THREADS_VARIABLE", "core_count", "switch_quickly", "thread_count"]

THREADS_VARIABLE = "GAMUTMETA_THREADS"
"""Environment variable: a number of threads, 1 or more. Anything else counts as not set."""


def core_count() -> int:
    """Cores this process may run on; fewer than the machine has where it was confined to some (``taskset``)."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def thread_count(most: int | None = None) -> int:
    """Threads for work that can be shared: what ``GAMUTMETA_THREADS`` says, or one per core; at most `most`."""
    wanted = os.environ.get(THREADS_VARIABLE, "")
    threads = int(wanted) if wanted.isdecimal() and int(wanted) else core_count()
    return threads if most is None else min(threads, most)


_SWITCH_SECONDS = 0.0005


def switch_quickly() -> None:
    """For processes of the command alone: a thread keeps the interpreter lock for half a millisecond, not for five.

    Imports of large libraries hold the lock nearly all the time. A thread that reads and converts meanwhile releases it
    a thousand times, and with Python's default it would wait 5 ms each time, for most of the time that the imports
    take. The number belongs to the whole process, so a library must not set it.
    """
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
