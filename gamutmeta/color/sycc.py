"""Colours outside sRGB in YCbCr samples of 8 bits (sYCC): IEC 61966-2-1 Amd 1, Annex F, with the equations of JFIF.

A JPEG stores YCbCr, and 8-bit YCbCr holds many colours outside the RGB cube. A writer that computes YCbCr from
unclipped sRGB makes a file that every ordinary decoder shows like the clipped one, since it clamps RGB. The samples
before clamping hold the wide colours. The curve of sRGB continues as an odd function below 0, and as it is above 1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gamutmeta.color.pixels_machine import SyccEncoder, machine_code
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.transfer import decode_srgb, encode_srgb
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.color.transfer import Floats

__all__ = ["FRACTIONS", "SyccTables", "decode_sycc", "encode_sycc", "outside", "reduce_to_sycc", "sycc_tables"]

FRACTIONS = 64
"""Parts of one 8-bit code in which R', G' and B' are counted.

Whole numbers, so that every decoder gets the same ones. A fraction of 1/64 adds an error of 0.005 codes, where the
rounding of YCbCr itself, at JPEG quality 100, makes 0.4.
"""

_CR_TO_R, _CB_TO_G, _CR_TO_G, _CB_TO_B = 1.402, -0.344136, -0.714136, 1.772
"""ITU-T T.871 (JFIF), 7."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-T T.871, 7."""

_CENTRE = 128

CHROMA_SCALES = (np.float32(255 / 1.772), np.float32(255 / 1.402))
"""From B' - Y' and R' - Y' to Cb and Cr, ITU-T T.871, 7."""

LINEAR_END = np.float32(0.0031308)
"""Linear light up to which the curve of sRGB is a straight line, IEC 61966-2-1."""

FIRST_PATTERN, LAST_PATTERN = (127 - 9) << 23, (127 + 3) << 23
"""The float32 patterns of 2^-9 and 8, between which lie all values that the curve bends."""

SEGMENT_BITS = 13
"""A straight piece is 2^13 float32 patterns, 1/1024 of an octave."""


class SyccTables(NamedTuple):
    """What takes YCbCr codes to linear sRGB by whole numbers and one look-up.

    R' is number ``FRACTIONS * Y + chroma[0, Cr]`` of `linear`, G' is ``FRACTIONS * Y + chroma[1, Cb] + chroma[2, Cr]``,
    B' is ``FRACTIONS * Y + chroma[3, Cb]``.

    Attributes:
        chroma: int32 (4, 256); the offset of `linear` is in rows 0, 1 and 3.
        linear: linear sRGB, float32, from far below 0 to far above 1.
    """

    chroma: NDArray[np.int32]
    linear: NDArray[np.float32]


@cache
def sycc_tables() -> SyccTables:
    """The tables, read-only."""
    codes = np.arange(256) - _CENTRE
    shares = [np.rint(FRACTIONS * factor * codes) for factor in (_CR_TO_R, _CB_TO_G, _CR_TO_G, _CB_TO_B)]
    chroma = np.array(shares, np.int32)
    lowest, highest = int(chroma[3].min()), FRACTIONS * 255 + int(chroma[3].max())  # no channel goes further than blue
    chroma[[0, 1, 3]] -= lowest
    encoded = np.arange(lowest, highest + 1) / (FRACTIONS * 255)
    linear = decode_srgb(encoded).astype(np.float32)
    for table in (chroma, linear):
        table.setflags(write=False)
    return SyccTables(chroma, linear)


