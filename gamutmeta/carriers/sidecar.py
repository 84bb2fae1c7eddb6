"""Carrier "sidecar": the container in a file next to the picture, for services that strip metadata."""

from __future__ import annotations

import os
from pathlib import Path

from gamutmeta.carriers.container_bytes import MAX_CONTAINER, checked
from gamutmeta.errors import CarrierError, PayloadTooLargeError

__all__ = ["SIDECAR_SUFFIX", "read_sidecar", "sidecar_beside", "sidecar_path"]

SIDECAR_SUFFIX = ".gamut"


def sidecar_path(path: str | os.PathLike[str]) -> Path:
    """Name the sidecar of a picture: "x.jpg" has "x.jpg.gamut", so that "x.jpg" and "x.png" do not share one."""
    picture = Path(path)
    return picture.with_name(picture.name + SIDECAR_SUFFIX)


def sidecar_beside(path: str | os.PathLike[str]) -> Path | None:
    """Find the sidecar of a picture; None if there is no such file."""
    beside = sidecar_path(path)
    return beside if beside.is_file() else None


def read_sidecar(path: str | os.PathLike[str]) -> bytes:
    """Read a container from a sidecar file.

    Args:
        path: of the sidecar itself; `sidecar_path` names it after its picture.

    Raises:
        OSError: there is no such file, or it cannot be read.
        PayloadTooLargeError: more than `MAX_CONTAINER` bytes; nothing is read then.
        CarrierError: it is empty, or does not begin with the container's magic number.
    """
    with Path(path).open("rb") as fp:
        size = os.fstat(fp.fileno()).st_size
        if size > MAX_CONTAINER:
            raise PayloadTooLargeError(f"sidecar {os.fspath(path)}: {size} bytes; at most {MAX_CONTAINER} are read")
        # One byte more than allowed, for a file that grows or a pipe, whose size is not known.
        content = fp.read(MAX_CONTAINER + 1)
    if not content:
        raise CarrierError(f"sidecar {os.fspath(path)}: the file is empty")
    return checked(content, f"sidecar {os.fspath(path)}")
