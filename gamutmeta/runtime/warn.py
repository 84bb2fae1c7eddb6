"""Warnings of this package, which can be collected without touching Python's filters: those belong to the process.

``warnings.catch_warnings`` exchanges filters for all threads, and two threads that use it at once leave the wrong ones.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from gamutmeta.errors import GamutMetaWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collected_warnings", "warn"]

_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def warn(message: str, *, stacklevel: int = 1) -> None:
    """Give a :class:`~gamutmeta.errors.GamutMetaWarning`, or add it to those that this thread collects.

    Args:
        message: for people.
        stacklevel: whose line the warning names: 1 for the caller's, 2 for that of its caller, and so on.
    """
    collected = _collected.get()
    if collected is None:
        warnings.warn(message, GamutMetaWarning, stacklevel=stacklevel + 1)
    else:
        collected.append(message)


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """The messages of all warnings that this package gives in this thread meanwhile; Python does not see them.

    Warnings of other libraries are given as ever.
    """
    messages: list[str] = []
    token = _collected.set(messages)
    try:
        yield messages
    finally:
        _collected.reset(token)
