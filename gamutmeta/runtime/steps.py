"""What is being done at this moment: for the logger ``gamutmeta``, and for whoever shows it to people.

The logger has a ``NullHandler``, so that nothing is printed unless an application asks for it. Steps are told at the
level DEBUG, files that were written at INFO.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LOGGER", "log_written", "observe_steps", "step"]

LOGGER = logging.getLogger("gamutmeta")
LOGGER.addHandler(logging.NullHandler())

_observer: ContextVar[Callable[[str], None] | None] = ContextVar("step_observer", default=None)


@contextmanager
def observe_steps(observer: Callable[[str], None]) -> Iterator[None]:
    """Have the steps of work in this thread told to `observer` meanwhile, each when it begins.

    Args:
        observer: is given the step for people, such as "fitting the model".
    """
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def step(name: str) -> None:
    """Tell that a step begins."""
    LOGGER.debug(name)
    observer = _observer.get()
    if observer is not None:
        observer(name)


def log_written(target: object, source: object, seconds: float | None) -> None:
    """Tell that a file was written."""
    LOGGER.info("%s was written from %s in %.2f s", target, source, seconds or 0)
