"""What libraries in C print to standard error by themselves (libtiff, LibRaw), kept for the notes on a file.

They write to descriptor 2, which belongs to the process and not to a thread: where other threads are at work, one of
them would lose its own messages. So only processes of the command keep it; the library leaves it alone.
"""

from __future__ import annotations

import faulthandler
import io
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING, TextIO

from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_kept", "keep_printed", "printed_by_libraries"]

_DESCRIPTOR = 2
_MOST, _LONGEST = 5, 200
"""Lines of one file, and characters of a line."""
_BYTES = 1 << 16
"""That are looked at."""

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
    """The lines that libraries print meanwhile, each once; filled at the end, and empty unless they are kept.

    If an exception ends it, nobody will tell them: they go where they would have gone, too.
    """
    lines: list[str] = []
    with ExitStack() as opened:
        file = None if _own is None else _place(opened)
        if file is None:
            yield lines
            return
        before = os.dup(_DESCRIPTOR)
        opened.callback(os.close, before)
        os.dup2(file.fileno(), _DESCRIPTOR)
        try:
            yield lines
        except BaseException:
            os.dup2(before, _DESCRIPTOR)
            lines += _lines(file)
            file.seek(0)
            with suppress(OSError), open(_DESCRIPTOR, "wb", buffering=0, closefd=False) as standard_error:
                shutil.copyfileobj(file, standard_error)
            raise
        os.dup2(before, _DESCRIPTOR)
        lines += _lines(file)


def _place(opened: ExitStack) -> IO[bytes] | None:
    """A file to print to; None where no folder for temporary files can be written to."""
    try:
        return opened.enter_context(tempfile.TemporaryFile())
    except OSError:
        return None


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    printed = file.read(_BYTES).decode(errors="replace")
    stripped = (line.strip()[:_LONGEST] for line in printed.splitlines())
    found = list(dict.fromkeys(line for line in stripped if line))
    more = len(found) - _MOST
    if file.read(1):
        return [*found[:_MOST], "and more"]
    return found if more <= 0 else [*found[:_MOST], f"and {counted(more, 'line')} more"]
