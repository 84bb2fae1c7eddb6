"""Raw photographs through rawpy (LibRaw): demosaiced, with the camera's white balance, scene-linear."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.errors import CarrierError
from gamutmeta.photo.extras import optional
from gamutmeta.photo.metadata import exif_of_tiff
from gamutmeta.photo.picture import Picture, check_size

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.color.transfer import Floats

__all__ = ["RAW_SUFFIXES", "read_raw"]

# fmt: off
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25",
    ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl",
    ".sr2", ".srf", ".srw", ".x3f",
})
# fmt: on
"""Names of raw files; many are TIFF files by their first bytes."""


def _as_is(values: Floats) -> Floats:
    return values


_LINEAR_PROPHOTO = replace(PROPHOTO, name="linear-prophoto", title="linear ROMM RGB", decode=_as_is, encode=_as_is)


def read_raw(path: Path, max_pixels: int) -> Picture:
    """Develop a raw photograph into linear ROMM RGB, turned upright.

    Exposure stays as the camera metered it: white is the sensor's saturation, nothing is brightened.

    Args:
        path: the file.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large.
        MissingExtraError: rawpy is not installed.
        Exception: whatever rawpy raises for a damaged or unknown file.
    """
    rawpy = optional("rawpy", "rawpy", "raw", "reading raw photographs")
    with rawpy.imread(str(path)) as raw:
        check_size(raw.sizes.width, raw.sizes.height, max_pixels)
        samples = raw.postprocess(
            output_color=rawpy.ColorSpace.ProPhoto,
            output_bps=16,
            gamma=(1, 1),
            no_auto_bright=True,
            use_camera_wb=True,
        )
    picture = Picture(samples, 16, space=_LINEAR_PROPHOTO)
    with path.open("rb") as file:
        try:
            picture.exif = exif_of_tiff(file, is_raw=True)
        except CarrierError:
            picture.notes.append("the raw file's EXIF data could not be read")
    return picture
