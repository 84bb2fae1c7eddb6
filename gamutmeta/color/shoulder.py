"""A shoulder: the last few codes at an end of 8-bit sRGB, stretched so that they reach beyond the end.

Clipping puts all that lies above 1 on code 255, and all that lies below 0 on code 0. A shoulder gives the last `codes`
of a channel larger and larger steps of linear light. So they hold what lies beyond, coarsely, and the picture hardly
changes to the eye. Up to the knee, where they begin, every code means what it always does.

The steps are whole numbers, so that every reader has the same table: the step behind the knee is the ordinary one
times `growth`, and each further step is the one before times `growth`, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Self

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.transfer import decode_srgb
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["MAX_CODES", "MAX_GROWTH", "NONE", "SHOULDER_BYTES", "UNIT", "End", "Shoulder", "stretch", "stretch_picture"]

MAX_CODES = 8
"""Most codes of one end."""

MAX_GROWTH = 255
"""Largest growth, in sixteenths above 1: a byte."""

UNIT = 1 << 20
"""Linear light is counted in these parts of 1: float32 holds every value below 16 exactly."""

_LIMIT = 16 * UNIT
"""No value of a table reaches it."""

_PARTS = 16

SHOULDER_BYTES = 12


@dataclass(frozen=True, slots=True)
class End:
    """One end of one channel.

    Attributes:
        codes: how many codes are stretched, 0 to 8.
        growth: each step is 1 + growth / 16 times the one before; 1 to 255, and 0 without codes.
    """

    codes: int = 0
    growth: int = 0

    def steps(self, first: int) -> list[int]:
        """The steps from the knee on, where the ordinary step is `first`; in 1 / `UNIT` of linear light."""
        steps = []
        for _ in range(self.codes):
            first = first * (_PARTS + self.growth) // _PARTS
            steps.append(first)
        return steps


NONE = End()


@dataclass(frozen=True, slots=True)
class Shoulder:
    """The ends of red, green and blue.

    Attributes:
        dark, bright: for each channel.

    Raises:
        ValueError: if an end has too many codes, too large a growth, or reaches too far, or if all are without codes.
    """

    dark: tuple[End, End, End] = (NONE, NONE, NONE)
    bright: tuple[End, End, End] = (NONE, NONE, NONE)

    def __post_init__(self) -> None:
        if all(end.codes == 0 for end in (*self.dark, *self.bright)):
            raise ValueError("at least one end needs codes")
        for end in (*self.dark, *self.bright):
            if not 0 <= end.codes <= MAX_CODES:
                raise ValueError(f"an end has 0..{MAX_CODES} codes")
            if not 0 <= end.growth <= MAX_GROWTH or (end.growth == 0) != (end.codes == 0):
                raise ValueError(f"the growth of an end is 1..{MAX_GROWTH}, and 0 without codes")
        if max(abs(value) for channel in range(3) for value in self.values(channel)) >= _LIMIT:
            raise ValueError(f"the values of a shoulder stay below {_LIMIT // UNIT}")

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From :meth:`to_bytes`.

        Raises:
            ValueError: if they are none.
        """
        if len(data) != SHOULDER_BYTES:
            raise ValueError(f"{SHOULDER_BYTES} bytes")
        ends = [End(*data[at : at + 2]) for at in range(0, SHOULDER_BYTES, 2)]
        return cls((ends[0], ends[2], ends[4]), (ends[1], ends[3], ends[5]))

    def to_bytes(self) -> bytes:
        """Codes and growth of the dark and the bright end, of red, then green, then blue."""
        ends = [end for pair in zip(self.dark, self.bright, strict=True) for end in pair]
        return bytes(value for end in ends for value in (end.codes, end.growth))

    def __str__(self) -> str:
        """How many codes each end has, for people."""
        said = []
        for name, ends in (("dark", self.dark), ("bright", self.bright)):
            counts = [end.codes for end in ends]
            if any(counts):
                said.append(f"{'/'.join(map(str, counts))} {name} codes")
        return f"shoulder of {' and '.join(said)}"

    def table(self) -> NDArray[np.float32]:
        """Linear sRGB of each code of each channel, float32 (3, 256), rising; read-only."""
        return _table(self)

    def values(self, channel: int) -> list[int]:
        """Linear sRGB of the codes of a channel that are stretched, from code 0 up; in 1 / `UNIT`."""
        dark, bright = self.dark[channel], self.bright[channel]
        values = [_ordinary(dark.codes)]
        for step in dark.steps(_ordinary(dark.codes) - _ordinary(dark.codes - 1)) if dark.codes else []:
            values.append(values[-1] - step)
        low = values[:0:-1]
        knee = 255 - bright.codes
        values = [_ordinary(knee)]
        for step in bright.steps(_ordinary(knee + 1) - _ordinary(knee)) if bright.codes else []:
            values.append(values[-1] + step)
        return low + values[1:]


def _ordinary(code: int) -> int:
    """Linear light of an 8-bit code, in 1 / `UNIT`."""
    return int(np.rint(UNIT * decode_srgb(np.array(code / 255))))


@cache
def _table(shoulder: Shoulder) -> NDArray[np.float32]:
    table = np.repeat(decode_table(SRGB, 256)[None], 3, axis=0)
    for channel in range(3):
        dark, bright = shoulder.dark[channel].codes, shoulder.bright[channel].codes
        values = np.array(shoulder.values(channel), np.float64) / UNIT
        table[channel, :dark] = values[:dark]
        table[channel, 256 - bright :] = values[dark:]
    table.setflags(write=False)
    return table


def stretch(linear: NDArray[np.float32], codes: NDArray[np.uint8], shoulder: Shoulder) -> None:
    """Change the codes of a picture near the ends into those of a shoulder: the ones with the nearest values.

    Args:
        linear: unclipped linear sRGB, float32 (..., 3).
        codes: what clipping makes of it, uint8 (..., 3); changed in place.
        shoulder: the ends.
    """
    table = shoulder.table()
    middles = (table[:, :-1] + table[:, 1:]) / np.float32(2)
    for channel in range(3):
        dark, bright = shoulder.dark[channel].codes, shoulder.bright[channel].codes
        plane, values = codes[..., channel], linear[..., channel]
        low, high = (plane <= dark) & (dark > 0), (plane >= 255 - bright) & (bright > 0)
        plane[low] = np.searchsorted(middles[channel, :dark], values[low], side="right")
        plane[high] = 255 - bright + np.searchsorted(middles[channel, 255 - bright :], values[high], side="right")


def stretch_picture(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation, shoulder: Shoulder
) -> NDArray[np.uint8]:
    """The codes of a photograph with a shoulder, strip by strip; see :func:`stretch`.

    Args:
        wide: ROMM RGB, uint16 (H, W, 3).
        codes: what clipping makes of it, uint8 (H, W, 3).
        adaptation: of the matrix to linear sRGB.
        shoulder: the ends.

    Returns:
        New codes, uint8 (H, W, 3).
    """
    result = codes.copy()
    matrix, table = reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)

    def work(rows: slice) -> None:
        stretch(apply_matrix(matrix, table[wide[rows]]), result[rows], shoulder)

    for_each_strip(work, *wide.shape[:2])
    return result
