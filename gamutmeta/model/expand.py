"""Expansion at working speed: strips of rows in threads, tables, and the MLP on active pixels only.

With numba at hand (``pip install 'gamutmeta[fast]'``) the strips of a large picture are computed in machine code by
:mod:`gamutmeta.model.kernel`, several times as fast; else by numpy. Either computes what :mod:`gamutmeta.model.plain`
computes, within the tolerance of the specification (float32 sums in another order). Memory beyond input and output is a
few chunks per thread, whatever the size of the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.compiled import kernel_for
from gamutmeta.color.spaces import apply_matrix
from gamutmeta.color.strips import for_each_strip
from gamutmeta.color.transfer import ROMM_LINEAR_END
from gamutmeta.model.descriptor import Head
from gamutmeta.model.features import fitted_positions, octave_features
from gamutmeta.model.tables import GridAxes, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Skew


__all__ = ["StripExpander", "expand"]

STRIP_PIXELS = 1 << 16
"""Pixels of one strip: its planes (0.8 MB of float32) stay in a core's second-level cache."""

_ACTIVE_PIXELS = 1 << 13
"""Pixels the MLP takes at once: 8,192 x 32 float32 are 1 MB."""

_GEMM_WORK = 200_000
"""Multiplications of one matrix product. OpenBLAS starts its own threads above 262,144, which would fight with ours."""


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
        compiled: True for numba, False for numpy alone, None for numba where it is installed and the picture
            is large. Models that numba's kernel does not know (the paper's, a skewed picture) are left to numpy.
        out: where to write, uint16 of shape (H, W, 3); None for a new array.

    Returns:
        ROMM RGB, uint16 of shape (H, W, 3).
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
            self._tables = Tables.build(descriptor, weights, height, width)
        self._work = _strip_function(self._tables, height * width, compiled=compiled)

    def __call__(self, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
        """Expand the rows of `codes`, (rows, W, 3), which start at row `top` of the picture, into `out`."""
        # Hostile weights may overflow; the clamp takes care of the result.
        with np.errstate(over="ignore", invalid="ignore"):
            self._work(self._tables, codes, top, out)


def _strip_function(
    tables: Tables, pixels: int, *, compiled: bool | None
) -> Callable[[Tables, NDArray[np.uint8], int, NDArray[np.uint16]], None]:
    """The function for the strips of a picture: numpy's, or the compiled one."""
    kernel = kernel_for("gamutmeta.model.kernel", pixels, compiled=compiled)
    if kernel is not None and kernel.knows(tables):
        compiled_strip: Callable[[Tables, NDArray[np.uint8], int, NDArray[np.uint16]], None] = kernel.expand_strip
        return compiled_strip
    return _expand_strip


def _expand_strip(tables: Tables, codes: NDArray[np.uint8], top: int, out: NDArray[np.uint16]) -> None:
    """Expand the rows of `codes`, which start at row `top` of the picture, into `out`."""
    # There is at least one row in a strip, and it may be of any length.
    for left in range(0, codes.shape[1], STRIP_PIXELS):
        columns = slice(left, left + STRIP_PIXELS)
        _expand_part(tables, codes[:, columns], top, left, out[:, columns])


def _expand_part(tables: Tables, codes: NDArray[np.uint8], top: int, left: int, out: NDArray[np.uint16]) -> None:
    """Expand `codes`, whose first pixel is that in row `top` and column `left` of the picture, into `out`."""
    width = codes.shape[1]
    flat = codes.reshape(-1, 3)
    linear = tables.linear.take(flat)
    wide = apply_matrix(tables.matrix, linear)
    head = tables.descriptor.head
    if head is not Head.CLIP:
        acting = tables.active.take(flat)
        active = np.flatnonzero(acting[:, 0] | acting[:, 1] | acting[:, 2])
        for start in range(0, len(active), _ACTIVE_PIXELS):
            at = active[start : start + _ACTIVE_PIXELS]
            row, column = np.divmod(at, width)
            outputs = _network(tables, flat[at], wide[at], row + top, column + left)
            if head is Head.SRGB_EXCESS:
                wide[at] = apply_matrix(tables.matrix, linear[at] + tables.gate[flat[at]] * outputs)
            else:
                wide[at] += outputs
    # fmax, so that a not-a-number becomes black rather than undefined.
    np.fmax(wide, np.float32(0), out=wide)
    np.fmin(wide, np.float32(1), out=wide)
    out[...] = _romm_codes(wide).reshape(out.shape)


def _romm_codes(linear: Floats) -> Floats:
    """16-bit ROMM codes, in float32, of values on [0, 1]: the general curve takes twice as many passes."""
    codes = np.power(linear, np.float32(1 / 1.8))
    np.multiply(linear, np.float32(16), out=codes, where=linear < np.float32(ROMM_LINEAR_END))
    codes *= np.float32(65535)
    return np.rint(codes, out=codes)


def _network(
    tables: Tables,
    codes: NDArray[np.uint8],
    wide: Floats,
    row: NDArray[np.intp],
    column: NDArray[np.intp],
) -> Floats:
    """The MLP's outputs, (n, 3), at n pixels of the given codes (n, 3), clipped ProPhoto (n, 3), rows and columns."""
    values: Floats
    if tables.code_rows is not None:
        values = tables.code_rows[0].take(codes[:, 0], axis=0)
        share = np.empty_like(values)
        for channel in (1, 2):
            # Without "clip" numpy would fill a buffer first; no code is out of range.
            values += tables.code_rows[channel].take(codes[:, channel], axis=0, out=share, mode="clip")
        values += tables.bias
    else:
        values = np.broadcast_to(tables.bias, (len(codes), len(tables.bias))).copy()
    if tables.column_rows is not None and tables.row_rows is not None:
        values += tables.column_rows.take(column, axis=0)
        values += tables.row_rows.take(row, axis=0)
    if tables.wide_weight is not None:
        values += _product(_wide_features(tables, wide), tables.wide_weight)
    if tables.grid is not None:
        values += _product(_interpolate(tables.grid, row, column), tables.grid_weight)
    if tables.skew is not None:
        _add_skewed(values, tables.skew, tables.grid_weight, row, column)
    for weight, bias in tables.layers:
        np.maximum(values, np.float32(0), out=values)
        values = _product(values, weight)
        values += bias
    return values


def _wide_features(tables: Tables, wide: Floats) -> Floats:
    """Features of clipped linear ProPhoto, (n, features)."""
    rgb = tables.descriptor.rgb
    assert rgb is not None  # noqa: S101 - there is a wide_weight only with an rgb input
    t = 2 * wide - 1
    features = octave_features(t, rgb.octaves)
    if rgb.identity:
        features = np.concatenate([t[..., None], features], axis=-1)
    return np.asarray(features.reshape(len(wide), -1), np.float32)


def _add_skewed(
    values: Floats,
    skew: Skew,
    grid_weight: Floats,
    row: NDArray[np.intp],
    column: NDArray[np.intp],
) -> None:
    """Add the first layer's share of the position, worked out for each pixel, to its values (n, H1)."""
    u, v = fitted_positions(column, row, skew.size, skew.affine)
    if skew.xy_weight is not None:
        octaves = len(skew.xy_weight) // 4
        features = np.concatenate([octave_features(2 * u - 1, octaves), octave_features(2 * v - 1, octaves)], axis=1)
        values += _product(features, skew.xy_weight)
    if skew.nodes is not None:
        each = np.arange(len(values))
        values += _product(_interpolate(GridAxes.build(skew.nodes, u, v), each, each), grid_weight)


def _interpolate(grid: GridAxes, row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats:
    """The grid's features at the given pixels, (n, channels)."""
    nodes_across = grid.nodes.shape[1]
    flat = grid.nodes.reshape(-1, grid.nodes.shape[2])
    corner = grid.row[row] * nodes_across + grid.column[column]
    fx = grid.column_fraction[column][:, None]
    fy = grid.row_fraction[row][:, None]
    top: Floats = flat.take(corner, axis=0)
    top += fx * (flat.take(corner + 1, axis=0) - top)
    corner += nodes_across
    bottom = flat.take(corner, axis=0)
    bottom += fx * (flat.take(corner + 1, axis=0) - bottom)
    bottom -= top
    bottom *= fy
    top += bottom
    return top


def _product(values: Floats, weight: Floats) -> Floats:
    """``values @ weight`` in pieces small enough that BLAS starts no threads of its own."""
    inner, outer = weight.shape
    rows = max(1, _GEMM_WORK // (inner * outer))
    whole = len(values) // rows * rows
    result: Floats = np.empty((len(values), outer), np.float32)
    np.matmul(values[:whole].reshape(-1, rows, inner), weight, out=result[:whole].reshape(-1, rows, outer))
    np.matmul(values[whole:], weight, out=result[whole:])
    return result
