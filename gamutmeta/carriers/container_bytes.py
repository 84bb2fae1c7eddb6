"""The container as carriers see it: opaque bytes that begin with a magic number, and their text form."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.envelope import MAGIC, MAX_CONTAINER
from gamutmeta.errors import CarrierError, PayloadTooLargeError

if TYPE_CHECKING:
    from gamutmeta.formats.source import BytesLike

__all__ = ["MAGIC", "MAX_CONTAINER", "MAX_TEXT", "Extracted", "checked", "from_text", "to_text"]

MAX_TEXT = 2 * MAX_CONTAINER
"""Bytes of base64 that are read at most: room for 4/3 of the largest container and for line breaks."""

# Python's own check lets padding behind complete groups pass, in some versions.
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

# Editors that treat comments as C strings or lines leave these behind.
_TEXT_PADDING = b"\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class Extracted:
    """A container taken out of a file.

    Attributes:
        container: its bytes; nothing but the magic number has been checked.
        carrier: where it was, one of the names in `CARRIERS`.
    """

    container: bytes
    carrier: str

    def __repr__(self) -> str:
        return f"<Extracted {self.carrier}, {len(self.container):,} bytes>"


def checked(container: BytesLike, carrier: str, limit: int = MAX_CONTAINER) -> bytes:
    """Return the container as bytes if it has the magic number and is no larger than `limit`.

    Raises:
        PayloadTooLargeError: more than `limit` bytes.
        CarrierError: the magic number is missing.
    """
    container = bytes(container)
    if len(container) > limit:
        raise PayloadTooLargeError(f"carrier {carrier}: a container of {len(container)} bytes; at most {limit} fit")
    if not container.startswith(MAGIC):
        raise CarrierError(f"carrier {carrier}: the container does not begin with its magic number")
    return container


def to_text(container: bytes) -> bytes:
    """Write a container as base64 (RFC 4648, section 4) without line breaks."""
    return base64.b64encode(container)


def from_text(text: bytes, carrier: str) -> bytes:
    """Read the text form back; white space and trailing NUL bytes are ignored.

    Raises:
        PayloadTooLargeError: longer than any container.
        CarrierError: not base64, or not a container.
    """
    if len(text) > MAX_TEXT:
        raise PayloadTooLargeError(f"carrier {carrier}: {len(text)} bytes of text; at most {MAX_TEXT} are read")
    compact = b"".join(text.rstrip(_TEXT_PADDING).split())
    if _BASE64.fullmatch(compact) is None:
        raise CarrierError(f"carrier {carrier}: its text is not base64")
    return checked(base64.b64decode(compact), carrier)
