"""Bounded random access to a file, be it in memory or on disk.

The parsers of this room and of the carriers read through `Source`, so a length or offset in a hostile file can never
make it read more than the file holds.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from gamutmeta.errors import CarrierError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BytesLike", "Source", "SourceLike", "sources_remembered"]

BytesLike: TypeAlias = bytes | bytearray | memoryview

_remembered: ContextVar[dict[int, tuple[object, Source]] | None] = ContextVar("remembered", default=None)


@contextmanager
def sources_remembered() -> Iterator[None]:
    """Have :meth:`Source.of` give one source for one object in this thread meanwhile, with all that is known of it.

    For work that looks at a file several times and must not walk through its parts each time. The objects are kept
    until the end.
    """
    if _remembered.get() is not None:
        yield
        return
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


class Source:
    """A seekable file whose size is known.

    Args:
        fp: binary file; offsets count from its beginning, whatever its position is.

    Attributes:
        size: length of the file in bytes.
        known: what parsers have found out, under names of their own.
    """

    def __init__(self, fp: BinaryIO) -> None:
        self._fp = fp
        self.known: dict[str, Any] = {}
        self.size = fp.seek(0, io.SEEK_END)

    @staticmethod
    def of(data: SourceLike) -> Source:
        """Make a source of bytes or of a binary file; a `bytes` object is not copied."""
        if isinstance(data, Source):
            return data
        remembered = _remembered.get()
        # What can change is looked at again.
        if remembered is None or isinstance(data, (bytearray, memoryview)):
            return Source._new(data)
        if id(data) not in remembered:
            remembered[id(data)] = (data, Source._new(data))
        return remembered[id(data)][1]

    @staticmethod
    def _new(data: BytesLike | BinaryIO) -> Source:
        return Source(io.BytesIO(data) if isinstance(data, (bytes, bytearray, memoryview)) else data)

    def read(self, offset: int, length: int, what: str) -> bytes:
        """Read exactly `length` bytes at `offset`.

        Args:
            offset: from the beginning of the file.
            length: number of bytes, >= 0.
            what: name of the thing that is read, for the error message.

        Raises:
            CarrierError: the file does not hold these bytes.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise CarrierError(f"{what} at byte {offset} runs past the end of the file ({self.size} bytes)")
        self._fp.seek(offset)
        data = self._fp.read(length)
        if len(data) != length:
            raise CarrierError(f"{what} at byte {offset} cannot be read: the file ended early")
        return data

    def peek(self, offset: int, length: int) -> bytes:
        """Read up to `length` bytes at `offset`, fewer at the end of the file."""
        available = max(0, min(length, self.size - offset))
        return self.read(offset, available, "data") if available else b""


SourceLike: TypeAlias = Source | BytesLike | BinaryIO
