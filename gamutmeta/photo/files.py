"""Writing files whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.errors import OutputExistsError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["atomic_write", "check_output"]


def check_output(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """The file behind a path, after links, if it may be written. Call it before work that would be in vain.

    Raises:
        OutputExistsError: it exists and `overwrite` is false, or it is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise OutputExistsError(f"{path} is a folder")
    if not overwrite and target.exists():
        raise OutputExistsError(f"{path} exists")
    return target


def atomic_write(
    path: str | os.PathLike[str],
    data: bytes | Callable[[BinaryIO], None],
    *,
    overwrite: bool = False,
) -> None:
    """Write a file under a temporary name beside its place, then move it there.

    Whoever opens `path` meanwhile sees the old file or the new one, never a part. If anything fails, the temporary
    file is removed and `path` is as it was. A file that is replaced hands its permissions on.

    Args:
        path: where to; the folder exists.
        data: the content, or a function that writes it into the binary file it is given.
        overwrite: replace a file that is there already.

    Raises:
        OutputExistsError: the file exists, or came into being meanwhile, and `overwrite` is false; or it is a folder.
        OSError: the file cannot be written.
    """
    target = check_output(path, overwrite=overwrite)
    temporary = target.with_name(f".gamutmeta-{secrets.token_hex(8)}.tmp")
    # Not the tempfile module: its files are private to their owner, and this one is to be an ordinary file.
    try:
        with temporary.open("x+b") as file:
            if target.exists():
                # A photograph that only its owner may read stays so.
                shutil.copymode(target, temporary)
            if callable(data):
                data(file)
            else:
                file.write(data)
            if target.exists():
                # A power cut must not cost the old file as well.
                file.flush()
                os.fsync(file.fileno())
        if overwrite:
            temporary.replace(target)
        else:
            _move_to_new(temporary, target, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _move_to_new(temporary: Path, target: Path, path: str | os.PathLike[str]) -> None:
    """Move a file to a name that must not exist, without a moment in which somebody else's file could be replaced."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise OutputExistsError(f"{path} exists") from None
    except (OSError, NotImplementedError):
        # The file system has no hard links: reserve the name, then replace the empty file.
        try:
            target.open("xb").close()
        except FileExistsError:
            raise OutputExistsError(f"{path} exists") from None
        try:
            temporary.replace(target)
        except OSError:
            target.unlink()
            raise
