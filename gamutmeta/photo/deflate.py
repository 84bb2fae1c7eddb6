"""ISA-L, the fastest encoder of Deflate for noise, if the extra ``fast`` is installed."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

__all__ = ["isal"]


@cache
def isal() -> Any:
    """The module ``isal.isal_zlib``, which has zlib's calls; None if it is not installed.

    Samples of 16 bits come out as small as from other libraries, in half of the time; those of 8 bits up to a sixth
    larger.
    """
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return None
