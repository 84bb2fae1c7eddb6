"""Expansion at working speed: strips of rows in threads, tables, and the MLP on active pixels only.

Strips are computed in machine code by :mod:`gamutmeta.model.expand_machine` where it is there, else by numpy in
:mod:`gamutmeta.model.expand_numpy`. Both give the same samples, bit for bit, on every processor of one kind and for
every division of the picture into strips. Their difference from :mod:`gamutmeta.model.reference`, whose float32 sums
have another order, is within the tolerance of the specification.

Memory beyond input and output is a few chunks per thread, whatever the size of the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.model.expand_machine import MachineExpander
from gamutmeta.model.expand_numpy import NumpyExpander
from gamutmeta.model.tables import Tables
from gamutmeta.native.library import built_library, library
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

    Strip = Callable[[NDArray[np.uint8], int, NDArray[np.uint16]], None]
    """Expands the codes, whose rows start at the given one of the picture, into an array."""

__all__ = ["StripExpander", "expand"]

STRIP_PIXELS = 3 << 15
"""Pixels of one strip, by measurement: larger ones do not fit the second-level cache, smaller ones need more calls."""


def expand(
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    codes: NDArray[np.uint8],
    *,
    threads: int | None = None,
    compiled: bool | None = None,
    out: NDArray[np.uint16] | None = None,
) -> NDArray[np.uint16]:
    """Expand an 8-bit sRGB picture to 16-bit ROMM RGB.

    Args:
        descriptor: the architecture.
        weights: the tensors named by ``descriptor.tensor_specs()``, float32.
        codes: sRGB codes, uint8 of shape (H, W, 3), of the coded raster (before EXIF orientation).
        threads: how many to use; None for one per core.
        compiled: True for machine code, False for numpy alone, None for machine code where it is there. Models that it
            does not support (the paper's, a skewed picture) use numpy.
        out: where to write, uint16 of shape (H, W, 3); None for a new array.

    Returns:
        ROMM RGB, uint16 of shape (H, W, 3).

    Raises:
        OSError: if machine code is requested and not there.
    """
    height, width = codes.shape[:2]
    result = np.empty((height, width, 3), np.uint16) if out is None else out
    expand_strip = StripExpander(descriptor, weights, height, width, compiled=compiled)
    for_each_strip(
        lambda rows: expand_strip(codes[rows], rows.start, result[rows]),
        height,
        width,
        pixels=STRIP_PIXELS,
        threads=threads,
    )
    return result


class StripExpander:
    """Expands a picture strip by strip; any number of threads may call it.

    Args:
        descriptor, weights, compiled: as for :func:`expand`.
        height, width: of the whole picture.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        weights: Mapping[str, Floats],
        height: int,
        width: int,
        *,
        compiled: bool | None = None,
    ) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            tables = Tables.build(descriptor, weights, height, width)
            self._work = _strip_function(tables, compiled=compiled)

    def __call__(self, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
        """Expand the rows of `codes`, (rows, W, 3), which start at row `top` of the picture, into `out`."""
        # Hostile weights may overflow; the clamp takes care of the result.
        with np.errstate(over="ignore", invalid="ignore"):
            self._work(codes, top, out)


def _strip_function(tables: Tables, *, compiled: bool | None) -> Strip:
    """What expands strips: machine code, or numpy."""
    machine = library() if compiled is None else built_library() if compiled else None
    if machine is not None and MachineExpander.supports(tables):
        return MachineExpander(tables, machine)
    return NumpyExpander(tables, STRIP_PIXELS)
