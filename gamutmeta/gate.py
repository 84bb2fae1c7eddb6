"""How wide the gate of a model for a JPEG is, read off the picture that coding has left.

A gate lets the model act near the codes 0 and 255 only. That suits a picture whose clipped values are still at their
clip, and whose errors are all there. Where coding has carried them off, above all subsampled chroma, or where other
errors outweigh what was clipped, a narrow gate hides from the model what it could restore: then it does without one,
and repairs chroma besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.transfer import Floats

__all__ = ["Survey", "gate_for", "survey"]

_SHARE = 0.995
"""The share of the lost colour, in squared error, whose distance from the clip is the reach."""

_FARTHEST = 8
"""Reach, in codes, up to which there may be a gate.

Measured on thirteen photographs at qualities 80 to 100 and all subsamplings, 117 codings, OG and whole gain together.
How far a rule stays behind the best of the fixed gates 8 to 255 and none, on the mean and at worst: this one 0.07 and
0.9 dB; with 5 or 10 in place of 8 about 0.09 dB; never a gate 0.11 and 1.3 dB; 32 for 4:4:4 and 128 else 0.35 and
2.7 dB; the same everywhere 1 dB and more.
"""

_SIGHT, _SEEN = 16, 0.95
"""A gate needs so much of the squared error of out-of-gamut pixels within so many codes of 0 and 255.

Without this condition some photographs lose 4 dB: in one, 6 % out of gamut and taken by a telephone, 16 % of that error
lay near the clip, in others 98 % at the same coding. Any share from 0.9 to 0.98 does as well.
"""

_WIDTH, _NARROWEST = 3, 12
"""Width of the gate per code of reach, and its least width: gates of 12 to 24.

All from 6 to 24 gain the same within 0.1 dB at quality 100 and 4:4:4, all from 16 to 24 at quality 95. But when the
reader's decoder gives codes that are off by up to 2, widths of 2, 4, 8, 12 and 16 lose 8.5, 6.6, 3.5, 3.2 and 3.1 dB of
42.5 dB.
"""

_PIXELS = 1 << 18
"""Pixels looked at: 20 ms."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a gate would have to do with.

    Attributes:
        reach: how far from its clip, in codes, the decoded picture has nearly all that clipping took, 0..255.
        in_sight: share of the squared error of out-of-gamut pixels that is in channels close to 0 or 255.
    """

    reach: int
    in_sight: float


def gate_for(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation = Adaptation.BRADFORD
) -> int | None:
    """The width of the gate for a picture whose codes are not those that clipping gave.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: its sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.

    Returns:
        As in :class:`~gamutmeta.model.descriptor.Descriptor`: a width in codes, or None for no gate.
    """
    found = survey(wide, codes, adaptation)
    if found.reach > _FARTHEST or found.in_sight < _SEEN:
        return None
    return max(_NARROWEST, _WIDTH * found.reach)


def survey(wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation = Adaptation.BRADFORD) -> Survey:
    """Look at evenly spread rows of the picture.

    Squared errors are in linear sRGB, each channel weighted with its effect on linear ProPhoto.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: its sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.
    """
    height, width = codes.shape[:2]
    # An odd stride meets all rows of the 8x8 and 16x16 blocks alike.
    rows = slice(None, None, -(-height * width // _PIXELS) | 1)
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide[rows]])
    cost = np.square(expansion_matrix(adaptation)).sum(axis=0).astype(np.float32)
    return Survey(_reach(linear, codes[rows], cost), _in_sight(linear, codes[rows], cost))


def _reach(linear: Floats, codes: NDArray[np.uint8], cost: Floats) -> int:
    """Distance of the codes from the end at which their channel was clipped, where most of the loss is; 0 for none."""
    lost = np.square(linear - np.clip(linear, 0, 1)) * cost
    taken = np.zeros(256)
    for clipped, distance in ((linear < 0, codes), (linear > 1, 255 - codes)):
        taken += np.bincount(distance[clipped], lost[clipped], minlength=256)
    total = np.cumsum(taken)
    return int(np.searchsorted(total, _SHARE * total[-1]))


def _in_sight(linear: Floats, codes: NDArray[np.uint8], cost: Floats) -> float:
    """Share of the error of out-of-gamut pixels within `_SIGHT` codes of 0 and 255; 1 if there is no error."""
    og = out_of_gamut(linear)
    near = codes[og]
    errors = np.square(linear[og] - decode_table(SRGB, 256)[near]) * cost
    total = errors.sum(dtype=np.float64)
    return float(errors[np.minimum(near, 255 - near) < _SIGHT].sum(dtype=np.float64) / total) if total else 1.0
