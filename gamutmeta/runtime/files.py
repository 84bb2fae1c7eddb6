"""Writes files completely or not at all, and removes temporary files of writers that were killed."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from gamutmeta.errors import OutputExistsError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedReader

__all__ = [
    "as_private_as",
    "atomic_write",
    "check_folder",
    "check_output",
    "observe_writes",
    "open_regular",
    "remove_leftovers",
]

_PREFIX, _SUFFIX = ".gamutmeta-", ".tmp"

_HAS_LOCKS = sys.platform != "win32"
"""Where it has none, a file that is open cannot be removed either."""

_CERTAINLY_LEFT = 24 * 3600
"""Seconds after which a temporary file is a leftover where the file system knows no locks."""

_observer: ContextVar[Callable[[Path, Path], None] | None] = ContextVar("observer", default=None)
_sources: ContextVar[tuple[os.stat_result, ...]] = ContextVar("sources", default=())


@contextmanager
def observe_writes(observer: Callable[[Path, Path], None]) -> Iterator[None]:
    """Have every file that this thread writes shown to `observer` when it is complete, before it takes its place.

    Args:
        observer: is given the path that was asked for, and the temporary file. If it raises, the file is not written.
    """
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


@contextmanager
def as_private_as(*sources: str | os.PathLike[str]) -> Iterator[None]:
    """Have new files that this thread writes meanwhile be readable by nobody who may not read these files.

    Args:
        sources: what the new files are made from; those that cannot be found do not count.
    """
    found = list(_sources.get())
    for source in sources:
        with suppress(OSError):
            found.append(Path(source).stat())
    token = _sources.set(tuple(found))
    try:
        yield
    finally:
        _sources.reset(token)


def open_regular(path: str | os.PathLike[str], *, follow: bool = True, writable: bool = False) -> BufferedReader:
    """Open a file, if it is an ordinary one: a pipe or a device might never end, or never begin.

    Args:
        path: where it is.
        follow: whether it may be a link.
        writable: for writing as well.

    Raises:
        OSError: it is not there, no ordinary file, or a link and `follow` is false.
    """
    flags = (os.O_RDWR if writable else os.O_RDONLY) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not an ordinary file", os.fspath(path))
    return cast("BufferedReader", os.fdopen(descriptor, "r+b" if writable else "rb"))


def check_output(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Where to write the file of that path, if it may be written. Call it before work that would be in vain.

    Links among its folders are followed. A link of its own name counts as a file that exists, wherever it leads: the
    link would be replaced, and what it leads to left alone.

    Raises:
        OutputExistsError: it exists and `overwrite` is false, or it is a folder, a pipe or a device.
        OSError: its folder is there, and takes no files: as for :func:`check_folder`.
    """
    target = _place_of(path)
    if target.is_dir():
        raise OutputExistsError(f"{path} is a folder; name a file")
    mode = _mode_of(target)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        raise OutputExistsError(f"{path} is a pipe or a device, which is not replaced; name another file")
    if mode is not None and not overwrite:
        raise _exists_error(path)
    if target.parent.is_dir():
        check_folder(target.parent, path)
    return target


def check_folder(folder: Path, path: str | os.PathLike[str], *, has_room: bool = False) -> None:
    """Check, without writing, that a folder takes a new file.

    Args:
        folder: which is there.
        path: of the file, for the message.
        has_room: check that its file system is not full as well. Some do not tell.

    Raises:
        OSError: EROFS, EACCES or ENOSPC; names `path`.
    """
    status = os.statvfs(folder) if hasattr(os, "statvfs") else None
    problem = None
    if not os.access(folder, os.W_OK):
        problem = errno.EROFS if status is not None and status.f_flag & os.ST_RDONLY else errno.EACCES
    elif has_room and status is not None:
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        blocks, files = (status.f_bfree, status.f_ffree) if is_root else (status.f_bavail, status.f_favail)
        if (status.f_blocks and not blocks) or (status.f_files and not files):
            problem = errno.ENOSPC
    if problem is not None:
        raise OSError(problem, os.strerror(problem), os.fspath(path))


def atomic_write(
    path: str | os.PathLike[str],
    data: bytes | Callable[[BinaryIO], None],
    *,
    overwrite: bool = False,
) -> None:
    """Write a file under a temporary name beside its place, then move it there.

    Whoever opens `path` meanwhile sees the old file or the new one, never a part. If anything fails, the temporary
    file is removed and `path` is as it was; what a killed process leaves, :func:`remove_leftovers` finds. The temporary
    file is its owner's alone. A file that is replaced hands its permissions on; a new one gets those of any new file,
    but for what :func:`as_private_as` withholds. A link is replaced, and not what it leads to.

    Args:
        path: where to; the folder exists.
        data: the content, or a function that writes it into the binary file it is given.
        overwrite: replace a file or link that is there already.

    Raises:
        OutputExistsError: the file exists, or came into being meanwhile, and `overwrite` is false; or it is a folder.
        OSError: the file cannot be written; names `path`.
    """
    target = check_output(path, overwrite=overwrite)
    with _errors_naming(path), _locked_temporary(target) as temporary:
        with temporary.open("r+b") as file:
            if callable(data):
                data(file)
            else:
                file.write(data)
            if target.exists():
                # A power cut must not cost the old file as well.
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(_final_mode(target, temporary))
        _show_to_observer(Path(path), temporary)
        if overwrite:
            temporary.replace(target)
        else:
            _move_to_new(temporary, target, path)


