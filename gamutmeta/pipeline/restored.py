"""Reducing a file again: its own pixels are clipped, so the photograph is restored first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.errors import BindingError, CarrierError, DuplicatePayloadError, PayloadError, PhotoError
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import SrgbFile

if TYPE_CHECKING:
    import os

    from gamutmeta.container import Limits

__all__ = ["RESTORED", "restored_before"]

RESTORED = (
    "the file carries a payload: its photograph was restored first, and that was reduced; figures compare with it, not "
    "with the photograph before"
)
"""A note."""


def restored_before(source: str | os.PathLike[str], *, limits: Limits | None = None) -> WideImage | None:
    """The photograph that a file with a payload, or with a sidecar beside it, restores; None for all other files.

    Args:
        source: path of the file.
        limits: of the payload, the picture and the work, as for :func:`gamutmeta.expand`.

    Raises:
        PhotoError: the payload is damaged, or beyond the limits, there are two, or it was made for another picture.
        OSError: the file cannot be read.
    """
    try:
        with Path(source).open("rb") as file:
            if not file.seekable():
                return None
            carriers.extract_or_sidecar(file, source)
    except DuplicatePayloadError as error:
        raise _unusable(source, error) from error
    except CarrierError:
        # There is none; or there is damage, which the reader of photographs tells if it matters to the picture.
        return None
    try:
        with pictures_limited(limits):
            wide = SrgbFile.read(source, limits=limits, check=True).expand()
    except (PayloadError, BindingError) as error:
        raise _unusable(source, error) from error
    notes = (RESTORED, *wide.notes)
    return WideImage(wide.array, wide.space, alpha=wide.alpha, **(wide.metadata.everything() | {"notes": notes}))


def _unusable(source: str | os.PathLike[str], error: Exception) -> PhotoError:
    return PhotoError(
        f"{source}: it carries a payload that cannot be used: {error}; to reduce the picture as it is shown, remove "
        "the payload first (gamutmeta strip)"
    )
