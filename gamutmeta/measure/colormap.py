"""Colours for maps of errors: from nothing to the most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["heat_colours"]

_HEAT = ((10, 10, 14), (62, 18, 110), (152, 38, 108), (224, 84, 58), (250, 166, 50), (254, 250, 206))
"""From nothing to the most: rises in lightness all along, so that it can be read without telling its hues apart."""


def heat_colours(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Colours of values on [0, 1]; what lies beyond is clipped.

    Args:
        values: any shape.

    Returns:
        uint8 of shape (..., 3).
    """
    stops = np.linspace(0, 1, len(_HEAT))
    channels = [np.interp(values, stops, [colour[k] for colour in _HEAT]) for k in range(3)]
    colours: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return colours
