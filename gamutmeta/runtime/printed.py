"""What libraries in C print to standard error by themselves (libtiff, LibRaw), kept for the notes on a file.

They write to descriptor 2, which belongs to the process and not to a thread: where other threads are at work, one of
them would lose its own messages. So only processes of the command keep it; the library leaves it alone.
"""

from __future__ import annotations

import faulthandler
import io
import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_kept", "keep_printed", "printed_by_libraries"]

_DESCRIPTOR = 2
_MOST, _LONGEST = 5, 200
"""Lines of one file, and characters of a line."""

_own: TextIO | None = None
"""Where descriptor 2 led in the beginning, if what is printed there is to be kept."""


def keep_printed() -> None:
    """Have :func:`printed_by_libraries` keep what libraries print, for the rest of this process, which is ours alone.

    What Python prints goes to standard error as ever, also meanwhile.
    """
    global _own  # noqa: PLW0603 - a process has one standard error
    if _own is not None:
        return
    try:
        own = os.dup(_DESCRIPTOR)
        is_same = sys.stderr is not None and sys.stderr.fileno() == _DESCRIPTOR
    except (OSError, ValueError, io.UnsupportedOperation):
        # There is none, or it is somebody's idea of one.
        return
    if not is_same:
        os.close(own)
        return
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr.flush()
    sys.stderr = _own = os.fdopen(own, "w", buffering=1, encoding=encoding, errors=errors)
    # The last words of a process that dies meanwhile would be lost.
    faulthandler.enable(_own)


def is_kept() -> bool:
    """Whether :func:`keep_printed` was called in this process, and found a standard error."""
    return _own is not None


@contextmanager
def printed_by_libraries() -> Iterator[list[str]]:
    """The lines that libraries print meanwhile, each once; filled at the end, and empty unless they are kept."""
    lines: list[str] = []
    if _own is None:
        yield lines
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), _DESCRIPTOR)
        try:
            yield lines
        finally:
            os.dup2(_own.fileno(), _DESCRIPTOR)
            file.seek(0)
            lines += _lines(file.read((_MOST + 1) * 64 * _LONGEST))


def _lines(printed: bytes) -> list[str]:
    stripped = (line.strip()[:_LONGEST] for line in printed.decode(errors="replace").splitlines())
    found = list(dict.fromkeys(line for line in stripped if line))
    more = len(found) - _MOST
    return found if more <= 0 else [*found[:_MOST], f"and {more} lines more"]
