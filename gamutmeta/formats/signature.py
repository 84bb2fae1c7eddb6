"""Kinds of files that can carry a payload, told by their first bytes and by the ends of their names."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gamutmeta.choices import HostFormat
from gamutmeta.errors import UnsupportedFileError
from gamutmeta.formats.png import SIGNATURE as PNG_SIGNATURE

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from gamutmeta.formats.source import BytesLike

__all__ = [
    "READABLE_SUFFIXES",
    "SIGNATURE_BYTES",
    "SUFFIXES",
    "TIFF_SIGNATURES",
    "HostFormat",
    "format_of",
    "host_format",
]

TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Of classic TIFF and BigTIFF, in both byte orders."""

_SIGNATURES: Final[tuple[tuple[bytes, HostFormat], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (PNG_SIGNATURE, "png"),
    *((signature, "tiff") for signature in TIFF_SIGNATURES),
)

SIGNATURE_BYTES = max(len(signature) for signature, _ in _SIGNATURES)
"""How many bytes from the beginning of a file `host_format` needs."""

SUFFIXES: Final[Mapping[str, HostFormat]] = MappingProxyType(
    {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff"}
)
"""Ending of a file's name, in lower case -> the kind of host file that it says."""


_MORE_OF_JPEG = (".jfif", ".jpe", ".mpo")

READABLE_SUFFIXES: Final = frozenset({*SUFFIXES, *_MORE_OF_JPEG})
"""Endings of names of files that may carry payloads: JPEGs have more names than new files get."""


def host_format(data: BytesLike) -> HostFormat:
    """Return the kind of a file, by its signature.

    Args:
        data: the file, or its first `SIGNATURE_BYTES` bytes.

    Raises:
        UnsupportedFileError: it is not a JPEG, PNG or TIFF.
    """
    head = bytes(data[:SIGNATURE_BYTES])
    for signature, host in _SIGNATURES:
        if head.startswith(signature):
            return host
    if not head:
        raise UnsupportedFileError("the file is empty")
    raise UnsupportedFileError(f"not a JPEG, PNG or TIFF file (it begins with {head!r})")


def format_of(path: str | os.PathLike[str]) -> HostFormat:
    """Tell the kind of host file that a file name asks for.

    Raises:
        UnsupportedFileError: it is none that carries payloads.
    """
    suffix = Path(path).suffix.lower()
    if suffix in _MORE_OF_JPEG:
        return "jpeg"
    if suffix not in SUFFIXES:
        raise UnsupportedFileError(f"{Path(path).name}: the sRGB file must end in {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]
