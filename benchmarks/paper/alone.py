"""Whether a measurement had the machine to itself: seconds taken beside other work are no figures of a method."""

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_IDLE = 3, 4
"""Places of the idle times among those of /proc/stat; guests' times, from place 8 on, stand in others already."""

MOST = 0.1
"""Cores that other work may take from a measurement that is called alone."""


class Others:
    """How many cores other processes kept busy since this was made; of Linux alone."""

    def __init__(self) -> None:
        self._start, self._own, self._busy = time.perf_counter(), _own(), _busy()

    def cores(self) -> float | None:
        """On average, 0 or more; None where the system does not tell."""
        busy = _busy()
        if busy is None or self._busy is None:
            return None
        passed = max(time.perf_counter() - self._start, 0.01)
        # The system counts in ticks of a hundredth of a second.
        return round(max(0.0, busy - self._busy - (_own() - self._own) - 0.02) / passed, 2)


def _own() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _busy() -> float | None:
    """Seconds that the machine's processors were busy since it was started."""
    if not _STAT.exists():
        return None
    ticks = [int(number) for number in _STAT.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return sum(number for place, number in enumerate(ticks) if place not in _IDLE) / os.sysconf("SC_CLK_TCK")
