"""How processes end: those of the command without Python's search for garbage, and those whose GPU hangs at all."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from functools import cache

__all__ = ["end_soon_at_exit", "skip_final_gc"]

_LAST_SECONDS = 5
"""How long the end of a process may take whose GPU hangs."""


def skip_final_gc() -> None:
    """At its end Python searches all objects for garbage, several times: with torch half a second, for nothing.

    Not so where OpenImageIO was used: its bindings print a line for every object that is left then.
    """
    atexit.register(_freeze)


@cache
def end_soon_at_exit() -> None:
    """Let this process end within a few seconds once it is about to, though libraries would wait for a GPU for ever.

    Its exit status is as ever unless they wait; then it is that of the signal SIGALRM. Systems without this signal are
    left as they are.
    """
    if hasattr(signal, "SIGALRM"):
        atexit.register(_set_alarm)


def _set_alarm() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LAST_SECONDS)


def _freeze() -> None:
    if "OpenImageIO" not in sys.modules:
        gc.freeze()
