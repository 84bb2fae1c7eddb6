"""Folders and many files: which file is written where, and what became of each."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from gamutmeta.color.threads import THREADS_VARIABLE, core_count
from gamutmeta.errors import GamutMetaError, GamutMetaWarning, PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from multiprocessing.synchronize import Event

__all__ = ["Failure", "Outcome", "Task", "attempt", "listed", "plan", "run"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_FOLDER_ENDINGS = tuple(filter(None, (os.sep, os.altsep)))

_THREAD_VARIABLES = (THREADS_VARIABLE, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Of gamutmeta itself, torch and numpy."""

_NOT_PHOTOGRAPHS = (".", "~")
"""How names of hidden files (those of unfinished writes among them) and of editors' lock files begin."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read and the file to write from it."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be done.

    Attributes:
        code: stable and machine-readable, see :attr:`gamutmeta.errors.GamutMetaError.code`; "os" for an OSError.
        message: for people.
    """

    code: str
    message: str

    @classmethod
    def of(cls, error: GamutMetaError | OSError) -> Failure:
        """Describe an exception; unlike many of them it can be sent from one process to another."""
        if isinstance(error, GamutMetaError):
            return cls(error.code, str(error))
        if error.strerror is None:
            return cls("os", str(error) or type(error).__name__)
        return cls("os", error.strerror if error.filename is None else f"{error.strerror}: {error.filename}")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Result]):
    """What became of one file: either a result or a failure.

    Attributes:
        item: what was worked on.
        result: None if it failed.
        failure: None if it did not.
        warnings: every :class:`~gamutmeta.errors.GamutMetaWarning` on the way.
    """

    item: Item
    result: Result | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()


def plan(
    sources: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    readable: Collection[str],
    suffix: str | None = None,
) -> list[Task]:
    """Decide which file is written where.

    One source and an output that is no folder make one task. Otherwise `output` is a folder, and so it is if it exists
    as one or is given with a separator at its end. Folders among the sources are searched recursively, in the order of
    their names; their sub-folders come again in the output. Hidden files, pipes and devices, and the output folder
    itself, are left out.

    Args:
        sources: files and folders.
        output: a file or folder; it need not exist.
        readable: suffixes, in lower case with the dot, that count in a folder. A file that is named is always taken.
        suffix: of the files written into a folder; None to keep the names.

    Raises:
        PlanError: if there is nothing to do, two sources would be written to one file, or an input would be
            overwritten. Nothing has been done then.
        OSError: if a folder cannot be searched.
    """
    paths = [Path(source) for source in sources]
    if not paths:
        raise PlanError("there is no input")
    folder = Path(output)
    if len(paths) > 1 or paths[0].is_dir() or folder.is_dir() or os.fspath(output).endswith(_FOLDER_ENDINGS):
        if folder.exists() and not folder.is_dir():
            raise PlanError(f"{folder} is a file; several inputs need a folder to be written to")
        tasks = [
            Task(root / name, folder / (name if suffix is None else name.with_suffix(suffix)))
            for path in paths
            for root, name in _files(path, readable, folder)
        ]
    else:
        tasks = [Task(paths[0], folder)]
    _refuse_collisions(tasks)
    return tasks


def listed(sources: Iterable[str | os.PathLike[str]], *, readable: Collection[str]) -> list[Path]:
    """Files as they are named, folders searched recursively in the order of names; hidden files are left out.

    Args:
        sources: files and folders.
        readable: as for :func:`plan`.

    Raises:
        PlanError: if a folder holds nothing to read.
        OSError: if a folder cannot be searched.
    """
    return [root / name for source in sources for root, name in _files(Path(source), readable, None)]


