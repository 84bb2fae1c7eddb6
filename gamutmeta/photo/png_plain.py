"""Large plain PNGs through imagecodecs, whose libpng undoes the filters two to three times as fast as Pillow does.

Only what both decode alike comes here: RGB and RGBA with 8 bits, not interlaced, without a transparent colour. Pillow
gets the rest, and whatever looks damaged: its answer counts.
"""

from __future__ import annotations

import importlib
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.formats.png import SIGNATURE, iter_chunks, make_chunk
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from gamutmeta.formats.png import Chunk

__all__ = ["plain_samples"]

_CHANNELS = {2: 3, 6: 4}
"""By colour type (W3C PNG, clause 11.2.1): RGB and RGBA."""
_HEADER = struct.Struct(">IIBBBBB")
_START = SIGNATURE + _HEADER.size.to_bytes(4, "big") + b"IHDR"
_LARGE = 1 << 20
"""Pixels from which on the time is worth another library."""


def plain_samples(data: bytes | BinaryIO, *, min_pixels: int = _LARGE) -> NDArray[np.uint8] | None:
    """Decode a large plain PNG.

    Args:
        data: the file, whose size was checked.
        min_pixels: smaller pictures are not decoded here.

    Returns:
        uint8, shape (height, width, 3 or 4), contiguous and writable; None if Pillow is to decode it, or to say what is
        wrong.
    """
    source = Source.of(data)
    shape = _shape(source.peek(0, len(_START) + _HEADER.size))
    if shape is None or shape[0] * shape[1] < min_pixels:
        return None
    try:
        codecs: Any = importlib.import_module("imagecodecs")
        # Without the other chunks there is nothing that libpng could apply, or complain of to the console.
        parts = [source.read(chunk.offset, chunk.end - chunk.offset, "picture") for chunk in _picture(source)]
        samples = np.asarray(codecs.png_decode(b"".join((SIGNATURE, *parts, make_chunk(b"IEND", b"")))))
    except Exception:  # noqa: BLE001 - not installed, or damaged in a way that Pillow's message tells
        return None
    return samples if samples.shape == shape and samples.dtype == np.uint8 else None


def _shape(beginning: bytes) -> tuple[int, int, int] | None:
    """Height, width and channels of a picture that is plain, by the file's beginning."""
    if not beginning.startswith(_START) or len(beginning) < len(_START) + _HEADER.size:
        return None
    width, height, depth, colour_type, *methods = _HEADER.unpack_from(beginning, len(_START))
    if depth != 8 or colour_type not in _CHANNELS or methods != [0, 0, 0]:
        return None
    return height, width, _CHANNELS[colour_type]


def _picture(source: Source) -> list[Chunk]:
    """IHDR and the chunks IDAT; none if they do not stand as they should, or a colour is transparent.

    Raises:
        CarrierError: damaged.
    """
    chunks = list(iter_chunks(source))
    names = [chunk.type for chunk in chunks]
    start, count = names.index(b"IDAT") if b"IDAT" in names else 0, names.count(b"IDAT")
    is_whole = count > 0 and set(names[start : start + count]) == {b"IDAT"}
    if not is_whole or b"tRNS" in names or names.count(b"IHDR") > 1:
        return []
    return [chunks[0], *chunks[start : start + count]]
