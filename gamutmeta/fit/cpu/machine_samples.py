"""Choosing the samples of a fit in machine code: gamutmeta/native/samples.c, twin of :mod:`gamutmeta.fit.samples`."""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.spaces import PROPHOTO, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.color.sycc import FRACTIONS, sycc_tables
from gamutmeta.fit.cpu.draw import FLOOR
from gamutmeta.fit.cpu.problem import SAMPLE
from gamutmeta.fit.samples import DENSEST, LEVELS, STRIP_PIXELS, SURVEYED, Survey, draw_key
from gamutmeta.fit.threads import map_in_order
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.model.features import code_values, gate_weights, grid_position
from gamutmeta.native.pointers import pointer
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.samples import Draw
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["MachineCandidates", "drawn_by_error", "gathered", "surveyed"]

_PARTS = 2


class _Picture(ctypes.Structure):
    """``Picture`` in gamutmeta/native/samples.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("codes", "wide")),
        *((name, ctypes.c_int64) for name in ("width", "code_row", "wide_row")),
        *((name, ctypes.c_void_p) for name in ("srgb", "romm", "chroma", "sycc")),
        ("fractions", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("expansion", "reduction")),
    )


class _Places(ctypes.Structure):
    """``Places`` in gamutmeta/native/samples.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("column", "row", "column_fraction", "row_fraction")),
        *((name, ctypes.c_int64) for name in ("across", "every")),
    )


