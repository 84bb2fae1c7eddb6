"""The EXIF orientation: how a stored picture is turned to be shown, and back. The one table of it.

Reference:
    CIPA DC-008-2019 (Exif 2.32), section 4.6.4.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["UPRIGHT", "Turn", "turned_back", "turned_upright", "upright_image"]

Code = TypeVar("Code", bound=np.generic)


class Turn(NamedTuple):
    """What turns a stored picture upright.

    Attributes:
        pillow: its name among the members of ``PIL.Image.Transpose``.
        swap: rows and columns change places, before anything else.
        flip_rows: the last row becomes the first.
        flip_columns: the last column becomes the first.
    """

    pillow: str
    swap: bool
    flip_rows: bool
    flip_columns: bool


UPRIGHT: Mapping[int, Turn] = MappingProxyType(
    {
        2: Turn("FLIP_LEFT_RIGHT", swap=False, flip_rows=False, flip_columns=True),
        3: Turn("ROTATE_180", swap=False, flip_rows=True, flip_columns=True),
        4: Turn("FLIP_TOP_BOTTOM", swap=False, flip_rows=True, flip_columns=False),
        5: Turn("TRANSPOSE", swap=True, flip_rows=False, flip_columns=False),
        6: Turn("ROTATE_270", swap=True, flip_rows=False, flip_columns=True),
        7: Turn("TRANSVERSE", swap=True, flip_rows=True, flip_columns=True),
        8: Turn("ROTATE_90", swap=True, flip_rows=True, flip_columns=False),
    }
)
"""By EXIF orientation. 1 is upright already, and so is whatever is no orientation."""


def turned_upright(samples: NDArray[Code], orientation: int) -> NDArray[Code]:
    """The picture as it is to be shown.

    Args:
        samples: shape (height, width) or (height, width, channels).
        orientation: EXIF orientation, 1 to 8.

    Returns:
        The same samples, contiguous; height and width change places for orientations 5 to 8.
    """
    turn = UPRIGHT.get(orientation)
    if turn is None:
        return samples
    return np.ascontiguousarray(_flipped(samples.swapaxes(0, 1) if turn.swap else samples, turn))


def upright_image(image: Image.Image, orientation: int) -> Image.Image:
    """A Pillow image as it is to be shown, without anything in its ``info``; see :func:`turned_upright`."""
    from PIL import Image  # noqa: PLC0415  # keeps the import of the arrays' part light

    return Image.fromarray(turned_upright(np.asarray(image), orientation))


def turned_back(samples: NDArray[Code], orientation: int) -> NDArray[Code]:
    """The picture as it is stored, of one that is upright: undoes :func:`turned_upright`, in a view."""
    turn = UPRIGHT.get(orientation)
    if turn is None:
        return samples
    flipped = _flipped(samples, turn)
    return flipped.swapaxes(0, 1) if turn.swap else flipped


def _flipped(samples: NDArray[Any], turn: Turn) -> NDArray[Any]:
    rows = slice(None, None, -1 if turn.flip_rows else 1)
    columns = slice(None, None, -1 if turn.flip_columns else 1)
    return samples[rows, columns]
