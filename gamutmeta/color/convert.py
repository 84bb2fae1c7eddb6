"""Convert integer RGB pictures from one encoding to another: decode by table, 3x3 matrix, clip, encode, round.

The arithmetic is float32, strip by strip; no float copy of the whole picture exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, RgbSpace, apply_matrix, conversion_matrix, decode_table
from gamutmeta.runtime.strips import STRIP_PIXELS, for_each_strip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Decoder = Callable[[NDArray[Any]], NDArray[Any]]
    """From encoded values to linear light."""

__all__ = ["OUTSIDE", "convert_space", "encode_codes", "floats_to_prophoto", "requantise", "to_bits", "to_prophoto"]

OUTSIDE = 1 / 256
"""Of linear ROMM RGB: what lies no farther outside does not count. The primaries of Rec.2020 and Display P3 lie 0.0023
and 0.0013 outside, and profiles are rounded."""

Code = TypeVar("Code", np.uint8, np.uint16)


def encode_codes(linear: NDArray[np.float32], space: RgbSpace, dtype: type[Code]) -> NDArray[Code]:
    """Clip linear RGB to [0, 1], encode it with the curve of `space` and round half to even.

    Args:
        linear: shape (..., 3), float32.
        space: gives the curve.
        dtype: ``numpy.uint8`` or ``numpy.uint16``; 1 becomes its largest code.

    Returns:
        Codes of the same shape.
    """
    encoded = space.encode(np.clip(linear, 0, 1))
    encoded *= np.iinfo(dtype).max
    return np.rint(encoded, out=encoded).astype(dtype)


def to_prophoto(
    samples: NDArray[np.unsignedinteger[Any]],
    tables: NDArray[np.float32],
    matrix: NDArray[np.float64],
    clipped: list[int] | None = None,
) -> NDArray[np.uint16]:
    """A picture in any matrix RGB encoding, as 16-bit ROMM RGB.

    Args:
        samples: uint8 or uint16, shape (height, width, 3); every code is below the tables' length.
        tables: float32 of shape (3, codes), the linear value of every code of red, green and blue.
        matrix: 3x3, from that linear RGB to linear ProPhoto.
        clipped: gets numbers that add up to that of the pixels which lie outside ProPhoto by more than `OUTSIDE`.

    Returns:
        uint16 of the same shape; colours outside ProPhoto are clipped.
    """
    if np.array_equal(matrix, np.eye(3)):
        return _remap(samples, encode_codes(tables, PROPHOTO, np.uint16))
    return _convert(samples, (tables, matrix, PROPHOTO), np.uint16, clipped if _leaves_prophoto(matrix) else None)


def floats_to_prophoto(
    samples: NDArray[np.float32],
    decoders: Sequence[Decoder],
    matrix: NDArray[np.float64],
    clipped: list[int],
) -> NDArray[np.uint16]:
    """A picture of floating-point samples as 16-bit ROMM RGB; otherwise as :func:`to_prophoto`.

    Args:
        samples: float32, shape (height, width, 3), finite; 1 is white. Values beyond [0, 1] mean colours outside the
            picture's space, or light above white, if the decoders continue there.
        decoders: of red, green and blue, to linear light.
        matrix: as for :func:`to_prophoto`.
        clipped: as for :func:`to_prophoto`.
    """
    result = np.empty(samples.shape, np.uint16)

    def work(rows: slice) -> None:
        linear = np.stack([decode(samples[rows, :, i]) for i, decode in enumerate(decoders)], axis=-1)
        romm = apply_matrix(matrix, linear.astype(np.float32, copy=False))
        clipped.append(_count_outside(romm))
        result[rows] = encode_codes(romm, PROPHOTO, np.uint16)

    for_each_strip(work, *samples.shape[:2])
    return result


def _leaves_prophoto(matrix: NDArray[np.float64]) -> bool:
    """Whether a matrix to linear ProPhoto takes any colour of [0, 1] outside, which is so at a corner if at all."""
    lowest, highest = np.minimum(matrix, 0).sum(axis=1), np.maximum(matrix, 0).sum(axis=1)
    return bool(lowest.min() < -OUTSIDE or highest.max() > 1 + OUTSIDE)


def _count_outside(linear: NDArray[np.float32]) -> int:
    return int(np.count_nonzero(((linear < -OUTSIDE) | (linear > 1 + OUTSIDE)).any(axis=-1)))


def convert_space(
    samples: NDArray[np.unsignedinteger[Any]],
    source: RgbSpace,
    target: RgbSpace,
    dtype: type[Code],
    clipped: list[int] | None = None,
) -> NDArray[Code]:
    """A picture in one known space, in another; white goes to white (Bradford), colours outside are clipped.

    Args:
        samples: uint8 or uint16, shape (height, width, 3), full range.
        source: the space of `samples`.
        target: the space wanted.
        dtype: ``numpy.uint8`` or ``numpy.uint16``, the depth wanted.
        clipped: as for :func:`to_prophoto`; left empty for other targets.

    Returns:
        Codes of the same shape. `samples` itself where nothing changes.
    """
    if source == target:
        return requantise(samples, dtype)
    table = decode_table(source, int(np.iinfo(samples.dtype).max) + 1)
    matrix = conversion_matrix(source, target)
    counted = clipped if target == PROPHOTO and _leaves_prophoto(matrix) else None
    return _convert(samples, (np.broadcast_to(table, (3, table.size)), matrix, target), dtype, counted)


def _convert(
    samples: NDArray[np.unsignedinteger[Any]],
    steps: tuple[NDArray[np.float32], NDArray[np.float64], RgbSpace],
    dtype: type[Code],
    clipped: list[int] | None,
) -> NDArray[Code]:
    """By tables of linear values, a matrix, and the curve of the target."""
    tables, matrix, target = steps
    height, width, _ = samples.shape
    if width > STRIP_PIXELS:
        # One row alone would be too much; and every pixel is by itself here.
        return _convert(samples.reshape(-1, 1, 3), steps, dtype, clipped).reshape(samples.shape)
    result = np.empty(samples.shape, dtype)

    def work(rows: slice) -> None:
        linear = np.empty((rows.stop - rows.start, width, 3), np.float32)
        for channel in range(3):
            np.take(tables[channel], samples[rows, :, channel], out=linear[..., channel])
        converted = apply_matrix(matrix, linear)
        if clipped is not None:
            clipped.append(_count_outside(converted))
        result[rows] = encode_codes(converted, target, dtype)

    for_each_strip(work, height, width)
    return result


def _remap(samples: NDArray[np.unsignedinteger[Any]], tables: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Look every channel up by itself; shape of `tables` is (3, codes)."""
    result = np.empty(samples.shape, np.uint16)

    def work(rows: slice) -> None:
        for channel in range(3):
            result[rows, :, channel] = tables[channel][samples[rows, :, channel]]

    for_each_strip(work, *samples.shape[:2])
    return result


