"""What decoding libraries log, kept for the notes on a file: Python would print it, without the file's name.

References:
    Python's logging: messages that no handler takes are printed to standard error from the level of warnings on.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["logged_by_decoders"]

_LOGGERS = ("imagecodecs", "tifffile")
_ABOUT_ITSELF = ("Interlace handling should be turned on",)
"""What imagecodecs' own call of libpng provokes for every interlaced picture, which is decoded rightly."""
_LONGEST = 200


@contextmanager
def logged_by_decoders() -> Iterator[list[str]]:
    """The warnings and errors that decoders log in this thread meanwhile, each once; nobody else gets them.

    Other threads' messages, and those below the level of warnings, go where they always go.
    """
    messages: list[str] = []
    thread = get_ident()

    def passes(record: logging.LogRecord) -> bool:
        if get_ident() != thread or record.levelno < logging.WARNING:
            return True
        message = record.getMessage().partition("\n")[0][:_LONGEST]
        if message not in messages and not any(text in message for text in _ABOUT_ITSELF):
            messages.append(message)
        return False

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(passes)
    try:
        yield messages
    finally:
        for logger in loggers:
            logger.removeFilter(passes)
