"""Coding-independent code points: the colour description of PNG's cICP chunk and of HEIF's and AVIF's nclx boxes.

References:
    ITU-T H.273 (07/2024), table 2 (ColourPrimaries) and table 3 (TransferCharacteristics).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color import transfer
from gamutmeta.color.spaces import D65, DISPLAY_P3, REC2020, SRGB, RgbSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.color.transfer import Floats

__all__ = ["HIGH_DYNAMIC_RANGE", "UNSPECIFIED", "cicp_space", "code_points"]

HIGH_DYNAMIC_RANGE = {16: "PQ", 18: "HLG"}
"""Transfer characteristics of pictures whose white is far below their largest value (ITU-R BT.2100)."""

UNSPECIFIED = (2, 2)
"""Primaries and transfer characteristics that something else says, such as an ICC profile."""

_KNOWN = {SRGB.name: (1, 13), DISPLAY_P3.name: (12, 13), REC2020.name: (9, 14)}
_BT2020_10, _BT2020_12 = 14, 15
"""One function; the standard has a number for each depth."""

_PRIMARIES = {
    1: SRGB.primaries,  # ITU-R BT.709
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),  # ITU-R BT.601, 625 lines
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),  # ITU-R BT.601, 525 lines
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),  # SMPTE ST 240, the same as 6
    9: REC2020.primaries,  # ITU-R BT.2020
    12: DISPLAY_P3.primaries,  # SMPTE EG 432-1
}


def _linear(values: Floats) -> Floats:
    return values.copy()


def _power(exponent: float) -> Callable[[Floats], Floats]:
    def curve(values: Floats) -> Floats:
        return np.copysign(np.abs(values) ** exponent, values)

    return curve


_BT709 = (transfer.decode_rec2020, transfer.encode_rec2020)
"""The same function as BT.2020's, whose constants have more digits."""

_TRANSFER: dict[int, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    1: _BT709,
    4: (_power(2.2), _power(1 / 2.2)),  # ITU-R BT.470, system M
    5: (_power(2.8), _power(1 / 2.8)),  # ITU-R BT.470, systems B and G
    6: _BT709,  # ITU-R BT.601
    8: (_linear, _linear),
    13: (transfer.decode_srgb, transfer.encode_srgb),
    14: _BT709,  # ITU-R BT.2020, 10 bits
    15: _BT709,  # ITU-R BT.2020, 12 bits
}


@cache
def cicp_space(primaries: int, transfer_characteristics: int) -> RgbSpace | None:
    """The RGB space of two code points: a known one where there is one.

    Args:
        primaries: H.273 ColourPrimaries.
        transfer_characteristics: H.273 TransferCharacteristics.

    Returns:
        The space, or None if the code points are unspecified, reserved or not supported.
    """
    if primaries not in _PRIMARIES or transfer_characteristics not in _TRANSFER:
        return None
    decode, encode = _TRANSFER[transfer_characteristics]
    for known in (SRGB, DISPLAY_P3, REC2020):
        if known.primaries == _PRIMARIES[primaries] and known.decode == decode:
            return known
    name = f"cicp-{primaries}-{transfer_characteristics}"
    title = f"CICP primaries {primaries}, transfer {transfer_characteristics}"
    return RgbSpace(name, title, _PRIMARIES[primaries], D65, decode, encode)


def code_points(space: str, bits: int) -> tuple[int, int] | None:
    """ColourPrimaries and TransferCharacteristics of a known space.

    Args:
        space: its name.
        bits: of the samples, which have a say for Rec.2020.

    Returns:
        The code points, or None where H.273 has none: for ROMM RGB and Adobe RGB.
    """
    known = _KNOWN.get(space)
    if known is not None and known[1] == _BT2020_10 and bits > 10:
        return known[0], _BT2020_12
    return known
