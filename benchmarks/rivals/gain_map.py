"""A gain map: a small JPEG of what separates the photograph from its clipped rendition, scaled up by the reader.

Two kinds, both per channel in linear ProPhoto: the difference, and the logarithmic gain ``log2((wide + k) / (clipped +
k))`` with k = 1/64, as ISO 21496-1 has it. Each is averaged over cells, scaled to 8 bits between its least and greatest
value, coded as JPEG, and interpolated bilinearly on expansion. The encoder tries every scale, both kinds, and chroma at
full and half resolution, each at the highest quality within the budget, and keeps what restores the out-of-gamut
pixels best. As in ISO 21496-1 the map acts on all pixels.
"""

import io
import struct
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.rivals.method import (
    Axis,
    Metadata,
    SearchPixels,
    at_points,
    at_raster,
    clipped_linear,
    expanded,
    linear_of,
    squared_error,
)
from gamutmeta.color.adaptation import Adaptation

_HEAD = struct.Struct("<B9f")
"""Kind; least and greatest value, and gamma, of each channel. Gamma is 1, as is usual."""
_KINDS = ("difference", "log gain")
OFFSET = np.float32(1 / 64)
"""Of both renditions; the default of the hdrgm metadata, which the standard grew from."""
_FACTORS = (192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""Pixels per cell along each side, coarsest first."""
_SUBSAMPLINGS = ("4:4:4", "4:2:0")
_QUALITIES = range(1, 101)


def _gain(kind: str, wide: Floats, clipped: Floats) -> Floats:
    if kind == "difference":
        return wide - clipped
    return np.asarray(np.log2((wide + OFFSET) / _above_zero(clipped)), np.float32)


def apply_gain(kind: str, clipped: Floats, gain: Floats) -> Floats:
    """What the map makes of `clipped`: linear ProPhoto (..., 3), not clipped to [0, 1]."""
    if kind == "difference":
        return clipped + gain
    return np.asarray(_above_zero(clipped) * np.exp2(gain) - OFFSET, np.float32)


def _above_zero(clipped: Floats) -> Floats:
    """The clipped rendition plus the offset, kept positive: its matrix has small negative entries."""
    return np.asarray(np.maximum(clipped + OFFSET, OFFSET / 16))


def _centres(size: int, cells: int) -> NDArray[np.float64]:
    """Pixel coordinates of the middles of `cells` equal cells on 0..size-1."""
    return (np.arange(cells) + 0.5) * size / cells - 0.5


@dataclass(frozen=True, slots=True)
class _Map:
    """A scaled-down map, ready for any quality."""

    kind: str
    factor: int
    head: bytes
    picture: Image.Image

    def encode(self, quality: int, subsampling: str) -> bytes:
        """The metadata; JPEG progressive or not, whichever is smaller."""
        coded = []
        with _room_for(self.picture):
            for progressive in (False, True):
                file = io.BytesIO()
                self.picture.save(
                    file, "JPEG", quality=quality, subsampling=subsampling, optimize=True, progressive=progressive
                )
                coded.append(file.getvalue())
        return self.head + min(coded, key=len)


@contextmanager
def _room_for(picture: Image.Image) -> Iterator[None]:
    """Let Pillow's output buffer hold the whole file: its guess, a byte per pixel, is too small for noise."""
    before = ImageFile.MAXBLOCK
    ImageFile.MAXBLOCK = max(before, 6 * picture.width * picture.height)
    try:
        yield
    finally:
        ImageFile.MAXBLOCK = before


def _decode(metadata: bytes) -> tuple[str, Floats]:
    """The kind, and the map of gains, float32 (rows, columns, 3)."""
    kind, *numbers = _HEAD.unpack_from(metadata)
    low, high, gamma = np.array(numbers, np.float32).reshape(3, 3)
    with Image.open(io.BytesIO(metadata[_HEAD.size :]), formats=["JPEG"]) as picture:
        scaled = np.asarray(picture.convert("RGB"), np.float32) / 255
    return _KINDS[kind], scaled ** (1 / gamma) * (high - low) + low


def _scaled_down(kind: str, gain: Floats, factor: int) -> _Map:
    height, width, _ = gain.shape
    size = max(1, round(width / factor)), max(1, round(height / factor))
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(gain[..., c])).resize(size, Image.Resampling.BOX))
        for c in range(3)
    ]
    cells = np.stack(planes, -1)
    low, high = cells.min((0, 1)), cells.max((0, 1))
    scaled = np.rint((cells - low) / np.maximum(high - low, 1e-9) * 255).astype(np.uint8)
    head = _HEAD.pack(_KINDS.index(kind), *low.tolist(), *high.tolist(), 1, 1, 1)
    return _Map(kind, factor, head, Image.fromarray(scaled))


