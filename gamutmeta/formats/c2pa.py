"""Where files keep manifests of Content Credentials (C2PA), which sign what a file was when it was signed.

References:
    C2PA Technical Specification 2.1, annex A (embedding manifests); ISO 19566-5 (JUMBF).
"""

from __future__ import annotations

from typing import Final

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import iter_boxes
from gamutmeta.formats.jpeg import APP11

__all__ = ["CHUNK", "MANIFEST_NOTE", "SEGMENT_HEAD", "TAG", "has_box", "is_store"]

MANIFEST_NOTE: Final = (
    "the C2PA manifest (Content Credentials) was left out: it signs the original file. Sign the new one, with the "
    "original as its ingredient"
)

CHUNK: Final = b"caBX"
"""Of a PNG."""

TAG: Final = 52545
"""Of a TIFF."""

_STORE = bytes.fromhex("6332706100110010800000aa00389b71")
"""Content type of the JUMBF box with the manifests."""

_TYPE_AT = 24
"""Where it stands in a segment of a JPEG: behind its head, and the heads of the superbox and its description."""

SEGMENT_HEAD: Final = _TYPE_AT + len(_STORE)
"""Bytes of a segment that :func:`is_store` looks at."""

_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Of the box in HEIF and AVIF."""

_JUMBF_TYPE_AT = 8
"""In the box of a JPEG XL: behind the head of its description."""


def is_store(marker: int, head: bytes) -> bool:
    """Whether a segment of a JPEG begins a manifest store.

    Args:
        marker: of the segment.
        head: its content; the first `SEGMENT_HEAD` bytes will do.
    """
    return marker == APP11 and head[_TYPE_AT:SEGMENT_HEAD] == _STORE


def has_box(data: bytes) -> bool:
    """Whether a file of boxes (HEIF, AVIF, JPEG XL) has a manifest store; False of what is damaged."""
    try:
        return any(
            (box.type == b"uuid" and data.startswith(_UUID, box.start))
            or (box.type == b"jumb" and data.startswith(_STORE, box.start + _JUMBF_TYPE_AT))
            for box in iter_boxes(data)
        )
    except PhotoError:
        return False
