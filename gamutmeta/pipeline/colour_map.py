"""Gain maps that show wide-gamut colour: fitted to a photograph and its sRGB JPEG, coded within a limit of bytes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import (
    DISPLAY_P3,
    PROPHOTO,
    SRGB,
    apply_matrix,
    conversion_matrix,
    decode_table,
)
from gamutmeta.color.transfer import decode_srgb
from gamutmeta.fit.colour_map.grid import Axis, Grid
from gamutmeta.fit.colour_map.pixels import Pixels, Totals, Weights, gain_limits
from gamutmeta.fit.colour_map.rounding import BLOCK, CENTRE, Rounding
from gamutmeta.fit.colour_map.solve import Fit
from gamutmeta.formats.gain_map import Channel, GainMapMetadata
from gamutmeta.formats.second_picture import OVERHEAD
from gamutmeta.photo.map_out import decode_map, encode_map
from gamutmeta.pipeline.map_limits import MAP_BYTES, check_map_bytes
from gamutmeta.pipeline.shown import ShownPicture, map_figures, moved_codes
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.report import MapFigures

    Floats = NDArray[np.floating[Any]]

__all__ = ["NOTHING_TO_SHOW", "MadeMap", "made_map", "useful_map"]

NOTHING_TO_SHOW = "no gain map was made: nothing of the photograph is outside sRGB"
NO_USE = "no gain map was made: none within the limit of bytes shows more of the colours"

OFFSET = 1.0
"""Of base and alternate: the larger, the more alike all pixels of a cell are moved, dark and bright."""

BASE_HEADROOM, ALTERNATE_HEADROOM = 7.0, 6.0
"""In stops; no screen has 6, so the map is applied in full everywhere."""

MOST_CODES = 24
"""An sRGB screen shows no pixel further from the base, in 8-bit codes."""

_GAIN = 0.05
"""dB; maps that bring less are of no use, and change the picture on sRGB screens."""

_CELLS_PER_BYTE = 8
_FINEST = 4
"""Pixels to a side of a cell, at least."""

_SAMPLE = 750_000
"""Pixels that a map is fitted to, at most; drawn in rows and columns."""

_STEPS = 0.5, 250.0
_CLOSE = 1.01
"""Steps that differ by less need not be told apart."""

_SOFT_ROUNDS, _HALVING_ROUNDS, _ROUNDS = 4, 9, 14

_TOUCHED = 0.05
"""Weight of such pixels from which a cell counts."""

_EMPHASIS = np.float32(4)

_ROOM = 0.01
"""Of a code, by which `_DARKEST` and `_BRIGHTEST` are on the safe side: what lies beyond them is looked at exactly."""


def _light_of(codes: Floats) -> Floats:
    return decode_srgb(codes / 255).astype(np.float32)


_DARKEST = np.where(np.arange(256) <= MOST_CODES, -np.inf, _light_of(np.arange(256) - MOST_CODES - 0.5 + _ROOM))
_BRIGHTEST = np.where(np.arange(256) >= 255 - MOST_CODES, np.inf, _light_of(np.arange(256) + MOST_CODES + 0.5 - _ROOM))
"""Linear values between which a screen shows each code as one that is not too far."""


class MadeMap(NamedTuple):
    """A gain map and what it does.

    Attributes:
        jpeg: the map with its metadata.
        figures: see :class:`~gamutmeta.report.MapFigures`.
    """

    jpeg: bytes
    figures: MapFigures

    @property
    def is_better(self) -> bool:
        """Whether Display P3 screens come closer to the photograph outside sRGB with it, by what reports print."""
        return self.figures.p3_psnr_og > self.figures.p3_psnr_og_plain + _GAIN


def made_map(
    base: NDArray[np.uint8],
    photograph: NDArray[np.uint16],
    map_bytes: int = MAP_BYTES,
    *,
    weights: Weights | None = None,
    threads: int | None = None,
) -> MadeMap | None:
    """Make the gain map with which a picture shows Display P3 colours.

    Args:
        base: the picture as viewers decode it, sRGB, uint8 (H, W, 3).
        photograph: ROMM RGB, uint16 (H, W, 3).
        map_bytes: upper limit for all that it adds to the file, 1,000 to 60,000.
        weights: of the fit.
        threads: None for one per core.

    Returns:
        The map; None if nothing of the photograph is outside sRGB, or no map fits the limit.

    Raises:
        PhotoError: the limit is out of range.
    """
    check_map_bytes(map_bytes)
    height, width = photograph.shape[:2]
    cells = _cells(height, width, map_bytes)
    fit = _fit(base, photograph, cells, weights or Weights(), threads)
    if fit is None:
        return None
    fit.improve()
    assert fit.stencil is not None  # noqa: S101 - after a step
    gains, emphasis, steps = fit.gains, np.ones(cells, np.float32), _STEPS
    for number in range(_ROUNDS):
        coded = _coded(Rounding(gains, fit.stencil, emphasis), map_bytes, steps)
        if coded is None:
            return None
        jpeg, metadata, step = coded
        steps = step / 2, step * 2
        picture = ShownPicture(base, decode_map(jpeg), metadata)
        touched, largest = _far(picture, base.shape[:2], cells)
        if largest <= MOST_CODES:
            break
        # Smaller gains, and rounded more finely, since rounding may be what moves a dark pixel too far. If that is not
        # enough, in whole blocks of coefficients, and in the end without any gain there.
        share = np.float32(np.clip(MOST_CODES / largest, 0.5, 0.9))
        if number >= _SOFT_ROUNDS:
            touched = np.repeat(np.repeat(_any_of_blocks(touched), BLOCK, 0), BLOCK, 1)
            share = np.float32(0.5 if number < _HALVING_ROUNDS else 0)
        gains = np.where(touched, gains * share, gains)
        emphasis = np.where(touched, emphasis * _EMPHASIS, emphasis)
    return MadeMap(jpeg, map_figures(picture, photograph, len(jpeg) + OVERHEAD))


def useful_map(
    base: NDArray[np.uint8], photograph: NDArray[np.uint16], map_bytes: int = MAP_BYTES
) -> tuple[MadeMap | None, tuple[str, ...]]:
    """:func:`made_map`, or None where it would be of no use, and what to tell people of that."""
    found = made_map(base, photograph, map_bytes)
    if found is None or not found.is_better:
        return None, (NO_USE if _is_outside(photograph) else NOTHING_TO_SHOW,)
    return found, ()


def _is_outside(photograph: NDArray[np.uint16]) -> bool:
    matrix, table = conversion_matrix(PROPHOTO, SRGB), decode_table(PROPHOTO, 65536)
    return any(
        bool(out_of_gamut(apply_matrix(matrix, table[photograph[rows]])).any())
        for rows in row_strips(*photograph.shape[:2])
    )


def _cells(height: int, width: int, map_bytes: int) -> tuple[int, int]:
    """Rows and columns of the map: whole blocks, so that its JPEG codes nothing beyond its edges."""
    side = max(_FINEST, math.sqrt(height * width / (_CELLS_PER_BYTE * map_bytes)))
    rows, columns = (BLOCK * max(1, round(pixels / side / BLOCK)) for pixels in (height, width))
    return rows, columns


def _fit(
    base: NDArray[np.uint8],
    photograph: NDArray[np.uint16],
    cells: tuple[int, int],
    weights: Weights,
    threads: int | None,
) -> Fit | None:
    """The fit, ready to begin; None if no sampled pixel is outside sRGB."""
    height, width = photograph.shape[:2]
    stride = math.ceil(math.sqrt(height * width / _SAMPLE))
    rows, columns = (np.arange(min(stride // 2, size - 1), size, stride) for size in (height, width))
    across = Axis.of(width, cells[1], columns)
    decoded, linear = decode_table(SRGB, 256), decode_table(PROPHOTO, 65536)
    to_srgb, to_p3 = (conversion_matrix(PROPHOTO, space) for space in (SRGB, DISPLAY_P3))
    parts, totals = [], Totals(0, 0, 0)
    for strip in row_strips(len(rows), len(columns)):
        place = np.ix_(rows[strip], columns)
        light = linear[photograph[place]]
        outside = out_of_gamut(apply_matrix(to_srgb, light))
        wanted = np.clip(apply_matrix(to_p3, light), 0, 1)
        part = _channels_first(decoded[base[place]]), _channels_first(wanted), outside
        totals = totals.plus(Totals.of(*part))
        parts.append((part, Grid(Axis.of(height, cells[0], rows[strip]), across)))
    if not any(part[2].any() for part, _ in parts):
        return None
    return Fit(
        [(Pixels(*part, offset=OFFSET, weights=weights, totals=totals), grid) for part, grid in parts],
        gain_limits(OFFSET),
        threads,
    )


def _coded(
    rounding: Rounding, map_bytes: int, steps: tuple[float, float]
) -> tuple[bytes, GainMapMetadata, float] | None:
    """The finest map that fits, its metadata and its step, sought between `steps`; None if none does."""
    # 128 codes are what a JPEG without any coefficient has: just no gain.
    stops = rounding.code_gain / math.log(2)
    channel = Channel(-CENTRE * stops, (255 - CENTRE) * stops, 1.0, OFFSET, OFFSET)
    metadata = GainMapMetadata((channel,), BASE_HEADROOM, ALTERNATE_HEADROOM)
    content = metadata.pack()
    (low, high), found = steps, None
    while found is None or high > low * _CLOSE:
        if low > _STEPS[1] / _CLOSE:
            return None
        if high <= low * _CLOSE:
            high *= 4
        step = math.sqrt(low * high)
        rounded = rounding.rounded(step)
        jpeg = encode_map(rounded.samples, rounded.steps, content)
        if len(jpeg) + OVERHEAD <= map_bytes:
            found, high = (jpeg, step), step
        else:
            low = step
    return found[0], GainMapMetadata.unpack(content), found[1]


def _any_of_blocks(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any cell of each block of coefficients is true."""
    rows, columns = cells.shape
    return np.asarray(cells.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).any((1, 3)))


def _far(picture: ShownPicture, size: tuple[int, ...], cells: tuple[int, int]) -> tuple[NDArray[np.bool_], float]:
    """The cells around pixels that an sRGB screen would show too far from the base, and the largest distance.

    Where no pixel comes near what is allowed, the distance is 0, as nothing else is done with it.
    """
    found: list[tuple[NDArray[np.bool_], float]] = []

    def look(rows: slice) -> None:
        light, codes = picture.linear(rows), picture.codes(rows)
        beyond = (light < _DARKEST[codes]) | (light > _BRIGHTEST[codes])
        places = np.nonzero(beyond[..., 0] | beyond[..., 1] | beyond[..., 2])
        if not places[0].size:
            return
        moved = moved_codes(light[places], codes[places]).max(-1)
        far = np.zeros(codes.shape[:2], np.float32)
        far[places] = moved > MOST_CODES
        found.append((picture.part(rows).gathered(far[None])[0] > _TOUCHED, float(moved.max())))

    for_each_strip(look, *size[:2])
    touched = np.any([np.zeros(cells, bool), *(cells_there for cells_there, _ in found)], axis=0)
    return touched, max((largest for _, largest in found), default=0.0)


def _channels_first(pixels: Floats) -> Floats:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