class GainMap:
    """A JPEG-compressed gain map of one of some kinds, measured at byte budgets; see the module."""

    name = "gain map"

    def __init__(
        self,
        budgets: tuple[int | None, ...],
        kinds: Sequence[str] = _KINDS,
        adaptation: Adaptation = Adaptation.BRADFORD,
    ) -> None:
        self.budgets = budgets
        self.adaptation = adaptation
        self._kinds = kinds
        # The scaled maps, and the gains they are made of, serve all budgets of one photograph.
        self._of: tuple[Wide, Codes] | None = None
        self._maps: dict[tuple[str, int], _Map] = {}
        self._gains: dict[str, Floats] = {}

    def fit(self, wide: Wide, codes: Codes, budget: int | None, seed: int) -> Metadata:
        if budget is None:
            raise ValueError("a gain map needs a budget")
        start = time.perf_counter()
        test = SearchPixels.of(wide, codes, self.adaptation, seed)
        best: tuple[float, bytes, str] | None = None
        for note, data in self._candidates(wide, codes, budget):
            kind, gains = _decode(data)
            row = Axis.of(test.row, _centres(wide.shape[0], gains.shape[0]))
            column = Axis.of(test.column, _centres(wide.shape[1], gains.shape[1]))
            error = squared_error(apply_gain(kind, test.clipped, at_points(gains, row, column)), test.wanted)
            if best is None or error < best[0]:
                best = error, data, note
        if best is None:
            raise ValueError(f"no gain map fits {budget} bytes")
        return Metadata(best[1], time.perf_counter() - start, best[2])

    def expand(self, codes: Codes, metadata: bytes) -> Wide:
        height, width, _ = codes.shape
        kind, gains = _decode(metadata)
        row = Axis.of(np.arange(height), _centres(height, gains.shape[0]))
        column = Axis.of(np.arange(width), _centres(width, gains.shape[1]))
        return expanded(
            codes, self.adaptation, lambda rows, clipped: apply_gain(kind, clipped, at_raster(gains, row[rows], column))
        )

    def _candidates(self, wide: Wide, codes: Codes, budget: int) -> Iterator[tuple[str, bytes]]:
        """Every kind, scale and subsampling that fits, at the highest quality that does."""
        for kind in self._kinds:
            for factor in _FACTORS:
                map_ = self._map(wide, codes, kind, factor)
                found = {each: _best_quality(map_, each, budget) for each in _SUBSAMPLINGS}
                fitting = [
                    (f"{kind}, 1/{factor}, quality {best[0]}, {subsampling}", best[1])
                    for subsampling, best in found.items()
                    if best
                ]
                if not fitting:
                    break  # finer ones are larger still
                yield from fitting

    def _map(self, wide: Wide, codes: Codes, kind: str, factor: int) -> _Map:
        if self._of is None or self._of[0] is not wide or self._of[1] is not codes:
            self._of, self._maps, self._gains = (wide, codes), {}, {}
        if kind not in self._gains:
            self._gains[kind] = _gain(kind, linear_of(wide), clipped_linear(codes, self.adaptation))
        if (kind, factor) not in self._maps:
            self._maps[kind, factor] = _scaled_down(kind, self._gains[kind], factor)
        return self._maps[kind, factor]


def _best_quality(map_: _Map, subsampling: str, budget: int) -> tuple[int, bytes] | None:
    """The highest quality that fits and its bytes; sizes grow with quality."""
    encode = cache(partial(map_.encode, subsampling=subsampling))
    count = bisect_right(_QUALITIES, budget, key=lambda quality: len(encode(quality)))
    return (_QUALITIES[count - 1], encode(_QUALITIES[count - 1])) if count else None
