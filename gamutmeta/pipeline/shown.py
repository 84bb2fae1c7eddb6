"""What a browser that applies gain maps shows of a JPEG, on screens without headroom: the prediction.

It is the arithmetic of ISO 21496-1, clause 6, and the tests compare it with Chromium's pixels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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
from gamutmeta.color.transfer import encode_srgb
from gamutmeta.errors import PhotoError
from gamutmeta.fit.colour_map.grid import Axis, Grid
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.photo.map_out import decode_map
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.report import MapFigures
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.formats.gain_map import GainMapMetadata

    Floats = NDArray[np.floating[Any]]

__all__ = ["ShownPicture", "map_figures", "moved_codes", "shown_picture"]

_LN2 = math.log(2)
_CODES = 255


class ShownPicture:
    """A base and its gain map, as a reader puts them together.

    Args:
        base: sRGB codes, uint8 (H, W, 3).
        codes: of the map, RGB, uint8 (rows, columns, 3), both sides at least 2.
        metadata: of the map, with one channel and the gamma 1.

    Raises:
        PhotoError: a map of another kind.
    """

    def __init__(self, base: NDArray[np.uint8], codes: NDArray[np.uint8], metadata: GainMapMetadata) -> None:
        (channel, *others) = metadata.channels
        if others or channel.gamma != 1 or not metadata.acts_without_headroom or min(codes.shape[:2]) < 2:
            raise PhotoError("the gain map is not of the kind that is written here; what it shows is not known")
        self._base, self._channel = base, channel
        # The weight of such a map is -1 on a screen without headroom.
        gains = -_LN2 * (channel.low + (channel.high - channel.low) * codes.astype(np.float32) / _CODES)
        self._gains = np.ascontiguousarray(gains.transpose(2, 0, 1), np.float32)
        height, width = base.shape[:2]
        self._grid = Grid(Axis.of(height, codes.shape[0]), Axis.of(width, codes.shape[1]))
        self._table = decode_table(SRGB, 256)
        self._lifted = self._table + np.float32(channel.base_offset)

    def part(self, rows: slice) -> Grid:
        """The grid of the map over some rows."""
        return self._grid.part(rows)

    def base(self, rows: slice) -> Floats:
        """The base of some rows, linear sRGB, float32 (n, W, 3)."""
        return self._table[self._base[rows]]

    def codes(self, rows: slice) -> NDArray[np.uint8]:
        """The codes of the base of some rows, sRGB, uint8 (n, W, 3)."""
        return self._base[rows]

    def linear(self, rows: slice) -> Floats:
        """What is computed for some rows, linear sRGB, not clamped, float32 (n, W, 3)."""
        gains = self._grid.enlarged(self._gains, rows)
        np.exp(gains, out=gains)
        shown: Floats = self._lifted[self._base[rows]]
        shown *= gains.transpose(1, 2, 0)
        shown -= np.float32(self._channel.alternate_offset)
        return shown


def shown_picture(data: bytes, space: RgbSpace = DISPLAY_P3) -> Floats:
    """The picture of a JPEG on a screen without headroom, by a reader that applies its gain map.

    Args:
        data: the file. Without a gain map that acts on such screens, the plain picture is shown.
        space: of the screen.

    Returns:
        Encoded values in that space, clamped to [0, 1], float32 (H, W, 3), as the file stores rows and columns.

    Raises:
        PhotoError: the picture or its map is damaged, or the map is of a kind that is not written here.
        CarrierError: the file is damaged.
    """
    base, found = decode_srgb(data), find_colour_map(data)
    matrix = conversion_matrix(SRGB, space)
    if found is None:
        linear = apply_matrix(matrix, decode_table(SRGB, 256)[base])
    else:
        picture = ShownPicture(base, decode_map(found.jpeg), found.metadata)
        linear = apply_matrix(matrix, picture.linear(slice(None)))
    encoded: Floats = space.encode(np.clip(linear, 0, 1))
    return encoded


def moved_codes(linear: Floats, codes: NDArray[np.uint8]) -> Floats:
    """By how many codes an sRGB screen shows something else than the base.

    Args:
        linear: what is computed, linear sRGB, not clamped.
        codes: of the base there, sRGB.

    Returns:
        0 to 255, of the same shape.
    """
    distance: Floats = np.abs(np.rint(_CODES * encode_srgb(np.clip(linear, 0, 1))) - codes)
    return distance


def map_figures(picture: ShownPicture, photograph: NDArray[np.uint16], size: int) -> MapFigures:
    """How close a Display P3 screen comes to the photograph, and how far an sRGB screen is from the base.

    Args:
        picture: base and map.
        photograph: ROMM RGB, uint16 (H, W, 3). What is outside Display P3 is clipped to it.
        size: bytes that the map adds to the file.
    """
    height, width = photograph.shape[:2]
    table = decode_table(PROPHOTO, 65536)
    to_srgb, to_p3 = (conversion_matrix(PROPHOTO, space) for space in (SRGB, DISPLAY_P3))
    screen = conversion_matrix(SRGB, DISPLAY_P3)
    parts: dict[int, tuple[NDArray[np.float64], float]] = {}

    def measure(rows: slice) -> None:
        linear = table[photograph[rows]]
        outside = out_of_gamut(apply_matrix(to_srgb, linear))
        wanted = np.clip(apply_matrix(to_p3, linear), 0, 1)
        shown = picture.linear(rows)
        sums = np.empty((2, 2))
        for number, each in enumerate((picture.base(rows), shown)):
            error = np.square(np.clip(apply_matrix(screen, each), 0, 1) - wanted).sum(-1)
            sums[number] = [float(error.sum(where=mask, dtype=np.float64)) for mask in (outside, ~outside)]
        moved = moved_codes(shown, picture.codes(rows))
        inside = float(outside.size - np.count_nonzero(outside))
        codes = float(np.square(moved).sum(dtype=np.float64))
        parts[rows.start] = np.array([*sums.ravel(), outside.size - inside, inside, codes]), float(moved.max())

    for_each_strip(measure, height, width)
    # In order, so that the sums do not depend on which thread was first.
    totals = np.sum([parts[start][0] for start in sorted(parts)], axis=0)
    squares, counts, codes = totals[:4].reshape(2, 2), totals[4:6], totals[6]
    largest = max(moved for _, moved in parts.values())
    with np.errstate(divide="ignore", invalid="ignore"):
        psnr = -10 * np.log10(squares / (3 * counts))
        srgb = -10 * np.log10(codes / (3 * height * width * _CODES**2))
    return MapFigures(
        map_bytes=size,
        p3_psnr_og=float(psnr[1, 0]),
        p3_psnr_og_plain=float(psnr[0, 0]),
        p3_psnr_ig=float(psnr[1, 1]),
        p3_psnr_ig_plain=float(psnr[0, 1]),
        srgb_psnr=float(srgb),
        srgb_codes=round(largest),
    )
