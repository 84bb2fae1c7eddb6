"""Loads the machine code that was built ahead."""

from __future__ import annotations

import ctypes
import os
import warnings
from functools import cache
from typing import TYPE_CHECKING

from gamutmeta.errors import GamutMetaWarning
from gamutmeta.native.build import FOLDER, library_name

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["INTERFACE", "VARIABLE", "built_library", "is_wanted", "library", "variant"]

INTERFACE = 6
"""Of functions and structures, counted up with each change; cpu.c has the same number."""

VARIABLE = "GAMUTMETA_NATIVE"
"""Environment variable: "0" for numpy alone, "any" for machine code that every processor runs. Else the fastest."""


def is_wanted() -> bool:
    """Whether machine code may be used."""
    return os.environ.get(VARIABLE) != "0"


def library() -> ctypes.CDLL | None:
    """The machine code, or None where numpy is to do the work.

    Whether it is there is looked up once; if not, a warning says so, once.
    """
    return _loaded(os.environ.get(VARIABLE) == "any") if is_wanted() else None


def variant() -> str:
    """What runs, for people: "avx2", "any" or "numpy"."""
    loaded = library()
    if loaded is None:
        return "numpy"
    return "any" if os.environ.get(VARIABLE) == "any" or not loaded.gamutmeta_has_avx2() else "avx2"


@cache
def _loaded(for_any: bool) -> ctypes.CDLL | None:  # noqa: FBT001 - the key of the cache
    try:
        return built_library(for_any=for_any)
    except OSError as error:
        message = (
            f"gamutmeta's machine code cannot be used, so numpy does its work, several times slower ({error}); to build"
            f" it, install a C compiler and run python -m gamutmeta.native.build, or set {VARIABLE}=0 to silence this"
        )
        warnings.warn(message, GamutMetaWarning, stacklevel=3)
        return None


@cache
def built_library(*, for_any: bool = False) -> ctypes.CDLL:
    """The machine code, whatever the environment says.

    Args:
        for_any: that which every processor runs.

    Raises:
        OSError: it is not there, or not for this machine.
    """
    plain = _open(FOLDER / library_name("any"))
    has_avx2 = not for_any and plain.gamutmeta_has_avx2()
    return _open(FOLDER / library_name("avx2")) if has_avx2 else plain


def _open(path: Path) -> ctypes.CDLL:
    """A library that fits this code.

    Raises:
        OSError: it is not there, not for this machine, or was built from other sources.
    """
    if not path.exists():
        raise OSError(f"{path.name} is not there")
    opened = ctypes.CDLL(str(path))
    try:
        interface = opened.gamutmeta_interface
        for name in ("gamutmeta_interface", "gamutmeta_has_avx2"):
            getattr(opened, name).restype = ctypes.c_int64
    except AttributeError:
        raise OSError(f"{path.name} is not gamutmeta's") from None
    if interface() != INTERFACE:
        raise OSError(f"{path.name} is of another version: build it again")
    return opened
