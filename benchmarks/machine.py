"""What a measurement ran on, and processes that are measured: their cores, threads and memory."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gamutmeta.runtime.threads import THREADS_VARIABLE

ROOT = Path(__file__).resolve().parents[1]
"""Working folder of measured processes, from which ``-m benchmarks...`` is found."""

_LIBRARIES = ("numpy", "torch", "pillow", "tifffile", "imagecodecs", "zstandard", "msgpack")
THREAD_VARIABLES = (
    THREADS_VARIABLE, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TIFFFILE_NUM_THREADS",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Processor, cores, system, Python and library versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "gamutmeta": version("gamutmeta"),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "cuda": _cuda(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cuda() -> str | None:
    try:
        import torch
    except ImportError:
        return None
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def environment(threads: int) -> dict[str, str]:
    """The environment of a process that is to use so many threads."""
    return os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))


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
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