class _Held:
    """A structure of the machine code, and the arrays that it points to."""

    def __init__(self, structure: ctypes.Structure, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        for name, array in arrays.items():
            setattr(structure, name, array.ctypes.data)
        self.pointer = ctypes.pointer(structure)


def _picture(descriptor: Descriptor, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> _Held:
    codes, wide = (_with_whole_rows(array) for array in (codes, wide))
    arrays: dict[str, NDArray[Any]] = {
        "codes": codes,
        "wide": wide,
        "srgb": np.ascontiguousarray(code_values(descriptor), np.float32),
        "romm": decode_table(PROPHOTO, 65536),
        "expansion": np.ascontiguousarray(expansion_matrix(descriptor.adaptation), np.float32),
        "reduction": np.ascontiguousarray(reduction_matrix(descriptor.adaptation), np.float32),
    }
    if descriptor.samples is SampleCoding.SYCC:
        arrays["chroma"], arrays["sycc"] = sycc_tables()
    rows = [array.strides[0] // array.itemsize for array in (codes, wide)]
    return _Held(_Picture(width=codes.shape[1], code_row=rows[0], wide_row=rows[1], fractions=FRACTIONS), arrays)


def _with_whole_rows(array: NDArray[Any]) -> NDArray[Any]:
    """The picture, or a copy if the pixels of a row do not follow each other in memory."""
    follows = array.strides[1:] == (3 * array.itemsize, array.itemsize) and array.strides[0] % array.itemsize == 0
    return (
        array
        if follows and array.flags.aligned and array.dtype.isnative
        else np.array(array, array.dtype.type, order="C")
    )


class MachineCandidates:
    """The twin of :class:`~gamutmeta.fit.samples.HostCandidates` for a gated model; densities are the same."""

    def __init__(
        self, survey: Survey, codes: NDArray[np.uint8], wide: NDArray[np.uint16], *, library: ctypes.CDLL
    ) -> None:
        height, width, _ = codes.shape
        self._library = library
        library.samples_pick.restype = ctypes.c_int64
        self._density = density = np.empty((height, width), np.uint8)
        self._levels = np.zeros(256, np.int64)
        picture = _picture(survey.descriptor, codes, wide)
        active = survey.active.astype(np.uint8)
        factor = LEVELS / survey.clipped_error if survey.clipped_error else 0.0
        counts: list[NDArray[np.int64]] = []

        def work(rows: slice) -> None:
            count = np.zeros(256, np.int64)
            library.samples_densities(
                picture.pointer,
                pointer(active, np.uint8),
                ctypes.c_int64(rows.start),
                ctypes.c_int64(rows.stop - rows.start),
                ctypes.c_float(factor),
                ctypes.c_float(DENSEST),
                pointer(density[rows], np.uint8),
                pointer(count, np.int64),
            )
            counts.append(count)

        for_each_strip(work, height, width)
        self._levels = np.sum(counts, axis=0)

    def levels(self) -> NDArray[np.intp]:
        """See :class:`~gamutmeta.fit.samples.Candidates`."""
        return self._levels

    def pick(
        self, chance: NDArray[np.float32], count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """See :class:`~gamutmeta.fit.samples.Candidates`."""
        density = self._density
        height, width = density.shape
        key, chances = draw_key(rng), chance.astype(np.float32)

        def work(rows: slice) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
            size = (rows.stop - rows.start) * width
            at, densities = np.empty(size + 1, np.int64), np.empty(size + 1, np.uint8)
            taken = self._library.samples_pick(
                pointer(density, np.uint8),
                ctypes.c_int64(rows.start * width),
                ctypes.c_int64(size),
                pointer(chances, np.float32),
                ctypes.c_uint64(key),
                pointer(at, np.int64),
                pointer(densities, np.uint8),
            )
            return at[:taken].copy(), densities[:taken].copy()

        parts = map_in_order(work, row_strips(height, width, STRIP_PIXELS))
        at, densities = (np.concatenate(part) for part in zip(*parts, strict=True))
        if len(at) == 0:  # there are few candidates, and the draw took none
            at = np.flatnonzero(density)[:count]
            densities = density.ravel()[at]
        return at, densities


def surveyed(
    descriptor: Descriptor, codes: NDArray[np.uint8], wide: NDArray[np.uint16], *, library: ctypes.CDLL
) -> Survey:
    """The twin of :meth:`~gamutmeta.fit.samples.Survey.of`, but for the rounding of sums."""
    pixels = codes.shape[0] * codes.shape[1]
    every = -(-pixels // SURVEYED)
    active = gate_weights(descriptor) > 0
    picture, sums = _picture(descriptor, codes, wide), np.zeros(3)
    is_active = active.astype(np.uint8)
    library.samples_survey(
        picture.pointer,
        pointer(is_active, np.uint8),
        ctypes.c_int64(pixels),
        ctypes.c_int64(every),
        pointer(sums, np.float64),
    )
    clipped, seen, in_gamut = sums.tolist()
    return Survey(descriptor, active, math.sqrt(clipped / seen) if seen else 0.0, every * in_gamut)


def drawn_by_error(
    squared_errors: NDArray[np.float32],
    weights: NDArray[np.float32],
    count: int,
    rng: np.random.Generator,
    *,
    library: ctypes.CDLL,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The twin of :func:`gamutmeta.fit.cpu.draw.draw_by_error`, but for the rounding of sums."""
    weights, offset, place = np.ascontiguousarray(weights), rng.random(), rng.permutation(count)
    likely, drawn, new_weights = np.empty(len(weights)), np.empty(count, np.int64), np.empty(count, np.float32)
    library.samples_draw(
        pointer(squared_errors, np.float32),
        pointer(weights, np.float32),
        ctypes.c_int64(len(weights)),
        ctypes.c_int64(count),
        ctypes.c_double(FLOOR),
        ctypes.c_double(offset),
        pointer(place, np.int64),
        pointer(likely, np.float64),
        pointer(drawn, np.int64),
        pointer(new_weights, np.float32),
    )
    return drawn, new_weights


def gathered(draw: Draw, size: tuple[int, int], library: ctypes.CDLL) -> NDArray[np.void]:
    """The samples of a draw as the loops want them, of :data:`~gamutmeta.fit.cpu.problem.SAMPLE`, (N,).

    Args:
        draw: for a model with a grid.
        size: of the whole picture, (height, width).
        library: gamutmeta's machine code.
    """
    descriptor = draw.survey.descriptor
    assert descriptor.grid is not None  # noqa: S101 - other models are fitted by torch
    picture = _picture(descriptor, draw.codes, draw.wide)
    row, row_fraction = grid_position(size[0], descriptor.grid.height)
    column, column_fraction = grid_position(size[1], descriptor.grid.width)
    arrays: dict[str, NDArray[Any]] = {
        "row": row.astype(np.int64),
        "column": column.astype(np.int64),
        "row_fraction": row_fraction.astype(np.float32),
        "column_fraction": column_fraction.astype(np.float32),
    }
    places = _Held(_Places(across=descriptor.grid.width, every=draw.every), arrays)
    records = np.empty(len(draw), SAMPLE)
    at, place, weight = draw.at.astype(np.int64), draw.place.astype(np.int64), draw.weight.astype(np.float32)
    step = -(-len(draw) // _PARTS)

    def work(start: int) -> None:
        part = slice(start, start + step)
        library.samples_gather(
            picture.pointer,
            places.pointer,
            pointer(at[part], np.int64),
            pointer(place[part], np.int64),
            pointer(weight[part], np.float32),
            ctypes.c_int64(len(at[part])),
            pointer(records, SAMPLE),
        )

    map_in_order(work, range(0, len(draw), step))
    return records
