"""Raw photographs through rawpy (LibRaw): demosaiced, with the camera's white balance, neutral or vivid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif import NO_MAKER_NOTES, exif_of_tiff, lost_of_tiff
from gamutmeta.photo.picture import Picture, check_size
from gamutmeta.runtime.extras import optional

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.color.transfer import Floats

__all__ = ["RAW_STYLES", "RAW_SUFFIXES", "read_raw"]

# fmt: off
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25",
    ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl",
    ".sr2", ".srf", ".srw", ".x3f",
})
# fmt: on
"""Names of raw files; many are TIFF files by their first bytes."""


RAW_STYLES = ("neutral", "vivid")
"""Neutral: as the light was, scene-linear. Exposure stays as the camera metered it: white is the sensor's saturation,
nothing is brightened.

Vivid: as a camera would show it. Brightened until one pixel in a hundred is white, and with an S-shaped curve on each
channel of ROMM RGB, which raises contrast and, channels being farther apart then, saturation."""

_WHITE_SHARE = 0.01
_LIBRAWS_THRESHOLD = 0.75
_CONTRAST = 0.5
"""Share of the S-shaped curve; slope 1.25 at middle grey."""


def _as_is(values: Floats) -> Floats:
    return values


_LINEAR_PROPHOTO = replace(PROPHOTO, name="linear-prophoto", title="linear ROMM RGB", decode=_as_is, encode=_as_is)


def _contrasted(values: Floats) -> Floats:
    """Linear light after a blend of the encoded values with their smooth step, 3e^2 - 2e^3."""
    encoded = PROPHOTO.encode(np.clip(values, 0, 1))
    curved = encoded * encoded * (3 - 2 * encoded)
    return PROPHOTO.decode(encoded + _CONTRAST * (curved - encoded))


# What the decoder of the file's numbers does counts, and nothing is ever encoded in it.
_VIVID_PROPHOTO = replace(_LINEAR_PROPHOTO, name="vivid-prophoto", title="developed ROMM RGB", decode=_contrasted)


def read_raw(path: Path, max_pixels: int, *, style: str = "neutral") -> Picture:
    """Develop a raw photograph into ROMM RGB, turned upright, with the white balance that the camera has noted.

    Args:
        path: the file.
        max_pixels: limit on width x height.
        style: one of `RAW_STYLES`.

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
            no_auto_bright=style == "neutral",
            # LibRaw takes the largest sample for white where it passes 75 % of it, by default: frames of one bracket
            # would get scales of their own.
            adjust_maximum_thr=0.0 if style == "neutral" else _LIBRAWS_THRESHOLD,
            auto_bright_thr=_WHITE_SHARE,
            use_camera_wb=True,
        )
    picture = Picture(samples, 16, space=_LINEAR_PROPHOTO if style == "neutral" else _VIVID_PROPHOTO)
    with path.open("rb") as file:
        try:
            picture.exif = exif_of_tiff(file, is_raw=True)
            picture.notes += [note for note in lost_of_tiff(file) if note == NO_MAKER_NOTES]
        except CarrierError:
            picture.notes.append("the EXIF data of the raw file could not be read")
    return picture
