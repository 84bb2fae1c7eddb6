"""How well an sRGB file restores its photograph, which must still be there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.color.quality import measure, quality_figures
from gamutmeta.errors import PhotoError
from gamutmeta.expansion import attached_payload, expand_decoded
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.report import Report

if TYPE_CHECKING:
    import os

__all__ = ["verify_file"]


def verify_file(
    path: str | os.PathLike[str],
    reference: str | os.PathLike[str],
    *,
    sidecar: str | os.PathLike[str] | None = None,
    assume_space: str | None = None,
    raw_style: str = "neutral",
    check: bool = True,
) -> Report:
    """Expand `path` and measure the result, and plain clipping, against the photograph `reference`.

    Args:
        path: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        reference: the photograph, of the same size.
        sidecar: take the payload from this sidecar.
        assume_space: the colour space of a reference that names none.
        raw_style: how a raw reference is developed; as when the file was reduced.
        check: refuse a payload that was made for another picture.

    Raises:
        PhotoError: if the two differ in size.
        GamutMetaError, OSError: as for :func:`gamutmeta.expansion.expand`.
    """
    start = time.perf_counter()
    data = Path(path).read_bytes()
    attached = attached_payload(data, path, sidecar=sidecar)
    codes = decode_srgb(data)  # Without transparency: the figures are of all colours, seen or not.
    restored = expand_decoded(attached, data, codes, check=check)
    original = read_photo(reference, assume_space=assume_space, raw_style=raw_style)
    if original.size != restored.size:
        raise PhotoError(
            f"{Path(reference).name} has {original.width}x{original.height} pixels, "
            f"{Path(path).name} {restored.width}x{restored.height}: pictures of different size cannot be compared",
        )
    adaptation = attached.payload.descriptor.adaptation
    quality = measure(original.array, restored.array, adaptation)
    # The restored picture is measured: its memory will do for the clipped one.
    clipped = expand_pixels(Descriptor(adaptation=adaptation), {}, codes, out=restored.array)
    return Report(
        file=str(path),
        carrier=attached.carrier,
        model=str(attached.payload.descriptor),
        payload_bytes=attached.size,
        file_bytes=len(data),
        **quality_figures(
            quality,
            measure(original.array, clipped, adaptation),
        ),
        seconds=time.perf_counter() - start,
        notes=(*original.notes, *restored.notes),
    )
