"""The JPEG of a gain map: coded with steps of its own, and small."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.formats.jpeg import APP2, make_segment
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.jpeg_out import sycc_image
from gamutmeta.photo.picture import MAX_PIXELS
from gamutmeta.photo.pillow_in import open_pillow

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["decode_map", "encode_map"]

_COEFFICIENTS = 64


def encode_map(samples: NDArray[np.uint8], steps: tuple[int, int], metadata: bytes) -> bytes:
    """Code a map.

    Args:
        samples: YCbCr, uint8 (rows, columns, 3).
        steps: of the coefficients of Y, and of Cb and Cr, 1 to 255; the same for all frequencies.
        metadata: content of the APP2 segment.

    Returns:
        The smaller of the JPEG in one scan and in several, with the metadata behind its first marker.
    """
    tables = [[step] * _COEFFICIENTS for step in steps]
    options: dict[str, Any] = {"qtables": tables, "subsampling": "4:4:4", "optimize": True}
    coded = []
    for progressive in (False, True):
        file = io.BytesIO()
        sycc_image(samples).save(file, "JPEG", progressive=progressive, **options)
        coded.append(file.getvalue())
    smaller = min(coded, key=len)
    return smaller[:2] + make_segment(APP2, metadata) + smaller[2:]


def decode_map(jpeg: bytes) -> NDArray[np.uint8]:
    """The codes of a map, RGB, uint8 (rows, columns, 3).

    Raises:
        PhotoError: it is damaged, or has no three channels.
    """
    with decoding("the gain map cannot be decoded"), open_pillow(io.BytesIO(jpeg), ("JPEG",), MAX_PIXELS) as image:
        return np.array(image.convert("RGB"))
