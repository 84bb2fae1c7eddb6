"""Loading the large libraries while a file is read: torch takes a second, numba half of one."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.runtime.compiled import is_numba_available, load_kernel

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

__all__ = ["REDUCTION", "preload"]

_KERNELS = ("gamutmeta.color.pixel_loops", "gamutmeta.model.expand_loops", "gamutmeta.fit.fit_loops")

REDUCTION = (*_KERNELS, "gamutmeta.fit.engine")
"""What gamut reduction will import, in the order of need; the kernels where numba is installed."""

_SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter while others wait, during the imports.

They hold it nearly all the time, and the thread that reads and converts lets go of it a thousand times: with Python's
own 5 ms each time, it would wait for most of them."""

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
    with _quick_switches():
        for module in modules:
            if module not in _KERNELS:
                with suppress(ImportError):
                    importlib.import_module(module)
            elif is_numba_available() and load_kernel(module) is not None and module == _KERNELS[0]:
                # numba itself is set up at the first call of all, in a seventh of a second.
                reduce_to_codes(np.zeros((1, 1, 3), np.uint16), Adaptation.BRADFORD, compiled=True)


@contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
