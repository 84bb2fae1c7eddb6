"""Returns unused memory to the system between two steps."""

from __future__ import annotations

import ctypes

__all__ = ["trim_heap"]


def trim_heap() -> None:
    """Have the C library return to the system what was freed.

    Pillow's pictures consist of many blocks, 4 bytes per pixel in all. Once freed they stay with glibc, which gives
    them to nobody who wants memory in one piece, as numpy's arrays do: half a gigabyte for a picture of 120 megapixels.
    Other C libraries have no such function and need none.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
