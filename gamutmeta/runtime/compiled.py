"""Whether a loop over a picture is compiled by numba (extra ``fast``)."""

from __future__ import annotations

import importlib
import importlib.util
import os
from functools import cache
from typing import Any

from gamutmeta.runtime.warn import warn

__all__ = ["is_numba_available", "kernel_for", "load_kernel"]

_WORTH_LOADING = 8_000_000
"""Pixels from which on numba is used: loading it takes half a second."""


def is_numba_available() -> bool:
    """Whether numba is installed, and not switched off by ``GAMUTMETA_NUMBA=0`` in the environment."""
    return os.environ.get("GAMUTMETA_NUMBA") != "0" and importlib.util.find_spec("numba") is not None


def kernel_for(module: str, pixels: int, *, compiled: bool | None) -> Any | None:
    """The module of that name with compiled loops, or None where numpy is to do the work.

    By the picture alone and not by what the process did before, so that a picture always gives the same samples.

    Args:
        module: its dotted name, such as "gamutmeta.color.pixel_loops".
        pixels: of the picture.
        compiled: the caller's wish. None for numba where it works and the picture is large.

    Raises:
        ImportError: if `compiled` is true and numba is not installed.
    """
    if compiled is None:
        return load_kernel(module) if pixels >= _WORTH_LOADING and is_numba_available() else None
    return importlib.import_module(module) if compiled else None


@cache
def load_kernel(module: str) -> Any | None:
    """The module with compiled loops, or None, with a warning once, if numba cannot work here.

    It may not know the numpy that is installed, or find no folder for its cache; that must not keep anybody from a
    picture.
    """
    try:
        return importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever it is that numba does not like
        # numba's words, where neither the package's folder nor the user's home can be written to.
        needs_folder = "no locator available" in str(error)
        remedy = "set NUMBA_CACHE_DIR to a writable folder" if needs_folder else "set GAMUTMETA_NUMBA=0 to silence this"
        message = f"numba does not work here, so numpy is used instead ({error}); {remedy}"
        warn(message, stacklevel=2)
        return None
