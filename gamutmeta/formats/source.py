"""Bounded random access to a file, be it in memory or on disk.

The parsers of this room and of the carriers read through `Source`, so a length or offset in a hostile file can never
make it read more than the file holds.
"""

from __future__ import annotations

import io
from typing import BinaryIO, TypeAlias

from gamutmeta.errors import CarrierError

__all__ = ["BytesLike", "Source", "SourceLike"]

BytesLike: TypeAlias = bytes | bytearray | memoryview


class Source:
    """A seekable file whose size is known.

    Args:
        fp: binary file; offsets count from its beginning, whatever its position is.

    Attributes:
        size: length of the file in bytes.
    """

    def __init__(self, fp: BinaryIO) -> None:
        self._fp = fp
        self.size = fp.seek(0, io.SEEK_END)

    @staticmethod
    def of(data: SourceLike) -> Source:
        """Make a source of bytes or of a binary file; a `bytes` object is not copied."""
        if isinstance(data, Source):
            return data
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
