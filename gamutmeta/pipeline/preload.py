"""Imports large libraries while a file is read: numba takes half a second."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.runtime.compiled import is_numba_available, load_kernel

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["REDUCTION", "preload"]

_KERNELS = (
    "gamutmeta.color.pixel_loops",
    "gamutmeta.color.sycc_loops",
)

REDUCTION = (*_KERNELS, "gamutmeta.fit.engine")
"""The modules that gamut reduction imports, in the order of their use; the kernels only if numba is installed."""

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
        if module not in _KERNELS:
            with suppress(ImportError):
                importlib.import_module(module)
        elif is_numba_available() and load_kernel(module) is not None and module == _KERNELS[0]:
            # The first call initialises numba, which takes a seventh of a second.
            reduce_to_codes(np.zeros((1, 1, 3), np.uint16), Adaptation.BRADFORD, compiled=True)
