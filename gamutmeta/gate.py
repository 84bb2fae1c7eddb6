"""How wide the gate of a model for a JPEG is, read off the picture: how far did coding carry what is to be restored?

A gate lets the model act near the codes 0 and 255 only. That spares the rest of the picture where the clipped values
are still at their clip. Where coding has carried them off, above all subsampled chroma, a narrow gate loses them; a
model without a gate reaches them, and repairs chroma everywhere besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, expansion_matrix, reduction_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gate_for", "reach"]

_SHARE = 0.995
"""The share of the lost colour, in squared error, that the gate must see."""

_FARTHEST = 8
"""Reach, in codes, up to which there is a gate at all."""

_WIDTH, _NARROWEST = 3, 12
"""Width of the gate per code of reach, and its least width."""

_PIXELS = 1 << 18
"""Pixels looked at."""


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
    codes_away = reach(wide, codes, adaptation)
    return None if codes_away > _FARTHEST else max(_NARROWEST, _WIDTH * codes_away)


def reach(
    wide: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    adaptation: Adaptation = Adaptation.BRADFORD,
    share: float = _SHARE,
) -> int:
    """How far from its clip, in codes, the decoded picture has what clipping took away.

    Of every channel of linear sRGB outside [0, 1], weighted with the square of what clipping took (its effect on linear
    ProPhoto), the distance of the decoded code from 0 or 255, whichever the channel was clipped to. Looks at evenly
    spread rows of the picture.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: its sRGB picture as a reader decodes it, uint8 (H, W, 3).
        adaptation: of the reduction.
        share: how much of it all must lie within that distance.

    Returns:
        0..255; 0 also if clipping took nothing.
    """
    height, width = codes.shape[:2]
    # An odd stride meets all rows of the 8x8 and 16x16 blocks alike.
    rows = slice(None, None, -(-height * width // _PIXELS) | 1)
    linear = apply_matrix(reduction_matrix(adaptation), decode_table(PROPHOTO, 65536)[wide[rows]])
    seen = codes[rows]
    lost = linear - np.clip(linear, 0, 1)
    cost = np.square(expansion_matrix(adaptation)).sum(axis=0)
    taken = np.zeros(256)
    for channel in range(3):
        for clipped, distance in (
            (linear[..., channel] < 0, seen[..., channel]),
            (linear[..., channel] > 1, 255 - seen[..., channel]),
        ):
            weights = np.square(lost[..., channel][clipped], dtype=np.float64) * cost[channel]
            taken += np.bincount(distance[clipped], weights, minlength=256)
    total = np.cumsum(taken)
    return int(np.searchsorted(total, share * total[-1]))