def remove_leftovers(paths: Iterable[str | os.PathLike[str]]) -> int:
    """Remove temporary files that killed processes left when they were writing these files; others are left alone.

    One that is being written at this moment, by whatever process, is locked and stays.

    Returns:
        How many were removed.
    """
    keys: dict[Path, set[str]] = {}
    for path in paths:
        target = _place_of(path)
        keys.setdefault(target.parent, set()).add(_key(target))
    removed = 0
    for folder, wanted in keys.items():
        # It need not exist, or be a folder; whoever writes there will say so.
        with suppress(OSError), os.scandir(folder) as entries:
            for name in [entry.name for entry in entries]:
                is_temporary = name.startswith(_PREFIX) and name.endswith(_SUFFIX)
                if is_temporary and name.removeprefix(_PREFIX).partition("-")[0] in wanted:
                    removed += _removed_if_left(folder / name)
    return removed


def _place_of(path: str | os.PathLike[str]) -> Path:
    """The path with links among its folders followed, but not one of its own name."""
    named = Path(path)
    if named.name in {"", ".."}:
        return Path(os.path.realpath(named))
    return Path(os.path.realpath(named.parent), named.name)


def _mode_of(path: Path) -> int | None:
    """Kind and permissions of what is there under that name, a link itself; None if there is nothing."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _final_mode(target: Path, temporary: Path) -> int:
    """Permissions of the finished file."""
    before = _mode_of(target)
    if before is not None and stat.S_ISREG(before):
        return stat.S_IMODE(before)
    # What the system gives to new files here; the process's mask could not be asked for without setting it.
    probe = _temporary_name(target)
    descriptor = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
        probe.unlink()
    group = temporary.stat().st_gid
    for source in _sources.get():
        allowed = source.st_mode | 0o700
        if source.st_gid != group:
            # Another group's members are strangers to the photograph.
            allowed = allowed & ~0o070 | (source.st_mode & 0o007) << 3
        mode &= allowed
    return mode


def _temporary_name(target: Path) -> Path:
    return target.with_name(f"{_PREFIX}{_key(target)}-{secrets.token_hex(8)}{_SUFFIX}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _exists_error(path: str | os.PathLike[str]) -> OutputExistsError:
    return OutputExistsError(f"{path} exists; pass overwrite=True to replace it")


def _key(target: Path) -> str:
    """What the names of a file's temporary files have in common. A digest, as the name itself may be too long."""
    return hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]


@contextmanager
def _errors_naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have errors of the system name the file that was asked for: nobody knows the temporary one, or it is gone."""
    try:
        yield
    except OSError as error:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
        if error.errno is None or (name and not Path(name).name.startswith(_PREFIX)):
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


@contextmanager
def _locked_temporary(target: Path) -> Iterator[Path]:
    """A new, empty file beside `target`, which is locked meanwhile and removed in the end, if it is still there."""
    while True:
        temporary = _temporary_name(target)
        with open(temporary, "xb", opener=_private) as claim:
            if _locked(claim) is False or not os.fstat(claim.fileno()).st_nlink:
                # Somebody took it for a leftover before it was locked.
                continue
            if not _HAS_LOCKS:
                claim.close()
            try:
                yield temporary
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
        return


def _locked(file: BinaryIO) -> bool | None:
    """Lock a file until it is closed: whether nobody else had; None if it cannot be locked here at all."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _removed_if_left(temporary: Path) -> bool:
    # Gone meanwhile, or somebody else's.
    with suppress(OSError), ExitStack() as stack:
        if _HAS_LOCKS:
            file = stack.enter_context(open_regular(temporary, follow=False, writable=True))
            locked = _locked(file)
            is_old = time.time() - os.fstat(file.fileno()).st_mtime > _CERTAINLY_LEFT
            if locked is False or (locked is None and not is_old):
                return False
        temporary.unlink()
        return True
    return False


def _show_to_observer(path: Path, temporary: Path) -> None:
    observer = _observer.get()
    if observer is None:
        return
    # What the observer writes itself is not shown.
    token = _observer.set(None)
    try:
        observer(path, temporary)
    finally:
        _observer.reset(token)


def _move_to_new(temporary: Path, target: Path, path: str | os.PathLike[str]) -> None:
    """Move a file to a name that must not exist, without a moment in which somebody else's file could be replaced."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise _exists_error(path) from None
    except (OSError, NotImplementedError):
        # The file system has no hard links, or the whole system has none, which pathlib tells by NotImplementedError:
        # reserve the name, then replace the empty file.
        try:
            target.open("xb").close()
        except FileExistsError:
            raise _exists_error(path) from None
        try:
            temporary.replace(target)
        except OSError:
            target.unlink()
            raise
