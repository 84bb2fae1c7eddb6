"""Standard input, output and error of a process that was started without some of them (``2>&-``, some daemons)."""

from __future__ import annotations

import os
import sys

__all__ = ["open_missing_streams"]

_DESCRIPTORS = 0, 1, 2


def open_missing_streams() -> None:
    """Lead each of the three that is closed nowhere, before a file gets its number.

    Else a library in C that prints to standard error writes into whatever was opened next, and ``/dev/stdin`` is
    somebody else's file. Standard error is a stream of Python's then, which swallows what is printed. ``sys.stdin`` and
    ``sys.stdout`` stay None, so that a picture is neither read from there nor lost there without a word.
    """
    for descriptor in _DESCRIPTORS:
        if not _is_open(descriptor):
            # The lowest number that is free is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - it has no name
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - until the end


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