def run(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    *,
    jobs: int = 1,
) -> Iterator[Outcome[Item, Result]]:
    """Do `work` for every item and give the outcomes, each as soon as it is there.

    A GamutMetaError or OSError is the failure of one item, and the others go on. Any other exception is a defect and
    ends it all. So does an interrupt: what has not begun is dropped, and what is being written leaves no half file.

    Several processes share the cores: each is told to use no more threads than its part of them, by environment
    variables that it finds set already where the caller wants something else.

    Args:
        items: what to work on. With several processes, they, `work` and its results must be picklable.
        work: done once for each.
        jobs: processes at the same time; with 1 everything happens in this one, in order.
    """
    pending = list(items)
    jobs = min(jobs, len(pending))
    if jobs <= 1:
        for item in pending:
            yield attempt(work, item)
        return
    # Not needed for one job, and a twentieth of a second to import.
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    # Forked processes would inherit the locks of numpy's and torch's threads.
    context = get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(stop, core_count() // jobs))
    try:
        with _interrupts_ignored():
            futures = [pool.submit(_attempt_in_worker, work, item) for item in pending]
        for done in as_completed(futures):
            yield done.result()
    finally:
        # Without it, what waits in the pool's own queue would still be done.
        stop.set()
        pool.shutdown(cancel_futures=True)


def attempt(work: Callable[[Item], Result], item: Item) -> Outcome[Item, Result]:
    """Do `work` for one item, see :func:`run`."""
    result = failure = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GamutMetaWarning)
        try:
            result = work(item)
        except (GamutMetaError, OSError) as error:
            failure = Failure.of(error)
    messages = []
    for warning in caught:
        if issubclass(warning.category, GamutMetaWarning):
            messages.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return Outcome(item, result, failure, tuple(messages))


def _files(path: Path, readable: Collection[str], output: Path | None) -> list[tuple[Path, Path]]:
    """A file as (its folder, its name), or those in a folder, but for `output`, as (the folder, the path below it)."""
    if not path.is_dir():
        return [(path.parent, Path(path.name))]
    found = []
    output_identity = None if output is None else _identity(output)
    for folder, subfolders, names in os.walk(path, onerror=_raise):
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not name.startswith(_NOT_PHOTOGRAPHS) and _identity(Path(folder, name)) != output_identity
        )
        found += [
            (path, Path(folder, name).relative_to(path))
            for name in sorted(names)
            if not name.startswith(_NOT_PHOTOGRAPHS)
            and Path(name).suffix.lower() in readable
            and not _is_special(Path(folder, name))
        ]
    if not found:
        raise PlanError(f"{path} holds no file that ends in {', '.join(sorted(readable))}")
    return found


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, a device or the like, behind links, which might never end; not so a link to nothing."""
    return path.exists() and not path.is_file()


def _raise(error: OSError) -> None:
    """os.walk skips what it cannot read unless it is told otherwise."""
    raise error


def _refuse_collisions(tasks: list[Task]) -> None:
    inputs = {_identity(task.source) for task in tasks}
    writers: dict[str, Path] = {}
    for task in tasks:
        target = _identity(task.target)
        if target in inputs:
            raise PlanError(f"{task.target} is an input; it would be overwritten")
        if target in writers:
            raise PlanError(f"{writers[target]} and {task.source} would both be written to {task.target}")
        writers[target] = task.source


def _identity(path: Path) -> str:
    """The same for two names of one file, links and the system's idea of upper and lower case considered."""
    return os.path.normcase(os.path.realpath(path))


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


_stop: Event | None = None
"""In a worker process: set when no further item shall be begun."""


def _start_worker(stop: Event, cores: int) -> None:
    global _stop  # noqa: PLW0603 - the one way to hand an event to a worker
    _stop = stop
    # Before the libraries that look at them are imported.
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, str(max(1, cores)))
    # At its end Python searches all objects for garbage, several times: with torch half a second, for nothing.
    atexit.register(gc.freeze)
    # Ctrl-C reaches every process of a terminal. One that waits for work must not die of it with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _attempt_in_worker(work: Callable[[Item], Result], item: Item) -> Outcome[Item, Result]:
    # One that works must stop, and the writers of files then remove what they have begun.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if _stop is not None and _stop.is_set():
            raise KeyboardInterrupt
        return attempt(work, item)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
