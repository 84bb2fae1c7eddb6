"""Transfer curves: encoded value <-> linear light, both on [0, 1].

Every function keeps the dtype of a float array (float32 or float64), and continues as an odd function below zero, so
that out-of-gamut values survive a round trip. Sources stand with each pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = [
    "ROMM_LINEAR_END",
    "decode_adobe",
    "decode_rec2020",
    "decode_romm",
    "decode_srgb",
    "encode_adobe",
    "encode_rec2020",
    "encode_romm",
    "encode_srgb",
]

ROMM_LINEAR_END = 1 / 512
"""ISO 22028-2: Et, below which the curve is the straight line 16 X."""

_REC2020_ALPHA = 1.09929682680944
_REC2020_BETA = 0.018053968510807
"""ITU-R BT.2020-2 table 4, at full precision."""

_ADOBE_GAMMA = 563 / 256
"""Adobe RGB (1998) Color Image Encoding, section 4.3.1.2: 2.19921875."""


def _odd(curve: Callable[[Floats], Floats], x: Floats) -> Floats:
    """Continue `curve` from [0, inf) to negative values by point symmetry."""
    return np.copysign(curve(np.abs(x)), x)


def decode_srgb(encoded: Floats) -> Floats:
    """SRGB to linear, IEC 61966-2-1."""
    return _odd(lambda e: np.where(e <= 0.04045, e / 12.92, ((e + 0.055) / 1.055) ** 2.4), encoded)


def encode_srgb(linear: Floats) -> Floats:
    """Linear to sRGB, IEC 61966-2-1."""
    return _odd(lambda v: np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055), linear)


def decode_romm(encoded: Floats) -> Floats:
    """ROMM RGB to linear, ISO 22028-2 (linear toe below 1/512)."""
    return _odd(lambda e: np.where(e < 16 * ROMM_LINEAR_END, e / 16, e**1.8), encoded)


def encode_romm(linear: Floats) -> Floats:
    """Linear to ROMM RGB, ISO 22028-2 (linear toe below 1/512)."""
    return _odd(lambda v: np.where(v < ROMM_LINEAR_END, v * 16, v ** (1 / 1.8)), linear)


def decode_rec2020(encoded: Floats) -> Floats:
    """Rec.2020 to linear scene light, the inverse OETF of ITU-R BT.2020-2."""
    a, b = _REC2020_ALPHA, _REC2020_BETA
    return _odd(lambda e: np.where(e < 4.5 * b, e / 4.5, ((e + (a - 1)) / a) ** (1 / 0.45)), encoded)


def encode_rec2020(linear: Floats) -> Floats:
    """Linear scene light to Rec.2020, the OETF of ITU-R BT.2020-2."""
    a, b = _REC2020_ALPHA, _REC2020_BETA
    return _odd(lambda v: np.where(v < b, v * 4.5, a * v**0.45 - (a - 1)), linear)


def decode_adobe(encoded: Floats) -> Floats:
    """Adobe RGB (1998) to linear: a pure power."""
    return _odd(lambda e: e**_ADOBE_GAMMA, encoded)


def encode_adobe(linear: Floats) -> Floats:
    """Linear to Adobe RGB (1998): a pure power."""
    return _odd(lambda v: v ** (1 / _ADOBE_GAMMA), linear)
