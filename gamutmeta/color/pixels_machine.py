"""Reduction and measurement in machine code (gamutmeta/native/pixels.c): one pass over each strip.

The twins of what :mod:`gamutmeta.color.gamut`, :mod:`gamutmeta.color.sycc`, :mod:`gamutmeta.color.jfif` and
:mod:`gamutmeta.measure.quality` do with numpy; the codes are the same bit for bit.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.native.library import built_library, library
from gamutmeta.native.pointers import pointer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["SyccEncoder", "machine_code", "reduce_pixels", "show_samples", "sum_errors"]


def machine_code(*, compiled: bool | None) -> ctypes.CDLL | None:
    """The library, or None where numpy is to do the work.

    Args:
        compiled: the caller's wish. None for machine code where it is there.

    Raises:
        OSError: if `compiled` is true and it is not there.
    """
    return library() if compiled is None else built_library() if compiled else None


def reduce_pixels(
    machine: ctypes.CDLL,
    wide: NDArray[np.uint16],
    constants: tuple[Floats, Floats, Floats, NDArray[np.uint8], Floats],
    pieces: tuple[int, int],
    codes: NDArray[np.uint8],
) -> int:
    """Reduce 16-bit ROMM pixels (..., 3) to sRGB `codes` of that shape; gives how many lie outside sRGB.

    Args:
        machine: the library.
        wide: the pixels.
        constants: linear value of each 16-bit code; matrix to linear sRGB (3, 3); tolerance, see
            :data:`~gamutmeta.color.gamut.OUTSIDE`; and those of :func:`~gamutmeta.color.srgb_codes.code_tables`.
        pieces: ``FIRST_PATTERN`` and ``SEGMENT_BITS`` of :mod:`~gamutmeta.color.srgb_codes`.
        codes: contiguous.
    """
    table, matrix, tolerance, guesses, nexts = constants
    source = np.ascontiguousarray(wide)
    machine.pixels_reduce.restype = ctypes.c_int64
    return int(
        machine.pixels_reduce(
            pointer(source, np.uint16),
            ctypes.c_int64(source.size // 3),
            pointer(table, np.float32),
            pointer(matrix, np.float32),
            pointer(tolerance, np.float32),
            pointer(guesses, np.uint8),
            pointer(nexts, np.float32),
            *map(ctypes.c_int64, pieces),
            pointer(codes, np.uint8),
        )
    )


def sum_errors(
    machine: ctypes.CDLL,
    original: NDArray[np.uint16],
    restored: NDArray[np.uint16],
    constants: tuple[Floats, Floats, Floats],
) -> tuple[int, float, int, float]:
    """Squared errors of 16-bit ROMM pixels (..., 3): pixels and sum of all, then of those outside sRGB.

    The constants are the linear value of each 16-bit code, the matrix to linear sRGB (3, 3), and the tolerance, see
    :data:`~gamutmeta.color.gamut.OUTSIDE`.
    """
    table, matrix, tolerance = constants
    first, second = np.ascontiguousarray(original), np.ascontiguousarray(restored)
    sums = np.zeros(4)
    machine.pixels_errors(
        pointer(first, np.uint16),
        pointer(second, np.uint16),
        ctypes.c_int64(first.size // 3),
        pointer(table, np.float32),
        pointer(matrix, np.float32),
        pointer(tolerance, np.float32),
        pointer(sums, np.float64),
    )
    return int(sums[0]), float(sums[1]), int(sums[2]), float(sums[3])


def show_samples(
    machine: ctypes.CDLL, samples: NDArray[np.uint8], factors: NDArray[np.int32], bits: int, codes: NDArray[np.uint8]
) -> None:
    """Convert YCbCr samples (..., 3) to RGB `codes` of that shape, which are contiguous.

    Args:
        machine: the library.
        samples: the samples.
        factors: Cr to red, Cb and Cr to green, Cb to blue, in parts of ``2**bits``, int32 (4,).
        bits: see there.
        codes: where to.
    """
    source = np.ascontiguousarray(samples)
    machine.pixels_shown(
        pointer(source, np.uint8),
        ctypes.c_int64(source.size // 3),
        pointer(factors, np.int32),
        ctypes.c_int64(bits),
        pointer(codes, np.uint8),
    )


class _Sycc(ctypes.Structure):
    """``Sycc`` in gamutmeta/native/pixels.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("table", "matrix", "curve", "rise")),
        *((name, ctypes.c_int64) for name in ("first", "last", "segment_bits")),
        ("linear_end", ctypes.c_float),
        ("luma", ctypes.c_float * 3),
        ("chroma", ctypes.c_float * 2),
    )


class SyccEncoder:
    """Reduces pixels to YCbCr samples; any number of threads may call it.

    Args:
        machine: the library.
        arrays: linear value of each 16-bit code, matrix to linear sRGB (3, 3), and the two of
            :func:`~gamutmeta.color.sycc.encode_table`; float32.
        numbers: fields of the structure, see there.
    """

    def __init__(self, machine: ctypes.CDLL, arrays: tuple[Floats, Floats, Floats, Floats], **numbers: Any) -> None:
        self._machine, self._held = machine, arrays
        self._fields = _Sycc(*(pointer(array, np.float32) for array in arrays), **numbers)

    def __call__(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
        """Reduce 16-bit ROMM pixels (..., 3) to `codes` of that shape, which are contiguous."""
        source = np.ascontiguousarray(wide)
        self._machine.pixels_sycc(
            ctypes.byref(self._fields),
            pointer(source, np.uint16),
            ctypes.c_int64(source.size // 3),
            pointer(codes, np.uint8),
        )
