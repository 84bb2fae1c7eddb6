"""Imports what takes time while a file is read."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["REDUCTION", "preload"]

REDUCTION = ("gamutmeta.fit.engine",)
"""The modules that gamut reduction imports when it needs them."""

_LARGE = 16 << 20
"""Smallest file of a photograph for which this saves time, in bytes."""


def preload(path: str | os.PathLike[str], modules: Iterable[str]) -> None:
    """Start to import `modules` on a thread if the file at `path` is large.

    Errors are not raised here: an import that fails will fail again where the module is used.
    """
    with suppress(OSError):
        if Path(path).stat().st_size >= _LARGE:
            # Not a daemon: the interpreter must not exit during an import.
            Thread(target=_load, args=(tuple(modules),), name="gamutmeta-preload").start()


def _load(modules: tuple[str, ...]) -> None:
    for module in modules:
        with suppress(ImportError):
            importlib.import_module(module)
