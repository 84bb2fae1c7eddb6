"""Large plain PNGs through imagecodecs, whose libpng undoes the filters two to three times as fast as Pillow does.

Only what both decode alike comes here: RGB and RGBA with 8 bits, not interlaced, without a transparent colour. Pillow
gets the rest, and whatever looks damaged: its answer counts.
"""

from __future__ import annotations

import importlib
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.errors import CarrierError
from gamutmeta.formats.png import SIGNATURE, iter_chunks, make_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.formats.png import Chunk

__all__ = ["plain_samples"]

_CHANNELS = {2: 3, 6: 4}
"""By colour type (W3C PNG, clause 11.2.1): RGB and RGBA."""
_HEADER = struct.Struct(">IIBBBBB")
_LARGE = 1 << 20
"""Pixels from which on the time is worth another library."""


def plain_samples(data: bytes, *, min_pixels: int = _LARGE) -> NDArray[np.uint8] | None:
    """Decode a large plain PNG.

    Args:
        data: the file, whose size was checked.
        min_pixels: smaller pictures are not decoded here.

    Returns:
        uint8, shape (height, width, 3 or 4), contiguous and writable; None if Pillow is to decode it, or to say what is
        wrong.
    """
    try:
        chunks = list(iter_chunks(data))
    except CarrierError:
        return None
    shape = _shape(data, chunks)
    if shape is None or shape[0] * shape[1] < min_pixels:
        return None
    try:
        codecs: Any = importlib.import_module("imagecodecs")
        # Without the other chunks there is nothing that libpng could apply, or complain of to the console.
        view = memoryview(data)
        parts = [view[chunk.offset : chunk.end] for chunk in chunks if chunk.type in {b"IHDR", b"IDAT"}]
        samples = np.asarray(codecs.png_decode(b"".join((SIGNATURE, *parts, make_chunk(b"IEND", b"")))))
    except Exception:  # noqa: BLE001 - not installed, or damaged in a way that Pillow's message tells
        return None
    return samples if samples.shape == shape and samples.dtype == np.uint8 else None


def _shape(data: bytes, chunks: list[Chunk]) -> tuple[int, int, int] | None:
    """Height, width and channels of a picture that is plain."""
    first, names = chunks[0], [chunk.type for chunk in chunks]
    if first.data_end - first.data_start != _HEADER.size or b"tRNS" in names or names.count(b"IHDR") > 1:
        return None
    start, count = (names.index(b"IDAT"), names.count(b"IDAT")) if b"IDAT" in names else (0, 0)
    if set(names[start : start + count]) != {b"IDAT"}:
        return None  # none, or with others between them
    width, height, depth, colour_type, *methods = _HEADER.unpack_from(data, first.data_start)
    if depth != 8 or colour_type not in _CHANNELS or methods != [0, 0, 0]:
        return None
    return height, width, _CHANNELS[colour_type]
