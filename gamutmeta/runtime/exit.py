"""How processes of the command end: without Python's search for garbage in all of their objects."""

from __future__ import annotations

import atexit
import gc
import sys

__all__ = ["skip_final_gc"]


def skip_final_gc() -> None:
    """At its end Python searches all objects for garbage, several times: with torch half a second, for nothing.

    Not so where OpenImageIO was used: its bindings print a line for every object that is left then.
    """
    atexit.register(_freeze)


def _freeze() -> None:
    if "OpenImageIO" not in sys.modules:
        gc.freeze()
