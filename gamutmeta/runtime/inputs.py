"""What is to be read, however it is given: a path, bytes, or a binary file that is open already."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Readable", "bytes_of", "is_path", "name_of", "opened", "position_kept", "require_paths", "write_into"]

Readable: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"
"""A path, the bytes themselves, or a binary file, which is read from where it stands."""


def is_path(source: object) -> bool:
    """Whether it is a path."""
    return isinstance(source, str | os.PathLike)


def name_of(source: Readable) -> str:
    """What messages call it: the path, the name of an open file, or "the bytes" or "the stream"."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return "the bytes"
    name = getattr(source, "name", None)
    return name if isinstance(name, str) and name else "the stream"


@contextmanager
def opened(source: Readable) -> Iterator[BinaryIO]:
    """A binary file that can be searched, with the content from its first byte on.

    A path is opened, and closed in the end. An open file stays open. What cannot be searched, a pipe or a download, is
    read to its end first.

    Raises:
        PhotoError: it is none of these, or a file that was opened for text.
        OSError: it cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield file if file.seekable() else io.BytesIO(file.read())
    elif isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif _starts_at_its_beginning(source):
        yield source
    else:
        yield io.BytesIO(_rest_of(source))


@contextmanager
def position_kept(source: Readable) -> Iterator[None]:
    """Have an open file that can be searched be where it was afterwards; nothing happens to anything else."""
    can_seek = getattr(source, "seekable", None)
    if can_seek is None or not can_seek():
        yield
        return
    file = cast("BinaryIO", source)
    position = file.tell()
    try:
        yield
    finally:
        file.seek(position)


def require_paths(instead: str, **paths: object) -> None:
    """Refuse what is no path, for functions that work on files by their names.

    Args:
        instead: what to call with an open file or with bytes.
        paths: the arguments, by their names.

    Raises:
        TypeError: one of them is no path.
    """
    for name, path in paths.items():
        if not is_path(path):
            raise TypeError(f"{name} must be a path, not {_kind_of(path)}; {instead}")


def write_into(file: BinaryIO, data: bytes) -> None:
    """Write all of a file into one that is open.

    Raises:
        TypeError: it is no file, or one that was opened for text.
        OSError: it cannot be written.
    """
    if not hasattr(file, "write"):
        raise TypeError(f"a path or a binary file can be written, not {_kind_of(file)}")
    if isinstance(cast("object", file), io.TextIOBase):
        raise TypeError(f"{name_of(file)}: the file was opened for text; open it with mode 'wb'")
    file.write(data)


def bytes_of(source: Readable) -> bytes:
    """The content; raises as :func:`opened`."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str | os.PathLike):
        return Path(source).read_bytes()
    return _rest_of(source)


def _starts_at_its_beginning(file: BinaryIO) -> bool:
    """Whether it is a binary file that can be searched, and nothing of it was read yet."""
    if not isinstance(file, io.RawIOBase | io.BufferedIOBase):
        return False
    return file.seekable() and file.tell() == 0


def _kind_of(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _rest_of(file: BinaryIO) -> bytes:
    read = getattr(file, "read", None)
    if read is None:
        raise PhotoError(f"a path, bytes or a binary file can be read, not {_kind_of(file)}")
    data = cast("object", read())
    if isinstance(data, str):
        raise PhotoError(f"{name_of(file)}: the file was opened for text; open it with mode 'rb'")
    return bytes(cast("bytes", data))
