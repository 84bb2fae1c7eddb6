"""Processes that are measured: how many cores they may use, and what they know of their own memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gamutmeta.color.threads import THREADS_VARIABLE

__all__ = ["ROOT", "confine", "environment", "peak_bytes"]

ROOT = Path(__file__).resolve().parents[1]
"""Working folder of measured processes, from which ``-m benchmarks...`` is found."""

_VARIABLES = (
    THREADS_VARIABLE,
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TIFFFILE_NUM_THREADS",
)


def environment(threads: int) -> dict[str, str]:
    """The environment of a process that is to use so many threads."""
    return os.environ | dict.fromkeys(_VARIABLES, str(threads))


def confine(cores: int) -> None:
    """Keep this process, which must not have started a thread yet, to so many cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def peak_bytes() -> int:
    """The most memory this process ever had resident, in bytes.

    On Linux ``ru_maxrss`` is at least what the process that started this one had at that time, so it is not used there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
