"""Carrier "sidecar": the container in a file next to the picture, for services that strip metadata."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.carriers.payload import MAX_CONTAINER, checked
from gamutmeta.errors import OutputExistsError, PayloadTooLargeError

if TYPE_CHECKING:
    from gamutmeta.carriers.source import BytesLike

__all__ = ["SIDECAR_SUFFIX", "read_sidecar", "sidecar_path", "write_sidecar"]

SIDECAR_SUFFIX = ".gamut"


def sidecar_path(path: str | os.PathLike[str]) -> Path:
    """Name the sidecar of a picture: "x.jpg" has "x.jpg.gamut", so that "x.jpg" and "x.png" do not share one."""
    picture = Path(path)
    return picture.with_name(picture.name + SIDECAR_SUFFIX)


def read_sidecar(path: str | os.PathLike[str], *, max_bytes: int = MAX_CONTAINER) -> bytes:
    """Read a container from a sidecar file.

    Args:
        path: of the sidecar itself; `sidecar_path` names it after its picture.
        max_bytes: a larger file is not read.

    Raises:
        OSError: there is no such file, or it cannot be read.
        PayloadTooLargeError: more than `max_bytes`.
        CarrierError: it does not begin with the container's magic number.
    """
    with Path(path).open("rb") as fp:
        size = os.fstat(fp.fileno()).st_size
        if size > max_bytes:
            raise PayloadTooLargeError(f"sidecar {os.fspath(path)}: {size} bytes; at most {max_bytes} are read")
        # One byte more than allowed, for a file that grows or a pipe, whose size is not known.
        return checked(fp.read(max_bytes + 1), f"sidecar {os.fspath(path)}", max_bytes)


def write_sidecar(path: str | os.PathLike[str], container: BytesLike, *, overwrite: bool = False) -> None:
    """Write a container to a sidecar file, through a temporary file that is renamed.

    Args:
        path: of the sidecar itself.
        container: bytes with the magic number, at most `MAX_CONTAINER` of them.
        overwrite: replace an existing file.

    Raises:
        OutputExistsError: the file exists and overwriting was not asked for.
        PayloadTooLargeError: more than `MAX_CONTAINER` bytes.
        CarrierError: the magic number is missing.
        OSError: it cannot be written.
    """
    target = Path(path)
    container = checked(container, "sidecar")
    # A name that nobody can foresee, and a file that must not exist: in a folder that others may write to, a link could
    # be waiting there, and would be followed.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as fp:
            fp.write(container)
        if not overwrite:
            try:
                target.open("xb").close()
            except FileExistsError:
                raise OutputExistsError(f"{target} exists; it was not overwritten") from None
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
