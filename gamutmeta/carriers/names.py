"""Names of the carriers, and which kinds of host files each of them fits."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gamutmeta.errors import CarrierError, UnsupportedFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamutmeta.choices import Carrier, HostFormat


__all__ = [
    "CARRIERS",
    "carrier_for",
    "carriers_of",
]

CARRIERS: Final[Mapping[Carrier, tuple[HostFormat, ...]]] = MappingProxyType(
    {
        "app11": ("jpeg",),
        "com": ("jpeg",),
        "itxt": ("png",),
        "tiff": ("tiff",),
        "sidecar": ("jpeg", "png", "tiff"),
    }
)
"""Carrier name -> kinds of host file it fits; the first carrier that fits a host is its default."""


def carriers_of(host: str) -> tuple[Carrier, ...]:
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


def carrier_for(host: str, wanted: str | None = None, *, file: str | None = None) -> Carrier:
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