def requantise(samples: NDArray[np.unsignedinteger[Any]], dtype: type[Code]) -> NDArray[Code]:
    """Change the depth alone, exactly: 65,535 = 257 x 255.

    Args:
        samples: uint8 or uint16, shape (height, width) or (height, width, channels), full range.
        dtype: ``numpy.uint8`` or ``numpy.uint16``.

    Returns:
        Codes of the same shape, rounded to nearest. `samples` itself where nothing changes.
    """
    if samples.dtype == dtype:
        return samples
    result = np.empty(samples.shape, dtype)

    def work(rows: slice) -> None:
        if dtype is np.uint16:
            np.multiply(samples[rows], 257, out=result[rows], dtype=np.uint16, casting="unsafe")
        else:
            # Never a tie, since 257 is odd: rounding down after adding half is rounding to nearest.
            result[rows] = (samples[rows].astype(np.uint32) + 128) // 257

    for_each_strip(work, *samples.shape[:2])
    return result


def to_bits(samples: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Change 16 bits into fewer, rounded to nearest; the largest code stays the largest.

    Args:
        samples: full range, shape (height, width) or (height, width, channels).
        bits: 9 to 15.

    Returns:
        Codes below 2^bits, of the same shape.
    """
    table = np.rint(np.arange(65536) * (((1 << bits) - 1) / 65535)).astype(np.uint16)
    return np.asarray(table[samples])
