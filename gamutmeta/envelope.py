"""What of a container is seen from outside: carriers and container agree on it here, and import nothing of each other.

All of it but the likeness is of format version 1, see ``spec/gamutmeta-1.md``.
"""

from __future__ import annotations

__all__ = ["COMMENT_PREFIX", "DIGEST_BYTES", "LIKENESS_BYTES", "MAGIC", "MAX_CONTAINER", "TEXT_KEYWORD"]

MAGIC = b"\x89GMT\r\n\x1a\n"
"""The first eight bytes of every container."""

MAX_CONTAINER = 61_440
"""Bytes of the largest container; with its wrapper it still fits one APP11 segment."""

DIGEST_BYTES = 16
"""Of a picture's SHA-256, its first 128 bits."""

LIKENESS_BYTES = 71
"""Of a picture's likeness, whatever its size; version 2."""

COMMENT_PREFIX = b"gamutmeta1 "
"""What a JPEG's comment with a container begins with."""

TEXT_KEYWORD = b"gamutmeta"
"""Of a PNG's text chunk with a container."""
