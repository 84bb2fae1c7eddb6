"""What is shown on standard error during work, if that is a terminal: a bar for several files, a line for one."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from gamutmeta.runtime.steps import observe_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, ProgressColumn

__all__ = ["progress"]


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar for several files, or a line with the step that one file is at, if standard error is a terminal.

    Text printed to the same terminal appears above it. In the end it is removed. The line appears with the first step
    (:mod:`gamutmeta.runtime.steps`); work that tells none shows none.

    Args:
        total: number of files; with 0 nothing is shown.

    Yields:
        A function to be called after each file, before its result is printed.
    """
    if total < 1 or not sys.stderr.isatty():
        yield lambda: None
    elif total > 1:
        bar = _bar()
        with bar:
            task = bar.add_task("files", total=total)
            yield lambda: bar.advance(task)
    else:
        with ExitStack() as shown, observe_steps(_Line(shown)):
            yield shown.close


class _Line:
    """Shows steps on a line of their own, from the first one on.

    Args:
        shown: what removes the line when it is closed.
    """

    def __init__(self, shown: ExitStack) -> None:
        self._shown = shown
        self._update: Callable[[str], None] | None = None

    def __call__(self, step: str) -> None:
        if self._update is None:
            line = _line()
            task = line.add_task(step, total=None)
            self._shown.enter_context(line)
            self._update = lambda step: line.update(task, description=step)
        self._update(step)


def _bar() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    return _progress(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())


def _line() -> Progress:
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    return _progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())


def _progress(*columns: ProgressColumn) -> Progress:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.progress import Progress  # noqa: PLC0415

    # Results that go to a file or another program must not go through it.
    return Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), transient=True)
