"""Tells ICC profiles of high dynamic range: their white is far below the largest value.

References:
    ICC.1:2022, section 9.2.17 cicpTag; ITU-R BT.2100-2, tables 4 (PQ) and 5 (HLG).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE
from gamutmeta.color.icc_curves import parse_curve
from gamutmeta.color.icc_tags import read_tags
from gamutmeta.errors import ProfileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

__all__ = ["decode_hlg", "decode_pq", "dynamic_range_of"]

_TOLERANCE = 0.01
"""Of encoded values, between a profile's curve and the standard's."""
_CURVES = ("rTRC", "gTRC", "bTRC", "kTRC")
_HLG_SYSTEM_GAMMA = 1.2


def decode_pq(encoded: Values) -> Values:
    """PQ to linear display light, 1 is 10,000 cd/m2: BT.2100, table 4, EOTF."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = encoded ** (1 / m2)
    return np.asarray((np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def decode_hlg(encoded: Values) -> Values:
    """HLG to linear scene light, 1 is the largest value: BT.2100, table 5, inverse of the OETF."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(encoded <= 0.5, encoded**2 / 3, (np.exp((encoded - c) / a) + b) / 12)


def dynamic_range_of(icc: bytes) -> str | None:
    """The kind, PQ or HLG, if a profile tells it by its tag ``cicp`` or by its curves; None for all others.

    A damaged profile is none here: :func:`gamutmeta.color.icc.parse_profile` tells what is wrong with it.
    """
    try:
        tags = read_tags(icc)
        told = bytes(tags.get("cicp", b""))
        if told[:4] == b"cicp" and len(told) >= 12 and told[9] in HIGH_DYNAMIC_RANGE:
            return HIGH_DYNAMIC_RANGE[told[9]]
        curves = [parse_curve(tags[name], name) for name in _CURVES if name in tags]
    except ProfileError:
        return None
    # Compared are the encoded values of equal light, since the curves are steep; farther down 16 bits are too coarse.
    encoded = np.linspace(0.3, 1, 71)
    for curve in curves:
        decoded = curve(encoded)
        for name, standard in _STANDARDS.items():
            if any(_is_near(decoded, encoded, light) for light in standard):
                return name
    return None


def _is_near(decoded: Values, encoded: Values, standard: Values) -> bool:
    """Whether a curve is one of a standard's, whose light is given for a fine scale of encoded values."""
    back = np.interp(decoded, standard, _FINE)
    return bool(np.abs(back - encoded).max() <= _TOLERANCE)


_FINE = np.linspace(0, 1, 8193)
_STANDARDS = {"PQ": (decode_pq(_FINE),), "HLG": (decode_hlg(_FINE), decode_hlg(_FINE) ** _HLG_SYSTEM_GAMMA)}
