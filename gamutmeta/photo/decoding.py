"""Decoders raise a dozen kinds of exceptions for damaged files, none of which is documented: all of them become one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gamutmeta.errors import GamutMetaError, PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["decoding"]


@contextmanager
def decoding(problem: str) -> Iterator[None]:
    """Turn whatever a decoder raises inside into a PhotoError; gamutmeta's own errors and warnings pass.

    Args:
        problem: what the message begins with, for example "the picture cannot be decoded".

    Raises:
        PhotoError: `problem`, and what the decoder says.
    """
    try:
        yield
    except (GamutMetaError, Warning):
        raise
    except Exception as error:
        raise PhotoError(f"{problem}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """What the decoder says."""
    if len(error.args) == 1 and isinstance(error.args[0], bytes):
        # So rawpy does.
        return error.args[0].decode(errors="replace")
    # Pillow's number for whatever libtiff cannot decode.
    return str(error).replace("decoder error -2", "libtiff cannot decode its data") or type(error).__name__
