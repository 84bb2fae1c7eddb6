"""Whether a loop over a picture runs as machine code, compiled by numba (``pip install 'gamutmeta[fast]'``)."""

from __future__ import annotations

import importlib.util
import os

__all__ = ["is_numba_available", "use_numba"]

_WORTH_LOADING = 8_000_000
"""Pixels from which on numba is used: loading it takes half a second."""


def is_numba_available() -> bool:
    """Whether numba is installed, and not switched off by ``GAMUTMETA_NUMBA=0`` in the environment."""
    return os.environ.get("GAMUTMETA_NUMBA") != "0" and importlib.util.find_spec("numba") is not None


def use_numba(compiled: bool | None, pixels: int) -> bool:  # noqa: FBT001 - handed on from a keyword
    """What to do: the caller's wish, or for None numba where it is installed and the picture large.

    By the picture alone and not by what the process did before, so that a picture always gives the same samples.
    """
    return pixels >= _WORTH_LOADING and is_numba_available() if compiled is None else compiled
