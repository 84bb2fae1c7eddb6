"""Runs a target on inputs, holds it to the limits, keeps what breaks them, and measures."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import resource
import sys
import time
import traceback
import tracemalloc
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz import limits

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Finding", "Guard", "Measured"]

_TRACED_EACH = 64
"""One execution in so many is run under tracemalloc, which sees memory that is allocated and never touched."""

_WARM = 2_000
"""Executions after which the memory counts as what a run has from its beginning."""

_FRAMES = 6
"""Innermost frames of a traceback that tell one finding from another."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that broke a promise: what happened, and the file that holds it."""

    what: str
    where: str
    file: str


@dataclass(slots=True)
class Measured:
    """What the executions took.

    Attributes:
        executions: how many.
        seconds: of them together, processor time.
        worst_seconds: of one, processor time.
        worst_bytes: length of the input that took it.
        worst_traced: most bytes that one execution allocated through Python and numpy, of those traced.
        worst_added: most bytes that one execution added to the resident memory's highest mark.
        rss_start, rss_end: resident memory after the first 2,000 executions (fewer if there are fewer), and now, bytes.
        rss_peak: its highest mark.
        findings: each kind once.
    """

    executions: int = 0
    seconds: float = 0.0
    worst_seconds: float = 0.0
    worst_bytes: int = 0
    worst_traced: int = 0
    worst_added: int = 0
    rss_start: int = 0
    rss_end: int = 0
    rss_peak: int = 0
    findings: list[Finding] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)


class Guard:
    """Runs a target; exceptions and exceeded limits become findings, and it goes on.

    Args:
        run: the target.
        folder: for inputs that are kept: those of findings, and the slowest.
        tracing: whether some executions run under tracemalloc.
    """

    def __init__(self, run: Callable[[bytes], None], folder: Path, *, tracing: bool = True) -> None:
        self._run = run
        self._folder = folder
        self._tracing = tracing
        self._known: set[tuple[str, str]] = set()
        self.measured = Measured()

    def __call__(self, data: bytes) -> None:
        """Run the target once."""
        measured = self.measured
        before, peak_before = _resident(), _peak()
        is_traced = self._tracing and measured.executions % _TRACED_EACH == 0
        if is_traced:
            tracemalloc.start()
        started = time.process_time()
        try:
            self._run(data)
        except Exception as error:  # noqa: BLE001 - that no other exception comes is what is tested
            self.failed(data, error)
        spent = time.process_time() - started
        if is_traced:
            traced = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            measured.worst_traced = max(measured.worst_traced, traced)
            if traced > limits.MEMORY:
                self._keep(data, f"allocated {traced:,} bytes", "memory")
        elif spent > measured.worst_seconds:
            measured.worst_seconds, measured.worst_bytes = spent, len(data)
            (self._folder / "slowest").write_bytes(data)
        if spent > limits.SECONDS:
            self._keep(data, f"took {spent:.2f} s", "time")
        peak = _peak()
        if peak > peak_before:
            measured.worst_added = max(measured.worst_added, peak - before)
            if peak - before > limits.MEMORY:
                self._keep(data, f"added {peak - before:,} bytes of resident memory", "memory")
        measured.executions += 1
        measured.seconds += spent
        if measured.executions <= _WARM:
            measured.rss_start = _resident()

    def failed(self, data: bytes, error: Exception) -> None:
        """Keep an input for the exception it led to."""
        self._keep(data, f"{type(error).__name__}: {error}", _where(error))

    def close(self) -> Measured:
        """What was measured, up to now."""
        gc.collect()
        self.measured.rss_end = _resident()
        # The two are counted in different places of the kernel, and may differ by some pages.
        self.measured.rss_peak = max(_peak(), self.measured.rss_end, self.measured.rss_start)
        return self.measured

    def _keep(self, data: bytes, what: str, where: str) -> None:
        kind = ("" if where in {"time", "memory"} else what.partition(":")[0], where)
        if kind in self._known:
            return
        self._known.add(kind)
        path = self._folder / f"finding-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        self.measured.findings.append(Finding(what, where, str(path)))


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))


def _resident() -> int:
    """Resident memory now, bytes; its highest mark where the system does not tell."""
    with contextlib.suppress(OSError):
        return int(os.pread(_statm(), 128, 0).split()[1]) * _PAGE
    return _peak()


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


_PAGE = resource.getpagesize()
_statm_file: int | None = None


def _statm() -> int:
    global _statm_file  # noqa: PLW0603 - opened once: it is read for every execution
    if _statm_file is None:
        _statm_file = os.open("/proc/self/statm", os.O_RDONLY)
    return _statm_file
