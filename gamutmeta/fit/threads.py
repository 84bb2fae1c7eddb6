"""How many CPU threads the fit uses: one for its steps, two for operations on all samples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["map_in_order", "single_threaded"]

_MAX_THREADS = 2
"""More threads would wait for memory, and these operations take only a tenth of the fit."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_order(
    work: Callable[[_Item], _Result], items: Iterable[_Item], *, most: int | None = _MAX_THREADS
) -> list[_Result]:
    """The results of `work` for each item, in their order, computed on up to `most` threads; None for all cores.

    torch and numpy release the interpreter lock during their operations. The results and their order do not depend on
    the number of threads.
    """
    with ThreadPoolExecutor(thread_count(most), thread_name_prefix="gamutmeta-fit") as pool:
        return list(pool.map(work, items))


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let torch use one CPU thread; afterwards the number is as before.

    A step of the fit is too small to share: on two cores a second thread saves 3 % of the time. If another process uses
    the core, it costs far more time, since torch's threads spin while they wait for each other: a minute instead of two
    seconds was seen. It would also make the payload depend on the number of cores.
    """
    import torch  # noqa: PLC0415 - a second; most fits go without it

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
