"""Smaller copies of wide-gamut photographs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gamutmeta.formats.exif_pixels import with_pixel_dimensions, without_thumbnail
from gamutmeta.formats.photoshop import without_paths
from gamutmeta.formats.xmp import edited_xmp
from gamutmeta.photo.wide import WideImage
from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["resized_within"]

_WHITE = 65535


def resized_within(wide: WideImage, longest: int) -> WideImage:
    """A photograph whose longer side has at most so many pixels, resampled as edits do it.

    That is Pillow's Lanczos filter on the encoded values, here with 16 bits: colours count by their opacity. What the
    metadata say of the size is brought up to date, and thumbnails are left out.

    Args:
        wide: the photograph.
        longest: pixels of the longer side, at least 1.

    Returns:
        The photograph itself, with a note, if it is not larger.
    """
    if longest >= max(wide.size):
        there = counted(max(wide.size), "pixel")
        said = f"the photograph has {there} on its longer side, and was not enlarged to {longest:,}"
        notes = wide.notes if longest == max(wide.size) else (*wide.notes, said)
        return WideImage(wide.array, wide.space, alpha=wide.alpha, **replace(wide.metadata, notes=notes).everything())
    scale = longest / max(wide.size)
    size = (max(1, round(wide.width * scale)), max(1, round(wide.height * scale)))
    array, alpha = _resampled(wide.array, wide.alpha, size)
    metadata = wide.metadata
    xmp, said_xmp = edited_xmp(metadata.xmp)
    photoshop, said_resources = without_paths(metadata.photoshop)
    metadata = replace(
        metadata,
        exif=with_pixel_dimensions(without_thumbnail(metadata.exif), *size),
        xmp=xmp,
        photoshop=photoshop,
        notes=tuple(dict.fromkeys((*metadata.notes, *said_xmp, *said_resources))),
    )
    return WideImage(array, wide.space, alpha=alpha, **metadata.everything())


def _resampled(
    array: NDArray[np.uint16], alpha: NDArray[np.uint16] | None, size: tuple[int, int]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Colours and transparency in another size, (width, height)."""
    result = np.empty((size[1], size[0], 3), np.uint16)
    opacity = None if alpha is None else _plane(alpha, size)
    for channel in range(3):
        plane = _plane(array[..., channel], size)
        if alpha is not None and opacity is not None:
            weighted = _plane(array[..., channel].astype(np.float32) * (alpha * np.float32(1 / _WHITE)), size)
            # What shows through nowhere may take its colour from anywhere.
            seen = opacity >= 1
            np.divide(weighted * _WHITE, opacity, out=plane, where=seen)
        result[..., channel] = _rounded(plane)
    return result, None if opacity is None else _rounded(opacity)


def _plane(values: NDArray[np.uint16] | NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.array(image.resize(size, Image.Resampling.LANCZOS))


def _rounded(plane: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.rint(np.clip(plane, 0, _WHITE)).astype(np.uint16)
