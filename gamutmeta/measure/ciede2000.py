"""CIE Lab of linear ProPhoto, and the CIEDE2000 colour difference.

References:
    Sharma, Wu, Dalal: "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary Test Data, and
    Mathematical Observations", Color Research and Application 30(1), 2005. Equation numbers are theirs.
    CIE 15:2004, section 8.2.1, for CIE 1976 L*a*b*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.adaptation import xyz_of_xy
from gamutmeta.color.spaces import PROPHOTO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = ["delta_e_2000", "prophoto_to_lab"]

_LAB_DELTA = 6 / 29
"""CIE 15: the cube root becomes a straight line below delta^3."""


def prophoto_to_lab(linear: Floats) -> NDArray[np.float64]:
    """CIE 1976 L*a*b* under ProPhoto's own white, D50, of linear ProPhoto.

    Args:
        linear: shape (..., 3), linear ProPhoto RGB; 1 is white.

    Returns:
        float64 of the same shape: L* in [0, 100] for colours up to white, a*, b*.
    """
    xyz = np.asarray(linear, np.float64) @ PROPHOTO.to_xyz().T
    ratio = xyz / xyz_of_xy(PROPHOTO.white)
    f = np.where(ratio > _LAB_DELTA**3, np.cbrt(ratio), ratio / (3 * _LAB_DELTA**2) + 4 / 29)
    fx, fy, fz = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def delta_e_2000(lab1: Floats, lab2: Floats) -> NDArray[np.float64]:
    """CIEDE2000 colour difference, with unit parametric factors kL = kC = kH = 1.

    Args:
        lab1: shape (..., 3), CIE L*a*b*.
        lab2: a shape that broadcasts with `lab1`.

    Returns:
        float64 of shape (...).
    """
    L1, a1, b1 = np.moveaxis(np.asarray(lab1, np.float64), -1, 0)
    L2, a2, b2 = np.moveaxis(np.asarray(lab2, np.float64), -1, 0)

    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2  # Equations (2), (3)
    G = 0.5 * (1 - _chroma_weight(mean_chroma))  # Equation (4)
    a1p, a2p = (1 + G) * a1, (1 + G) * a2  # Equation (5)
    C1p, C2p = np.hypot(a1p, b1), np.hypot(a2p, b2)  # Equation (6)
    h1p, h2p = _hue(a1p, b1), _hue(a2p, b2)  # Equation (7)

    dLp = L2 - L1  # Equation (8)
    dCp = C2p - C1p  # Equation (9)
    achromatic = C1p * C2p == 0
    turn = h2p - h1p
    dhp = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    dhp = np.where(achromatic, 0, dhp)  # Equation (10)
    dHp = 2 * np.sqrt(C1p * C2p) * np.sin(np.radians(dhp / 2))  # Equation (11)

    Lp = (L1 + L2) / 2  # Equation (12)
    Cp = (C1p + C2p) / 2  # Equation (13)
    around = h1p + h2p
    hp = np.where(np.abs(turn) <= 180, around / 2, np.where(around < 360, around / 2 + 180, around / 2 - 180))
    hp = np.where(achromatic, around, hp)  # Equation (14)

    T = (
        1
        - 0.17 * np.cos(np.radians(hp - 30))
        + 0.24 * np.cos(np.radians(2 * hp))
        + 0.32 * np.cos(np.radians(3 * hp + 6))
        - 0.20 * np.cos(np.radians(4 * hp - 63))
    )  # Equation (15)
    dtheta = 30 * np.exp(-(((hp - 275) / 25) ** 2))  # Equation (16)
    RC = 2 * _chroma_weight(Cp)  # Equation (17)
    lightness = (Lp - 50) ** 2
    SL = 1 + 0.015 * lightness / np.sqrt(20 + lightness)  # Equation (18)
    SC = 1 + 0.045 * Cp  # Equation (19)
    SH = 1 + 0.015 * Cp * T  # Equation (20)
    RT = -np.sin(np.radians(2 * dtheta)) * RC  # Equation (21)

    l_term, c_term, h_term = dLp / SL, dCp / SC, dHp / SH
    squared = l_term**2 + c_term**2 + h_term**2 + RT * c_term * h_term  # Equation (22)
    # The rotation term can take a difference of zero below zero by rounding.
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _chroma_weight(chroma: Floats) -> Floats:
    seventh = chroma**7
    return np.asarray(np.sqrt(seventh / (seventh + 25.0**7)))


def _hue(a: Floats, b: Floats) -> Floats:
    """Hue angle in degrees on [0, 360); 0 where it is undefined."""
    return np.asarray(np.degrees(np.arctan2(b, a)) % 360)
