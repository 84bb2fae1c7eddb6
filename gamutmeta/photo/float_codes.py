"""Pixels as floating-point numbers on [0, 1], encoded or linear, and the 16-bit codes of a photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.convert import encode_codes
from gamutmeta.color.spaces import apply_matrix, conversion_matrix, decode_table
from gamutmeta.errors import PhotoError
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gamutmeta.color.spaces import RgbSpace

__all__ = ["as_codes", "codes_of_linear", "encoded_floats", "is_taken", "linear_floats"]

_WHITE = 65535

_NEAR = 0.5 / _WHITE
"""What lies no farther outside [0, 1] is rounded, not clipped."""


def is_taken(dtype: np.dtype[Any] | None) -> bool:
    """Whether :func:`as_codes` takes arrays of that type."""
    return dtype is not None and (_is_uint16(dtype) or np.issubdtype(dtype, np.floating))


def _is_uint16(dtype: np.dtype[Any]) -> bool:
    """In any byte order: readers of TIFF hand out that of the file."""
    return dtype.newbyteorder("=") == np.uint16


def as_codes(values: NDArray[Any]) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Encoded values as 16-bit codes.

    Args:
        values: shape (height, width, ...): uint16, which is what comes back, without a copy if it is contiguous and in
            the machine's byte order; or any float type, of which 0 is black and 1 is white. Floats are rounded to
            nearest, those outside clipped.

    Returns:
        uint16 of the same shape, and a note if values were clipped.

    Raises:
        PhotoError: if a value is not a number.
    """
    if _is_uint16(values.dtype):
        return np.ascontiguousarray(values, np.uint16), ()
    return _codes(values, lambda strip: np.rint(np.clip(strip, 0, 1) * np.float32(_WHITE)).astype(np.uint16))


def codes_of_linear(values: NDArray[np.floating[Any]], space: RgbSpace) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Linear light as 16-bit codes of a space; arguments, result and errors as for :func:`as_codes`.

    Args:
        values: any float type, shape (height, width, 3).
        space: of the values; its curve encodes them.
    """
    return _codes(values, lambda strip: encode_codes(strip, space, np.uint16))


def encoded_floats(codes: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Codes divided by 65,535: float32 of the same shape, on [0, 1]."""
    return np.divide(codes, _WHITE, dtype=np.float32)


def linear_floats(codes: NDArray[np.uint16], source: RgbSpace, target: RgbSpace) -> NDArray[np.float32]:
    """Linear light of a photograph, in another space if that is wanted; white goes to white (Bradford).

    Args:
        codes: shape (height, width, 3).
        source: the space of the codes.
        target: the space wanted.

    Returns:
        float32 of the same shape; 1 is white. Colours outside `target` are not clipped: they have values below 0, or
        above 1.
    """
    table, matrix = decode_table(source, _WHITE + 1), conversion_matrix(source, target)
    result = np.empty(codes.shape, np.float32)

    def work(rows: slice) -> None:
        linear = table[codes[rows]]
        result[rows] = linear if source == target else apply_matrix(matrix, linear)

    for_each_strip(work, *codes.shape[:2])
    return result


def _codes(
    values: NDArray[np.floating[Any]], encode: Callable[[NDArray[np.float32]], NDArray[np.uint16]]
) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    result, outside = np.empty(values.shape, np.uint16), []

    def work(rows: slice) -> None:
        strip = values[rows].astype(np.float32)
        if np.isnan(strip).any():
            raise PhotoError("the array has values that are not a number (NaN)")
        beyond = (strip < -_NEAR) | (strip > 1 + _NEAR)
        outside.append(int(np.count_nonzero(beyond.any(axis=-1) if strip.ndim == 3 else beyond)))
        result[rows] = encode(strip)

    for_each_strip(work, *values.shape[:2])
    clipped = sum(outside)
    were = "pixel has" if clipped == 1 else "pixels have"
    return result, (f"{clipped:,} {were} values outside [0, 1], which were clipped",) if clipped else ()
