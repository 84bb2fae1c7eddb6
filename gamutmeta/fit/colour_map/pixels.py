"""How far a gain map's picture is from the photograph: on a Display P3 screen, and on one with sRGB.

A reader computes ``(base + offset) exp(gain) - offset`` in linear sRGB, which may leave [0, 1], and converts it to the
screen's space, where it is clamped. So the map acts on both kinds of screens. On the first the picture is to be the
photograph, on the second what it was without the map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.spaces import DISPLAY_P3, SRGB, conversion_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = ["Pixels", "Pull", "Totals", "Weights", "gain_limits", "with_gains"]

TO_P3 = conversion_matrix(SRGB, DISPLAY_P3).astype(np.float32)
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
_PAIRS_TO_P3 = np.stack([TO_P3[:, i] * TO_P3[:, j] for i, j in _PAIRS])
_CODES = 255
_FARTHEST_OUT = 0.26
"""Beyond [0, 1] in linear sRGB: the colours of Display P3 go as far as -0.225 and 1.225."""

_LEAST_ERROR = 1e-9
"""Of a pixel: errors are not made more important without end where there are hardly any."""

_CLAMPED = np.float32(0.01)
"""Share of the curvature that a clamped channel keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What counts how much in a fit. Errors outside sRGB count 1 in all, as they are without a map.

    Attributes:
        inside: those inside sRGB, likewise.
        srgb: a mean squared error of one 8-bit code on an sRGB screen.
        edge: how much more it counts where it is beyond `edge_codes`, for each code.
        edge_codes: 8-bit codes.
    """

    inside: float = 0.35
    srgb: float = 0.01
    edge: float = 1.0
    edge_codes: float = 12.0


@dataclass(frozen=True, slots=True)
class Totals:
    """Squared errors without a map, in linear Display P3, summed over the pixels outside sRGB and over the others."""

    outside: float
    inside: float
    pixels: int

    @classmethod
    def of(cls, base: Floats, wanted: Floats, outside: NDArray[np.bool_]) -> Totals:
        """Those of some pixels; arguments as for :class:`Pixels`."""
        error = np.square(np.clip(_to_p3(base), 0, 1) - wanted).sum(0)
        beyond, within = (float(error.sum(where=mask, dtype=np.float64)) for mask in (outside, ~outside))
        return cls(beyond, within, outside.size)

    def plus(self, other: Totals) -> Totals:
        """Those of both together."""
        return Totals(self.outside + other.outside, self.inside + other.inside, self.pixels + other.pixels)


@dataclass(frozen=True, slots=True, eq=False)
class Pull:
    """How the error changes with the gains at each pixel: slope, float32 (3, H, W), and curvature (6, H, W)."""

    slope: Floats
    curvature: Floats


def with_gains(base: Floats, gains: Floats, offset: float) -> Floats:
    """What a reader computes: linear sRGB, not clamped, float32.

    Args:
        base: linear sRGB.
        gains: natural logarithms, of the same shape.
        offset: of both pictures.
    """
    shown: Floats = (base + np.float32(offset)) * np.exp(gains) - np.float32(offset)
    return shown


def gain_limits(offset: float) -> tuple[float, float]:
    """The gains by which 0 becomes less, and 1 more, than any colour of Display P3 has; a map needs no others."""
    return math.log(1 - _FARTHEST_OUT / offset), math.log(1 + _FARTHEST_OUT / (1 + offset))


class Pixels:
    """The pixels that a map is fitted to.

    Args:
        base: the clipped picture as viewers decode it, linear sRGB, float32 (3, H, W).
        wanted: the photograph in linear Display P3, clipped to [0, 1], float32 (3, H, W).
        outside: whether pixels of the photograph are outside sRGB, (H, W).
        offset: of both pictures of the map.
        totals: of the whole picture, of which these may be a part; None if they are all of it.
        weights: see :class:`Weights`.
    """

    def __init__(
        self,
        base: Floats,
        wanted: Floats,
        outside: NDArray[np.bool_],
        *,
        offset: float,
        weights: Weights,
        totals: Totals | None = None,
    ) -> None:
        self._base, self._wanted, self._offset = base, wanted, np.float32(offset)
        totals = totals or Totals.of(base, wanted, outside)
        self._srgb = np.float32(weights.srgb / totals.pixels)
        self._edge, self._edge_codes = np.float32(weights.edge), np.float32(weights.edge_codes)
        least = _LEAST_ERROR * totals.pixels
        beyond, within = 1 / max(totals.outside, least), weights.inside / max(totals.inside, least)
        self._weight = np.where(outside, np.float32(beyond), np.float32(within))
        # The slope of sRGB's curve: how many codes an error in linear light is.
        dark = base <= 0.0031308
        self._codes = np.float32(_CODES) * np.where(
            dark, np.float32(12.92), np.float32(1.055 / 2.4) * np.maximum(base, np.float32(0.0031308)) ** (1 / 2.4 - 1)
        ).astype(np.float32)

    def cost(self, gains: Floats) -> Floats:
        """The weighted error of each pixel with these gains, float32 (H, W)."""
        shown = with_gains(self._base, gains, float(self._offset))
        error = np.square(np.clip(_to_p3(shown), 0, 1) - self._wanted).sum(0) * self._weight
        codes = np.abs(np.clip(shown, 0, 1) - self._base) * self._codes
        beyond = np.maximum(codes - self._edge_codes, 0)
        # The integral of `_srgb_weight` times the change.
        codes = np.square(codes) + self._edge * np.square(beyond) * (beyond * np.float32(2 / 3) + self._edge_codes)
        cost: Floats = error + self._srgb * codes.sum(0)
        return cost

    def pull(self, gains: Floats) -> Pull:
        """How the error changes around these gains, float32 (3, H, W)."""
        slope_of_shown = (self._base + self._offset) * np.exp(gains)
        shown = slope_of_shown - self._offset
        p3 = _to_p3(shown)
        # What is clamped does not change; but it would if it came back, and so it resists a little.
        weight = self._weight * np.where((p3 >= 0) & (p3 <= 1), np.float32(1), _CLAMPED)
        slope = _transposed((np.clip(p3, 0, 1) - self._wanted) * weight)
        curvature = (_PAIRS_TO_P3 @ weight.reshape(3, -1)).reshape(6, *shown.shape[1:])
        change = np.clip(shown, 0, 1) - self._base
        pulled = self._srgb_weight(change) * np.where((shown > 0) & (shown < 1), np.float32(1), _CLAMPED)
        slope += pulled * change
        curvature[[0, 3, 5]] += pulled
        slope *= slope_of_shown
        for place, (i, j) in enumerate(_PAIRS):
            curvature[place] *= slope_of_shown[i] * slope_of_shown[j]
        return Pull(slope, curvature)

    def _srgb_weight(self, change: Floats) -> Floats:
        """Of squared changes in linear light on an sRGB screen."""
        beyond = np.maximum(np.abs(change) * self._codes - self._edge_codes, 0)
        weight: Floats = self._srgb * (1 + self._edge * beyond) * np.square(self._codes)
        return weight


def _to_p3(linear: Floats) -> Floats:
    p3: Floats = (TO_P3 @ linear.reshape(3, -1)).reshape(linear.shape)
    return p3


def _transposed(p3: Floats) -> Floats:
    back: Floats = (TO_P3.T @ p3.reshape(3, -1)).reshape(p3.shape)
    return back
