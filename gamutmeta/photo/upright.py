"""Applies the EXIF orientation to pictures, for files whose readers ignore it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["turned_upright"]

Code = TypeVar("Code", bound=np.unsignedinteger[Any])

_TURN: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: np.swapaxes(stored, 0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.swapaxes(np.rot90(stored, 2), 0, 1),
    8: lambda stored: np.rot90(stored, 1),
}
"""By EXIF orientation (CIPA DC-008, section 4.6.4): from the stored picture to the one that is shown."""


def turned_upright(samples: NDArray[Code], orientation: int) -> NDArray[Code]:
    """The picture as it is to be shown.

    Args:
        samples: shape (height, width) or (height, width, channels).
        orientation: EXIF orientation, 1 to 8.

    Returns:
        The same samples, contiguous; height and width change places for orientations 5 to 8.
    """
    turn = _TURN.get(orientation)
    return samples if turn is None else np.ascontiguousarray(turn(samples))
