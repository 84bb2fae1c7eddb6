"""Digests that bind a payload to its picture, and ignore whatever can change without changing the picture.

All of them are SHA-256 (FIPS 180-4) cut to its first 16 bytes.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

from gamutmeta.envelope import DIGEST_BYTES
from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import EOI, SCAN, SOS, iter_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.formats.source import BytesLike

__all__ = ["coded_digest", "samples_digest"]

# SOF0-15 with DHT, JPG and DAC in their midst; SOS, DQT, DNL, DRI; EOI (T.81, Table B.1).
_CODED: Final = frozenset({*range(0xC0, 0xD0), SOS, 0xDB, 0xDC, 0xDD, SCAN, EOI})

_SAMPLES_PREFIX = b"gamutmeta-rgb8"
_STRIP_BYTES = 2**20


def coded_digest(jpeg: BytesLike) -> bytes:
    """Digest the coded picture of a JPEG file.

    Hashed are, in file order and complete with marker and length, the segments DQT, SOF0-15, DHT, DAC, DRI, DNL and
    SOS, the entropy-coded data with its restart markers, and EOI. Left out are APPn and COM segments, the fill bytes
    before markers, and whatever follows EOI.

    Args:
        jpeg: the whole file.

    Returns:
        16 bytes.

    Raises:
        CarrierError: the file is damaged or ends without EOI.
    """
    jpeg = bytes(jpeg)
    view = memoryview(jpeg)
    digest = hashlib.sha256()
    scans = 0
    for piece in iter_picture(jpeg):
        if piece.marker in _CODED:
            digest.update(view[piece.offset : piece.end])
            scans += piece.marker == SOS
    if not scans:
        raise CarrierError("JPEG: the file holds no picture")
    return digest.digest()[:DIGEST_BYTES]


def samples_digest(rgb: NDArray[np.uint8]) -> bytes:
    """Digest decoded samples.

    Hashed are the ASCII text "gamutmeta-rgb8", width and height as 32-bit big-endian integers, then the samples row by
    row, interleaved.

    Args:
        rgb: shape (H, W, 3), dtype uint8, any strides.

    Returns:
        16 bytes.

    Raises:
        CarrierError: another shape or dtype.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype.name != "uint8":
        raise CarrierError(f"samples have shape {rgb.shape} and dtype {rgb.dtype}; needed are (H, W, 3) and uint8")
    height, width, _ = rgb.shape
    digest = _samples_hash(width, height)
    rows = _rows_per_strip(width)
    for top in range(0, height, rows):
        digest.update(rgb[top : top + rows].tobytes())
    return digest.digest()[:DIGEST_BYTES]


def _samples_hash(width: int, height: int) -> hashlib._Hash:
    return hashlib.sha256(_SAMPLES_PREFIX + struct.pack(">II", width, height))


def _rows_per_strip(width: int) -> int:
    return max(1, _STRIP_BYTES // max(1, 3 * width))
