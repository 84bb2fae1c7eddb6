"""Writing an sRGB file together with its payload: inside, or in a sidecar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.runtime.files import atomic_write, check_output

if TYPE_CHECKING:
    import os
    from typing import BinaryIO

    from gamutmeta.choices import Carrier

__all__ = ["check_outputs", "save_with_payload", "with_payload"]


def check_outputs(path: str | os.PathLike[str], carrier: Carrier | None, *, overwrite: bool) -> None:
    """Check that an sRGB file, and its sidecar, may be written. Call it before long work.

    Args:
        path: of the sRGB file.
        carrier: "sidecar", or any other one.
        overwrite: whether the files may exist.

    Raises:
        OutputExistsError, OSError: as for :func:`gamutmeta.runtime.files.check_output`.
    """
    check_output(path, overwrite=overwrite)
    if carrier == "sidecar":
        check_output(carriers.sidecar_path(path), overwrite=overwrite)


def with_payload(data: bytes, container: bytes, carrier: Carrier | None) -> bytes:
    """The sRGB file `data` with a container in it; `data` itself if the carrier is "sidecar".

    Raises:
        CarrierError: as for :func:`gamutmeta.carriers.embed`.
    """
    return data if carrier == "sidecar" else carriers.embed(data, container, carrier=carrier)


def save_with_payload(
    path: str | os.PathLike[str], data: bytes, container: bytes, carrier: Carrier | None, *, overwrite: bool
) -> None:
    """Write an sRGB file and, if the carrier is "sidecar", the container beside it.

    Args:
        path: of the sRGB file.
        data: the result of :func:`with_payload`.
        container: the payload's bytes.
        carrier: None for the format's own.
        overwrite: replace files that are there already.

    Raises:
        OutputExistsError, OSError: as for :func:`check_outputs`; nothing is written then.
    """
    check_outputs(path, carrier, overwrite=overwrite)
    if carrier != "sidecar":
        atomic_write(path, data, overwrite=overwrite)
        return

    def write_both(sidecar: BinaryIO) -> None:
        # The sidecar has its room before the picture appears: on a full disk there is neither.
        sidecar.write(container)
        sidecar.flush()
        atomic_write(path, data, overwrite=overwrite)

    atomic_write(carriers.sidecar_path(path), write_both, overwrite=overwrite)
