"""Work on a picture in strips of rows, on several threads, so that float copies stay small.

numpy releases the interpreter lock inside its loops, so threads are enough.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["STRIP_PIXELS", "for_each_strip", "row_strips"]

STRIP_PIXELS = 1 << 17
"""Pixels per strip: 1.5 MiB as float32 RGB, so a strip and its temporaries stay in the cache."""

_MAX_THREADS = 8
"""More do not help: the work is bound by memory."""


def row_strips(height: int, width: int, pixels: int = STRIP_PIXELS) -> Iterator[slice]:
    """Slices of whole rows that cover `height` rows, each of about `pixels` pixels and at least one row."""
    rows = max(1, pixels // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def for_each_strip(
    work: Callable[[slice], None],
    height: int,
    width: int,
    *,
    pixels: int = STRIP_PIXELS,
    threads: int | None = None,
) -> None:
    """Call `work` with every strip of rows, in any order and on several threads.

    By default these are those of :func:`~gamutmeta.runtime.threads.thread_count`, at most 8. The first
    exception raised by `work` is raised here.
    """
    strips = list(row_strips(height, width, pixels))
    threads = min(threads or thread_count(_MAX_THREADS), len(strips))
    if threads <= 1:
        for strip in strips:
            work(strip)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="gamutmeta-strip") as pool:
        for _ in pool.map(work, strips):
            pass
