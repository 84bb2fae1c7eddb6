"""Loading the large libraries while a file is read: torch takes a second, numba half of one."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from gamutmeta.color.compiled import is_numba_available, load_kernel

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["REDUCTION", "preload"]

_KERNELS = ("gamutmeta.color.kernel", "gamutmeta.model.kernel", "gamutmeta.fit.kernel")

REDUCTION = (*_KERNELS, "gamutmeta.fit.engine")
"""What gamut reduction will import, in the order of need; the kernels where numba is installed."""

_LARGE = 16 << 20
"""Bytes of a photograph's file that take so long to read that it pays."""


def preload(path: str | os.PathLike[str], modules: Iterable[str]) -> None:
    """Begin to import `modules` on a thread if the file at `path` is large.

    Nothing is raised: whatever fails will fail again where it is needed.
    """
    with suppress(OSError):
        if Path(path).stat().st_size >= _LARGE:
            # Not a daemon: an interpreter must not end in the middle of an import.
            Thread(target=_load, args=(tuple(modules),), name="gamutmeta-preload").start()


def _load(modules: tuple[str, ...]) -> None:
    for module in modules:
        if module not in _KERNELS:
            with suppress(ImportError):
                importlib.import_module(module)
        elif is_numba_available():
            load_kernel(module)
