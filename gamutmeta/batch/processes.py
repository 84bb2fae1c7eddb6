"""Processes many files, one after the other or in several processes."""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections import deque
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from gamutmeta.batch.outcome import Failure, Outcome, attempt
from gamutmeta.runtime.exit import skip_final_gc
from gamutmeta.runtime.printed import is_kept, keep_printed
from gamutmeta.runtime.threads import THREADS_VARIABLE, core_count, switch_quickly

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection
    from types import FrameType

__all__ = ["run"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREAD_VARIABLES = (THREADS_VARIABLE, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Of gamutmeta itself, torch and numpy."""


def run(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    *,
    jobs: int = 1,
) -> Iterator[Outcome[Item, Result]]:
    """Do `work` for every item and give the outcomes, each as soon as it is there.

    What goes wrong with one item is its failure, and the others go on: a GamutMetaError or OSError, and, if there are
    several items, any other exception and a process that is killed. Only an interrupt ends it all: what has not begun
    is dropped, and what is being written leaves no half file. Processes end with the one that started them.

    Several processes share the cores: each is told to use no more threads than its part of them, by environment
    variables that it finds set already where the caller wants something else.

    Args:
        items: what to work on. With several processes, they, `work` and its results must be picklable.
        work: done once for each; again if a process was killed meanwhile.
        jobs: processes at the same time; with 1 everything happens in this one, in order.
    """
    waiting = deque(items)
    jobs = min(jobs, len(waiting))
    if jobs <= 1:
        one_of_many = len(waiting) > 1
        for item in waiting:
            yield attempt(work, item, one_of_many=one_of_many)
        return
    while waiting:
        suspects = yield from _in_pool(waiting, work, jobs)
        for item in suspects:
            # Each by itself, to know which one it was; and if memory was short, there is more of it now.
            alone = deque([item])
            if (yield from _in_pool(alone, work, jobs=1)):
                yield Outcome(item, failure=Failure.killed())


def _in_pool(
    waiting: deque[Item], work: Callable[[Item], Result], jobs: int
) -> Generator[Outcome[Item, Result], None, list[Item]]:
    """Take items and work on them in processes until none is left or a process dies.

    Returns:
        The items on which work had begun then, the culprit among them; empty if no process died.
    """
    # Not needed for one job, and a twentieth of a second to import.
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    # Forked processes would inherit the locks of numpy's and torch's threads.
    context = multiprocessing.get_context("spawn")
    # Its end reaches every worker, also when others were killed; locks of an event might have died with them.
    ended, end = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        jobs, context, initializer=_start_worker, initargs=(ended, core_count() // jobs, is_kept())
    )
    running: dict[Future[Outcome[Item, Result]], Item] = {}
    suspects: list[Item] = []
    try:
        broken = False
        while running or (waiting and not broken):
            # No more than are worked on, so that those of a broken pool are few.
            while waiting and len(running) < jobs and not broken:
                with _interrupts_ignored():
                    try:
                        future = pool.submit(_attempt_in_worker, work, waiting[0])
                    except BrokenProcessPool:
                        broken = True
                        break
                running[future] = waiting.popleft()
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                item = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    broken = True
                    suspects.append(item)
                else:
                    yield outcome
    finally:
        # Without it, what is being done, or waits in the pool's own queue, would be finished first.
        end.close()
        pool.shutdown(cancel_futures=True)
        ended.close()
    return suspects


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for a moment. A process started meanwhile ignores it until it says otherwise."""
    if threading.current_thread() is not threading.main_thread():
        # No other thread may set handlers, nor is any interrupted.
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_stop = threading.Event()
"""In a worker process: set when nothing more shall be done."""


def _start_worker(ended: Connection, cores: int, keeps: bool) -> None:  # noqa: FBT001 - passed by the pool
    # Before the libraries that look at them are imported.
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, str(max(1, cores)))
    Thread(target=_end_with_parent, name="gamutmeta-orphan", daemon=True).start()
    Thread(target=_stop_at, args=(ended,), name="gamutmeta-stop", daemon=True).start()
    skip_final_gc()
    switch_quickly()
    if keeps:
        keep_printed()
    # Ctrl-C reaches every process of a terminal. One that waits for work must not die of it with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: it would go on writing, or wait for ever."""
    from multiprocessing import parent_process  # noqa: PLC0415 - there already, in a worker

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stop_at(ended: Connection) -> None:
    """Interrupt what this process does once nobody waits for it: it may not have heard the Ctrl-C itself."""
    with suppress(OSError):  # that is how Windows tells of the end
        ended.poll(None)
    _stop.set()
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt once: what follows is the removal of what was begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _attempt_in_worker(work: Callable[[Item], Result], item: Item) -> Outcome[Item, Result]:
    # One that works must stop, and the writers of files then remove what they have begun.
    signal.signal(signal.SIGINT, _interrupt)
    try:
        if _stop.is_set():
            raise KeyboardInterrupt
        return attempt(work, item, one_of_many=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
