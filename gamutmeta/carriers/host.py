"""Kinds of host files, and which carrier fits which."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gamutmeta.carriers.png import SIGNATURE as PNG_SIGNATURE
from gamutmeta.errors import CarrierError, UnsupportedFileError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from gamutmeta.carriers.source import BytesLike

__all__ = [
    "CARRIERS",
    "SIGNATURE_BYTES",
    "SUFFIXES",
    "TIFF_SIGNATURES",
    "HostFormat",
    "carrier_for",
    "carriers_of",
    "format_of",
    "host_format",
]

HostFormat: TypeAlias = Literal["jpeg", "png", "tiff"]

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


def format_of(path: str | os.PathLike[str]) -> HostFormat:
    """Tell the kind of host file that a file name asks for.

    Raises:
        UnsupportedFileError: it is none that carries payloads.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UnsupportedFileError(f"{Path(path).name}: the sRGB file must end in {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]


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


def carrier_for(host: str, wanted: str | None = None, *, file: str | None = None) -> str:
    """Name the carrier to use for a kind of host file: the one that is wanted, if it fits.

    Args:
        host: "jpeg", "png" or "tiff".
        wanted: a name from `CARRIERS`; None for the default.
        file: name of the file, for the message.

    Raises:
        CarrierError: there is no such carrier, or it does not fit such a file.
        UnsupportedFileError: another kind of file.
    """
    fitting = carriers_of(host)
    if wanted is None:
        return fitting[0]
    where = "" if file is None else f"{file}: "
    if wanted not in CARRIERS:
        raise CarrierError(f"{where}unknown carrier {wanted!r}; there are {', '.join(CARRIERS)}")
    if wanted not in fitting:
        problem = f"carrier {wanted!r} does not fit a {host.upper()} file, which takes {', '.join(fitting)}"
        raise CarrierError(where + problem)
    return wanted
