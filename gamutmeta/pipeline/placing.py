"""A photograph and an sRGB picture of it may be stored turned differently: one upright, the other with an EXIF tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.measure.alignment import alignment_of
from gamutmeta.photo.upright import turned_back, turned_upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.photo.wide import WideImage

__all__ = ["best_placing", "placings"]

_AS_STORED = "the EXIF orientations of photograph and base differ, but both store the picture the same way round"


def placings(wide: WideImage, orientation: int) -> list[tuple[NDArray[np.uint16], str | None]]:
    """How a photograph may lie on the raster of a picture with another EXIF orientation.

    Args:
        wide: the photograph.
        orientation: of the picture, 1 to 8.

    Returns:
        First as both are shown, then as both are stored, if that is something else: arrays of the photograph, uint16
        (H, W, 3) and contiguous, each with a note for people, or None.
    """
    if wide.orientation == orientation:
        return [(wide.array, None)]
    upright = turned_upright(wide.array, wide.orientation)
    shown = np.ascontiguousarray(turned_back(upright, orientation))
    return [(shown, None), (wide.array, _AS_STORED)]


def best_placing(
    wide: WideImage, orientation: int, codes: NDArray[np.uint8], adaptation: Adaptation
) -> NDArray[np.uint16] | None:
    """The photograph on the raster of an sRGB picture that was made of it.

    Args:
        wide: the photograph, in ROMM RGB.
        orientation: EXIF orientation of the picture, 1 to 8.
        codes: the picture, sRGB as viewers show it, uint8 (H, W, 3).
        adaptation: of the reduction.

    Returns:
        ROMM RGB, uint16 (H, W, 3); None if no size fits. If two do, the one whose details are in place.
    """
    fitting = [array for array, _ in placings(wide, orientation) if array.shape == codes.shape]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    return max(fitting, key=lambda array: alignment_of(reduce_to_codes(array, adaptation)[0], codes).agreement)
