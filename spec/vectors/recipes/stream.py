"""Numbers that look random and are the same on every machine: SHA-256 of a name and a counter."""

from __future__ import annotations

import hashlib

__all__ = ["Stream"]


class Stream:
    """An endless sequence of bytes; block i is the SHA-256 of the name, a NUL and i as 64-bit big-endian integer.

    Args:
        name: two streams of one name are equal.
    """

    def __init__(self, name: str) -> None:
        self._name = name.encode() + b"\0"
        self._block = 0
        self._left = b""

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        pieces = [self._left]
        have = len(self._left)
        while have < count:
            pieces.append(hashlib.sha256(self._name + self._block.to_bytes(8, "big")).digest())
            self._block += 1
            have += 32
        joined = b"".join(pieces)
        self._left = joined[count:]
        return joined[:count]

    def integers(self, low: int, high: int, count: int) -> list[int]:
        """The next `count` integers in low..high, each made of four bytes."""
        span = high - low + 1
        words = self.take(4 * count)
        return [low + (int.from_bytes(words[i : i + 4], "big") * span >> 32) for i in range(0, 4 * count, 4)]
