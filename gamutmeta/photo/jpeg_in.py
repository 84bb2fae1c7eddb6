"""JPEG files: 8 bits per sample through Pillow, 12 through imagecodecs.

References:
    ITU-T T.81, section B.2.2 (frame header).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.jpeg import iter_header
from gamutmeta.photo.picture import Picture, channels_of
from gamutmeta.photo.pillow_in import open_pillow, read_pillow, take_jpeg_metadata, take_profile
from gamutmeta.runtime.extras import imagecodecs_for

__all__ = ["read_jpeg"]

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of frame headers; the other three are tables and an extension."""
_EXTENDED = 12
"""Bits per sample of extended JPEG, as in medicine and in scanners."""


def read_jpeg(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the first picture of a JPEG file.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: CMYK, or too large.
        MissingExtraError: it has 12 bits per sample, and imagecodecs is not installed.
        Exception: whatever the decoders raise for a damaged file.
    """
    place = _precision_at(file)
    file.seek(0)
    if place is None:
        return read_pillow(file, ("JPEG",), max_pixels)
    data = file.read()
    # Pillow reads the header, whose metadata are what they would be with 8 bits.
    disguised = data[:place] + b"\x08" + data[place + 1 :]
    with open_pillow(io.BytesIO(disguised), ("JPEG",), max_pixels) as image:
        if image.mode not in {"L", "RGB"}:
            raise PhotoError(f"{image.mode} JPEG is not supported; save it as RGB")
        samples: NDArray[np.uint16] = np.asarray(imagecodecs_for("reading 12-bit JPEG").jpeg8_decode(data), np.uint16)
        if samples.shape[:2] != image.size[::-1]:
            raise PhotoError(f"JPEG of {image.size} pixels was decoded to the shape {samples.shape}")
        notes: list[str] = []
        rgb, alpha, is_gray = channels_of(samples, _EXTENDED, notes)
        picture = Picture(rgb, _EXTENDED, is_gray, alpha, notes=notes)
        take_profile(picture, image)
        take_jpeg_metadata(picture, io.BytesIO(data), image)
    return picture


def _precision_at(file: BinaryIO) -> int | None:
    """Where the file tells that it has 12 bits per sample; None if it does not."""
    try:
        for segment in iter_header(file):
            if segment.marker in _FRAMES:
                file.seek(segment.start)
                return segment.start if file.read(1) == bytes([_EXTENDED]) else None
    except CarrierError:
        pass  # Pillow tells what is wrong, if it is wrong for Pillow.
    return None
