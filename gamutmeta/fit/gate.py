"""Chooses the width of the gate for a JPEG, from the decoded picture.

A gate lets the model change only channels whose code is near 0 or 255. This suits a picture in which clipped values
still have these codes, and which has errors only there. JPEG coding moves clipped values, above all with subsampled
chroma, and adds other errors, which may be larger than those of clipping. A narrow gate would keep the model from
correcting them. Then the model gets no gate, and corrects chroma as well.
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

__all__ = ["ClipStatistics", "clip_statistics", "gate_for", "gate_for_base"]

_SHARE = 0.995
"""The reach is the distance from the clip within which this share of the loss lies, measured as squared error."""

_FARTHEST = 8
"""Largest reach, in codes, with which a model gets a gate.

Measured on thirteen photographs at qualities 70 to 100 and all subsamplings (146 codings), as the sum of the gains out
of gamut and over the whole picture. Each rule is compared with the best fixed gate of 8 to 255, or none, for each
coding. The loss of each rule, on the mean and at worst: this one 0.07 and 0.9 dB; 4 to 10 in place of 8, 0.07 and up to
1.5 dB; never a gate, 0.10 and 1.3 dB; a gate of 32 for 4:4:4 and of 128 otherwise, 0.38 and 2.7 dB; 32 everywhere, 1.8
and 10.6 dB. Measured on crops of up to 0.6 megapixels with 1,500 steps; the thresholds were chosen on the same crops.
"""

_NEAR, _NEAR_SHARE = 16, 0.95
"""A gate is used only if at least this share of the squared error of out-of-gamut pixels lies this near to 0 or 255.

Any share from 0.8 to 0.97 does as well on the same photographs. Without this condition the rule loses 0.26 dB on the
mean, and 6.6 dB at worst: there, 22 % of that error lay near the clip although no clipped code had moved.
"""

_WIDTH, _NARROWEST = 3, 12
"""Width of the gate per code of reach, and the smallest width. Together they give gates of 12 to 24.

Mean OG gain on five photographs, 4:4:4, two seeds: 13.7 dB at quality 100 (reach 2) with widths 6, 8, 12 and 16, 13.6
with 24; 11.2 dB at quality 95 (reach 4 to 11) with 12, 11.3 with 16 and 20, 11.2 with 24 and 32. Narrow gates are more
sensitive to differences between decoders: on one photograph at quality 100, codes that were off by up to 2 cost 8.5,
6.6, 3.5, 3.2 and 3.1 dB with widths 2, 4, 8, 12 and 16.
"""

_CLIPPED_SHARE = 0.995
"""A gate is used for a picture that was not made by clipping here only if at least this share of the squared error of
all pixels lies at the clip (for a JPEG, near it).

What a gate gains is little: 0.7 dB over the whole picture where a PNG was clipped exactly, or with dither. What it
loses grows with what it cannot reach: 4.3 dB of a picture that was sharpened a little after clipping.
"""

_PIXELS = 1 << 18
"""Pixels that are examined; this takes 20 ms."""


@dataclass(frozen=True, slots=True)
class ClipStatistics:
    """What decides on the gate.

    Attributes:
        reach: the distance from the clip, in codes, within which nearly all of the clipped colour lies in the decoded
            picture, 0..255.
        near_clip: share of the squared error of out-of-gamut pixels that is in channels with a code near 0 or 255.
    """

    reach: int
    near_clip: float


def gate_for(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation = Adaptation.BRADFORD
) -> int | None:
    """The width of the gate for a picture whose codes lossy coding has changed.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: its sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.

    Returns:
        As in :class:`~gamutmeta.model.descriptor.Descriptor`: a width in codes, or None for no gate.
    """
    found = clip_statistics(wide, codes, adaptation)
    if found.reach > _FARTHEST or found.near_clip < _NEAR_SHARE:
        return None
    return max(_NARROWEST, _WIDTH * found.reach)


def gate_for_base(
    wide: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    adaptation: Adaptation = Adaptation.BRADFORD,
    *,
    is_lossless: bool,
) -> int | None:
    """The width of the gate for a picture that somebody else made of the photograph.

    Mapped, toned or sharpened, it differs everywhere, and needs a model that acts everywhere. If it was clipped after
    all, it gets the gate of a picture that was clipped here.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: the sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.
        is_lossless: whether the codes are what was coded.

    Returns:
        As :func:`gate_for`.
    """
    rows = _rows(*codes.shape[:2])
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide[rows]])
    share = _share_near(linear, codes[rows], _cost(adaptation), 1 if is_lossless else _NEAR)
    if share < _CLIPPED_SHARE:
        return None
    return 0 if is_lossless else gate_for(wide, codes, adaptation)


def clip_statistics(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], adaptation: Adaptation = Adaptation.BRADFORD
) -> ClipStatistics:
    """Examine evenly spaced rows of the picture.

    Squared errors are in linear sRGB, each channel weighted with its effect on linear ProPhoto.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: its sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.
    """
    rows, cost = _rows(*codes.shape[:2]), _cost(adaptation)
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide[rows]])
    return ClipStatistics(_reach(linear, codes[rows], cost), _near_clip(linear, codes[rows], cost))


def _reach(linear: Floats, codes: NDArray[np.uint8], cost: Floats) -> int:
    """The distance from the end of clipping, 0 or 255, within which `_SHARE` of the loss lies; 0 if nothing is lost."""
    lost = np.square(linear - np.clip(linear, 0, 1)) * cost
    taken = np.zeros(256)
    for clipped, distance in ((linear < 0, codes), (linear > 1, 255 - codes)):
        taken += np.bincount(distance[clipped], lost[clipped], minlength=256)
    total = np.cumsum(taken)
    return int(np.searchsorted(total, _SHARE * total[-1]))


def _rows(height: int, width: int) -> slice:
    """Evenly spaced rows; an odd stride visits all rows of the 8x8 and 16x16 blocks equally often."""
    return slice(None, None, -(-height * width // _PIXELS) | 1)


def _cost(adaptation: Adaptation) -> Floats:
    """The effect of an error of each channel of linear sRGB on linear ProPhoto, (3,)."""
    return np.asarray(np.square(expansion_matrix(adaptation)).sum(axis=0), np.float32)


def _near_clip(linear: Floats, codes: NDArray[np.uint8], cost: Floats) -> float:
    """The share of the error of out-of-gamut pixels within `_NEAR` codes of 0 and 255; 1 if there is no error."""
    og = out_of_gamut(linear)
    return _share_near(linear[og], codes[og], cost, _NEAR)


def _share_near(linear: Floats, codes: NDArray[np.uint8], cost: Floats, near: int) -> float:
    """The share of the error in channels less than `near` codes from 0 or 255; 1 if there is no error."""
    errors = np.square(linear - decode_table(SRGB, 256)[codes]) * cost
    total = errors.sum(dtype=np.float64)
    return float(errors[np.minimum(codes, 255 - codes) < near].sum(dtype=np.float64) / total) if total else 1.0
