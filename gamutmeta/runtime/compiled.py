"""Whether a loop over a picture is compiled by numba (extra ``fast``)."""

from __future__ import annotations

import importlib
import importlib.util
import os
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
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
        module: its dotted name, such as "gamutmeta.model.expand_loops".
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
    """The module with compiled loops, or None, with one warning for all of them, if numba cannot work here.

    It may not know the numpy that is installed; that must not keep anybody from a picture. Where it can keep what it
    compiled neither beside the package nor in the user's home, it does so in a folder of the user's own among the
    temporary files.
    """
    try:
        return importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever it is that numba does not like
        if not _lacks_folder(error):
            return _without_numba(str(error), "set GAMUTMETA_NUMBA=0 to silence this")
    try:
        return _imported_with_cache(module, temporary_cache())
    except Exception as error:  # noqa: BLE001 - as above, and whatever the file system does not like
        return _without_numba(str(error), "set NUMBA_CACHE_DIR to a writable folder")


def temporary_cache() -> Path:
    """A folder for compiled loops among the temporary files, which nobody else can write to.

    numba runs what it finds there, so a folder that somebody else made first, or may change, is not used.

    Raises:
        OSError: no such folder can be made.
    """
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    folder = Path(tempfile.gettempdir(), f"gamutmeta-numba{user}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    is_own = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o022)
    if stat.S_ISDIR(status.st_mode) and is_own and os.access(folder, os.W_OK):
        return folder
    # Of this process alone: it is compiled again in the next one.
    return Path(tempfile.mkdtemp(prefix="gamutmeta-numba-"))


def _lacks_folder(error: Exception) -> bool:
    """Whether numba found no folder that it can write to; it says so in these words."""
    return "no locator available" in str(error)


def _imported_with_cache(module: str, folder: Path) -> Any:
    config: Any = importlib.import_module("numba.core.config")
    before = config.CACHE_DIR
    # Looked at when a function is decorated, so that it is needed during the import alone.
    config.CACHE_DIR = str(folder)
    try:
        return importlib.import_module(module)
    finally:
        config.CACHE_DIR = before


@cache
def _without_numba(problem: str, remedy: str) -> None:
    """Warn, once for one problem."""
    warn(f"numba does not work here, so numpy is used instead ({problem}); {remedy}", stacklevel=3)
