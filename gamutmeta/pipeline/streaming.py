"""Expansion of a picture while it is written: some rows at a time, on the threads of the writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.convert import convert_space
from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.model.expand import STRIP_PIXELS, StripExpander
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["ExpandedRows"]


class ExpandedRows:
    """The expanded picture, of which any thread may ask for rows; twin of :func:`gamutmeta.model.expand.expand`.

    Args:
        descriptor: of the model.
        weights: its tensors, float32.
        codes: sRGB codes or YCbCr samples, uint8 (height, width, 3).
        space: of the samples wanted; colours outside it are clipped.
    """

    dtype = np.dtype(np.uint16)
    itemsize = 2

    def __init__(
        self,
        descriptor: Descriptor,
        weights: Mapping[str, Floats],
        codes: NDArray[np.uint8],
        space: RgbSpace = PROPHOTO,
    ) -> None:
        self._codes, self._space = codes, space
        self._expand = StripExpander(descriptor, weights, codes.shape[0], codes.shape[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, 3."""
        return self._codes.shape

    def __getitem__(self, rows: slice, /) -> NDArray[np.uint16]:
        """Some rows without gaps, uint16 (rows, width, 3)."""
        codes, top = self._codes[rows], rows.indices(len(self._codes))[0]
        result = np.empty(codes.shape, np.uint16)
        for strip in row_strips(codes.shape[0], codes.shape[1], STRIP_PIXELS):
            part = result[strip]
            self._expand(codes[strip], top + strip.start, part)
            if self._space != PROPHOTO:
                part[:] = convert_space(part, PROPHOTO, self._space, np.uint16)
        return result