def decode_sycc(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear sRGB of YCbCr samples, not clamped: what the samples hold.

    Args:
        codes: Y, Cb and Cr as JFIF has them, uint8 (..., 3).

    Returns:
        float32 (..., 3), from about -0.8 to 5.
    """
    chroma, linear = sycc_tables()
    luma = codes[..., 0].astype(np.int32) * FRACTIONS
    blue, red = codes[..., 1], codes[..., 2]
    result = np.empty(codes.shape, np.float32)
    result[..., 0] = linear[luma + chroma[0][red]]
    result[..., 1] = linear[luma + chroma[1][blue] + chroma[2][red]]
    result[..., 2] = linear[luma + chroma[3][blue]]
    return result


class EncodeTable(NamedTuple):
    """The curve of sRGB in straight pieces, 1,024 an octave, so that every machine and our loops encode alike.

    Attributes:
        curve: encoded values where the pieces begin, float32.
        rise: what each adds to it, float32.
    """

    curve: NDArray[np.float32]
    rise: NDArray[np.float32]


@cache
def encode_table() -> EncodeTable:
    """The pieces from 2^-9 on, read-only; off by less than a ten-millionth."""
    count = (LAST_PATTERN - FIRST_PATTERN) >> SEGMENT_BITS
    patterns = FIRST_PATTERN + (np.arange(count + 1, dtype=np.int32) << SEGMENT_BITS)
    ends = encode_srgb(patterns.view(np.float32).astype(np.float64)).astype(np.float32)
    table = EncodeTable(ends[:-1].copy(), np.diff(ends))
    for part in table:
        part.setflags(write=False)
    return table


def encode_sycc(linear: Floats) -> NDArray[np.uint8]:
    """YCbCr samples of unclipped linear sRGB.

    What 8 bits cannot hold is pulled towards the clipped colour, just until it fits. So what a viewer shows stays the
    clipped picture; clamping the samples instead would change it.

    Args:
        linear: unclipped linear sRGB, float32 (..., 3), below 8 in magnitude.

    Returns:
        uint8 (..., 3).
    """
    encoded = _encoded(np.asarray(linear, np.float32))
    clipped = np.clip(encoded, np.float32(0), np.float32(1))
    start, way = _to_ycc(clipped), _to_ycc(encoded - clipped)
    start[..., 1:] += np.float32(_CENTRE)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        room = np.where(way > 0, (np.float32(255) - start) / way, -start / way)
    # Where there is no way to go, the room is infinite or not a number.
    room = np.where(way == 0, np.float32(1), room)
    share = np.clip(room.min(-1), np.float32(0), np.float32(1))
    return np.asarray(np.clip(np.rint(start + share[..., None] * way), 0, 255), np.uint8)


def _encoded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """The curve of sRGB, odd, by :func:`encode_table`."""
    curve, rise = encode_table()
    size = np.abs(linear)
    patterns = np.clip(size.view(np.int32) - FIRST_PATTERN, 0, LAST_PATTERN - FIRST_PATTERN - 1)
    segment = patterns >> SEGMENT_BITS
    share = (patterns & ((1 << SEGMENT_BITS) - 1)).astype(np.float32) * np.float32(1 / (1 << SEGMENT_BITS))
    curved = curve[segment] + share * rise[segment]
    return np.copysign(np.where(size <= LINEAR_END, size * np.float32(12.92), curved), linear)


def _to_ycc(encoded: Floats) -> NDArray[np.float32]:
    """JFIF's YCbCr, not rounded, of R'G'B' with 1 for white; chroma centred at 0."""
    red, green, blue = encoded[..., 0], encoded[..., 1], encoded[..., 2]
    y = (red * LUMA[0] + green * LUMA[1]) + blue * LUMA[2]
    ycc = np.empty(encoded.shape, np.float32)
    ycc[..., 0] = y * np.float32(255)
    ycc[..., 1] = (blue - y) * CHROMA_SCALES[0]
    ycc[..., 2] = (red - y) * CHROMA_SCALES[1]
    return ycc


def reduce_to_sycc(
    wide: NDArray[np.uint16], adaptation: Adaptation, *, compiled: bool | None = None
) -> NDArray[np.uint8]:
    """Reduce a photograph to YCbCr samples that hold its colours outside sRGB, as far as 8 bits can.

    Args:
        wide: ROMM RGB, uint16 (H, W, 3).
        adaptation: of the matrix to linear sRGB.
        compiled: True for machine code, False for numpy, None for machine code where it is there. The samples are the
            same.

    Returns:
        Y, Cb and Cr, uint8 (H, W, 3).

    Raises:
        OSError: if machine code is requested and not there.
    """
    codes = np.empty(wide.shape, np.uint8)
    matrix, table = reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)

    def work(rows: slice) -> None:
        codes[rows] = encode_sycc(apply_matrix(matrix, table[wide[rows]]))

    machine = machine_code(compiled=compiled)
    if machine is not None:
        encode = SyccEncoder(
            machine,
            (table, matrix.astype(np.float32), *encode_table()),
            first=FIRST_PATTERN,
            last=LAST_PATTERN,
            segment_bits=SEGMENT_BITS,
            linear_end=LINEAR_END,
            luma=tuple(LUMA),
            chroma=CHROMA_SCALES,
        )

        def work(rows: slice) -> None:
            encode(wide[rows], codes[rows])

    for_each_strip(work, *wide.shape[:2])
    return codes


def outside(codes: NDArray[np.uint8], margin: float = 1.0) -> NDArray[np.bool_]:
    """Which YCbCr samples lie outside the RGB cube, by more than `margin` codes on any channel; (..., 3) to (...)."""
    chroma, _ = sycc_tables()
    offset = -int(np.rint(FRACTIONS * _CB_TO_B * -_CENTRE))
    low, high = offset - margin * FRACTIONS, offset + (255 + margin) * FRACTIONS
    luma = codes[..., 0].astype(np.int32) * FRACTIONS
    blue, red = codes[..., 1], codes[..., 2]
    found = np.zeros(codes.shape[:-1], np.bool_)
    for share in (chroma[0][red], chroma[1][blue] + chroma[2][red], chroma[3][blue]):
        number = luma + share
        found |= (number < low) | (number > high)
    return found
