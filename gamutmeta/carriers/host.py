"""Kinds of host files, and which carrier fits which."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gamutmeta.errors import UnsupportedFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamutmeta.carriers.source import BytesLike

__all__ = ["CARRIERS", "SIGNATURE_BYTES", "SUFFIXES", "HostFormat", "carriers_of", "default_carrier", "host_format"]

HostFormat: TypeAlias = Literal["jpeg", "png", "tiff"]

_SIGNATURES: Final[tuple[tuple[bytes, HostFormat], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
)

SIGNATURE_BYTES = max(len(signature) for signature, _ in _SIGNATURES)
"""How many bytes from the beginning of a file `host_format` needs."""

SUFFIXES: Final[Mapping[str, HostFormat]] = MappingProxyType(
    {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff"}
)
"""Ending of a file's name, in lower case -> the kind of host file that it says."""

CARRIERS: Final[Mapping[str, tuple[HostFormat, ...]]] = MappingProxyType(
    {
        "app11": ("jpeg",),
        "com": ("jpeg",),
        "itxt": ("png",),
        "tiff": ("tiff",),
        "sidecar": ("jpeg", "png", "tiff"),
    }
)
"""Carrier name -> kinds of host file it fits; the first carrier that fits a host is its default."""


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
    raise UnsupportedFileError(f"not a JPEG, PNG or TIFF file (it begins with {head!r})")


def carriers_of(host: str) -> tuple[str, ...]:
    """Name the carriers that fit a kind of host file, the default one first.

    Args:
        host: "jpeg", "png" or "tiff".

    Raises:
        UnsupportedFileError: another kind.
    """
    names = tuple(name for name, hosts in CARRIERS.items() if host in hosts)
    if not names:
        raise UnsupportedFileError(f"no carrier fits a {host!r} file")
    return names


def default_carrier(host: str) -> str:
    """Name the carrier that is used for a kind of host file unless asked otherwise.

    Raises:
        UnsupportedFileError: `host` is not "jpeg", "png" or "tiff".
    """
    return carriers_of(host)[0]
