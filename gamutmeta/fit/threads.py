"""How many CPU threads the fit uses: one for its steps, two for operations on all samples."""

from __future__ import annotations

import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    _Setter = Callable[[int], int]

__all__ = ["map_in_order", "single_threaded"]

_MAX_THREADS = 2
"""More threads would wait for memory, and these operations take only a tenth of the fit."""

_SETTING = Lock()

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_order(
    work: Callable[[_Item], _Result], items: Iterable[_Item], *, most: int | None = _MAX_THREADS
) -> list[_Result]:
    """The results of `work` for each item, in their order, computed on up to `most` threads; None for all cores.

    torch and numpy release the interpreter lock during their operations. The results and their order do not depend on
    the number of threads; on each, torch uses one of its own.
    """
    with ThreadPoolExecutor(
        thread_count(most), thread_name_prefix="gamutmeta-fit", initializer=_use_one_thread_of_torch
    ) as pool:
        return list(pool.map(work, items))


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let torch use one CPU thread in this thread; afterwards the number is as before. No other thread is concerned.

    A step of the fit is too small to share: on two cores a second thread saves 3 % of the time. If another process uses
    the core, it costs far more time, since torch's threads spin while they wait for each other: a minute instead of two
    seconds was seen. It would also make the payload depend on the number of cores.
    """
    give_back = _use_one_thread()
    try:
        yield
    finally:
        give_back()


def _use_one_thread_of_torch() -> None:
    """For a new thread; nothing where nobody has imported torch."""
    if sys.modules.get("torch") is not None:
        _use_one_thread()


def _use_one_thread() -> Callable[[], None]:
    """Set torch's threads to one for the calling thread; gives the function that undoes it.

    ``torch.set_num_threads`` sets two numbers: that of the calling thread, and that which every thread begins with that
    calls torch for the first time later on, whoever started it. So the libraries below torch are asked, which have
    functions for one thread alone.
    """
    import torch  # noqa: PLC0415 - a second; most fits go without it

    before = torch.get_num_threads()
    functions = _thread_functions()
    if functions is None:
        _set_and_put_back(1)
        return lambda: _set_and_put_back(before)
    openmp, mkl = functions
    openmp(1)
    mkl_before = 0 if mkl is None else mkl(1)

    def give_back() -> None:
        openmp(before)
        if mkl is not None:
            mkl(mkl_before)

    return give_back


@cache
def _thread_functions() -> tuple[_Setter, _Setter | None] | None:
    """OpenMP's and MKL's functions for the number of threads of the calling thread; None where torch hides them.

    MKL's gives the number from before; 0 is none of this thread's own.
    """
    import torch  # noqa: PLC0415 - as above

    if "parallel backend: OpenMP" not in torch.__config__.parallel_info():
        return None
    name = "libtorch_cpu.dylib" if sys.platform == "darwin" else "libtorch_cpu.so"
    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / name))
        openmp: _Setter = library.omp_set_num_threads
        # By the name of the C interface: the same in small letters is Fortran's, and takes a pointer.
        mkl: _Setter | None = library.MKL_Set_Num_Threads_Local if torch.backends.mkl.is_available() else None  # type: ignore[no-untyped-call]
    except (AttributeError, OSError):
        return None
    return openmp, mkl


def _set_and_put_back(count: int) -> None:
    """The same with torch's own function alone: the number for new threads is put back at once, by a new thread.

    A thread that calls torch for the first time between the two, within a millisecond or so, keeps `count`.
    """
    import torch  # noqa: PLC0415 - as above

    with _SETTING:
        for_new = _in_new_thread(torch.get_num_threads)
        torch.set_num_threads(count)
        _in_new_thread(lambda: torch.set_num_threads(for_new))


def _in_new_thread(work: Callable[[], _Result]) -> _Result:
    with ThreadPoolExecutor(1, thread_name_prefix="gamutmeta-torch") as pool:
        return pool.submit(work).result()
