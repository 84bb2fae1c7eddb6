"""Draws the pixels that the fit uses: a limited number, at random, strip by strip, from a picture of any size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.errors import FitError
from gamutmeta.model.descriptor import Head
from gamutmeta.model.features import gate_weights, linear_samples
from gamutmeta.runtime.strips import for_each_strip, row_strips

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor

    CandidatesKind = Callable[["Survey", NDArray[np.uint8], NDArray[np.uint16]], "Candidates"]
    Surveyor = Callable[[Descriptor, NDArray[np.uint8], NDArray[np.uint16]], "Survey"]

__all__ = [
    "DENSEST",
    "LEVELS",
    "OG_DENSITY",
    "Candidates",
    "Draw",
    "HostCandidates",
    "Samples",
    "Survey",
    "draw_key",
    "draw_pixels",
    "draw_samples",
    "randoms",
]

STRIP_PIXELS = 1 << 20
"""Pixels that are drawn from at once."""

_CHANNELS = np.arange(3)

_CONSIDERED = 6_000_000
"""Of pictures with more pixels, only every second row is used, or every third, and so on. This is enough for half a
million samples."""

SURVEYED = 1 << 17
"""The number of pixels from which the error of clipping is estimated."""

OG_DENSITY = 10
"""For the paper's model, out-of-gamut pixels are drawn ten times as densely as others (every 5th, every 50th)."""

LEVELS, DENSEST = 4, 40
"""For the grid model, the density of a pixel is `LEVELS` times its error by clipping, in units of the root mean square
error, from 1 to `DENSEST`. A few highlights can have most of the error: where a uniform draw missed half of them, the
fit was 1.6 dB worse."""


@dataclass(frozen=True, slots=True)
class Samples:
    """N pixels in random order.

    Attributes:
        codes: sRGB codes, uint8 (N, 3).
        row, column: positions, int32 (N,).
        wide: colours in the photograph, linear ProPhoto, float32 (N, 3).
        og: whether these are out of gamut, (N,).
        weight: how many pixels each sample represents, relative to the mean, float32 (N,).
        pixels_per_sample: this mean.
        clipped_in_gamut_error: an estimate of the squared error of clipping in linear ProPhoto, summed over channels
            and all in-gamut pixels of the picture, whether drawn or not.
    """

    codes: NDArray[np.uint8]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    wide: NDArray[np.float32]
    og: NDArray[np.bool_]
    weight: NDArray[np.float32]
    pixels_per_sample: float
    clipped_in_gamut_error: float

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Draw:
    """Which N pixels are drawn.

    Attributes:
        survey: of the picture.
        codes, wide: its rows that were looked at, uint8 and uint16 (h, W, 3).
        every: how many rows of the picture there are to one of them.
        at: the pixels, numbered row by row, ascending, (N,).
        place: where each of them stands among the samples, which are in random order, (N,).
        weight: how many pixels each represents, relative to the mean, float32 (N,).
        pixels_per_sample, clipped_in_gamut_error: as in :class:`Samples`.
    """

    survey: Survey
    codes: NDArray[np.uint8]
    wide: NDArray[np.uint16]
    every: int
    at: NDArray[np.intp]
    place: NDArray[np.intp]
    weight: NDArray[np.float32]
    pixels_per_sample: float
    clipped_in_gamut_error: float

    def __len__(self) -> int:
        return len(self.at)

    def samples(self) -> Samples:
        """The pixels themselves."""
        order = np.empty_like(self.place)
        order[self.place] = np.arange(len(order))
        row, column = np.divmod(self.at, self.codes.shape[1])
        # Gathered in the order in which they lie in memory, and shuffled then: that takes half the time.
        linear = decode_table(PROPHOTO, 65536)[self.wide[row, column][order]]
        return Samples(
            codes=self.codes[row, column][order],
            row=(row[order] * self.every).astype(np.int32),
            column=column[order].astype(np.int32),
            wide=linear,
            og=self.survey.is_og(linear),
            weight=self.weight[order],
            pixels_per_sample=self.pixels_per_sample,
            clipped_in_gamut_error=self.clipped_in_gamut_error,
        )


def draw_samples(
    descriptor: Descriptor,
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    count: int,
    rng: np.random.Generator,
    *,
    candidates: CandidatesKind | None = None,
) -> Samples:
    """The samples of :func:`draw_pixels`.

    Raises:
        FitError: if there is no pixel to learn from.
    """
    return draw_pixels(descriptor, codes, wide, count, rng, candidates=candidates).samples()


def draw_pixels(
    descriptor: Descriptor,
    codes: NDArray[np.uint8],
    wide: NDArray[np.uint16],
    count: int,
    rng: np.random.Generator,
    *,
    candidates: CandidatesKind | None = None,
    surveyor: Surveyor | None = None,
) -> Draw:
    """Draw about `count` pixels at the most, without replacement.

    For a gated model: pixels where the gate is open on some channel. If there are more than `count`, pixels with a
    larger error by clipping are drawn more densely. For the paper's model: out-of-gamut pixels ten times as densely as
    the others, and all with the same weight.

    Args:
        descriptor: the model to be fitted.
        codes: the sRGB picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        count: the most pixels to draw.
        rng: generator of random numbers.
        candidates: the class that examines all pixels; None for :class:`HostCandidates`.
        surveyor: what makes the survey; None for :meth:`Survey.of`.

    Raises:
        FitError: if there is no pixel to learn from.
    """
    every = -(-codes.shape[0] * codes.shape[1] // _CONSIDERED)
    codes, wide = codes[::every], wide[::every]
    survey = (surveyor or Survey.of)(descriptor, codes, wide)
    pixels = (candidates or HostCandidates)(survey, codes, wide)
    levels = pixels.levels()
    if not levels[1:].any():
        raise FitError("the gate of the model is closed for every pixel, so there is nothing to fit")
    chance = survey.chances(levels, count)
    at, density = pixels.pick(chance, count, rng)
    weight = 1 / chance[density] if survey.is_weighted else np.ones(len(at), np.float32)
    return Draw(
        survey=survey,
        codes=codes,
        wide=wide,
        every=every,
        at=at,
        place=rng.permutation(len(at)),
        weight=weight / weight.mean(),
        pixels_per_sample=float(every * levels[1:].sum() / len(at)),
        clipped_in_gamut_error=every * survey.clipped_in_gamut_error,
    )


class Candidates(Protocol):
    """All pixels of a picture, and how densely each is to be drawn, from 0 to 255."""

    def levels(self) -> NDArray[np.intp]:
        """How many pixels have each density, (256,)."""

    def pick(
        self, chance: NDArray[np.float32], count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """Draw each pixel with the chance of its density. Return the pixels, numbered row by row, and their densities.

        If the draw takes none, the first `count` pixels with a density above 0 are returned.
        """


class HostCandidates:
    """:class:`Candidates` by numpy."""

    def __init__(self, survey: Survey, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> None:
        height, width, _ = codes.shape
        self._density = density = np.empty((height, width), np.uint8)

        def work(rows: slice) -> None:
            density[rows] = survey.density(codes[rows], wide[rows])

        for_each_strip(work, height, width)

    def levels(self) -> NDArray[np.intp]:
        """See :class:`Candidates`."""
        return np.bincount(self._density.ravel(), minlength=256)

    def pick(
        self, chance: NDArray[np.float32], count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """See :class:`Candidates`."""
        density = self._density
        height, width = density.shape
        key, picks = draw_key(rng), []
        for rows in row_strips(height, width, STRIP_PIXELS):
            numbers = np.arange(rows.start * width, rows.stop * width)
            picks.append(numbers[randoms(numbers, key) < chance[density[rows].ravel()]])
        at = np.concatenate(picks)
        if len(at) == 0:  # there are few candidates, and the draw took none
            at = np.flatnonzero(density)[:count]
        return at, density.ravel()[at]


def draw_key(rng: np.random.Generator) -> int:
    """What makes one draw differ from another, see :func:`randoms`."""
    return int(rng.integers(1 << 63))


def randoms(numbers: NDArray[np.integer[Any]], key: int) -> NDArray[np.float32]:
    """A random number on [0, 1) for each pixel, which depends on its number and the key alone.

    So any pixel's number can be had at any time, on any thread. The function is a multiplicative hash: two rounds of
    multiplying 64 bits and folding them, of which the 24 highest are used.
    """
    mixed = (numbers.astype(np.uint64) + np.uint64(key)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the draw has to know of the picture.

    Attributes:
        descriptor: the model to be fitted.
        active: whether the gate is open at a code of a channel, (3, 256).
        clipped_error: root mean square error of clipping over the pixels where the gate is open on some channel.
        clipped_in_gamut_error: as in :class:`Samples`.
    """

    descriptor: Descriptor
    active: NDArray[np.bool_]
    clipped_error: float
    clipped_in_gamut_error: float

    @classmethod
    def of(cls, descriptor: Descriptor, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> Survey:
        """Estimated from evenly spaced pixels."""
        every = -(-codes.shape[0] * codes.shape[1] // SURVEYED)
        active = gate_weights(descriptor) > 0
        survey = cls(descriptor, active, 0.0, 0.0)
        # By number: to flatten the picture would copy all of it, as only every second row of a large one is used.
        at = np.divmod(np.arange(0, codes.shape[0] * codes.shape[1], every), codes.shape[1])
        few = codes[at]
        linear = decode_table(PROPHOTO, 65536)[wide[at]]
        errors = survey.squared_errors(few, linear)
        seen = errors[active[_CHANNELS, few].any(1)]
        in_gamut = errors[~survey.is_og(linear)]
        clipped = math.sqrt(float(seen.mean())) if len(seen) else 0.0
        return cls(descriptor, active, clipped, every * float(in_gamut.sum(dtype=np.float64)))

    @property
    def is_weighted(self) -> bool:
        """Whether pixels drawn more densely weigh less, so that the loss is that of all pixels."""
        return self.descriptor.head is Head.SRGB_EXCESS

    def is_og(self, linear: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The out-of-gamut mask of linear ProPhoto values, (..., 3) to (...)."""
        return out_of_gamut(apply_matrix(reduction_matrix(self.descriptor.adaptation), linear))

    def squared_errors(self, codes: NDArray[np.uint8], linear: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared error without a model, summed over the channels, (n, 3) to (n,)."""
        held = linear_samples(self.descriptor, codes)
        difference = apply_matrix(expansion_matrix(self.descriptor.adaptation), held) - linear
        return np.asarray(np.einsum("nc,nc->n", difference, difference), np.float32)

    def density(self, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """How densely each pixel of a strip is to be drawn, relative to the others; (rows, W)."""
        table = decode_table(PROPHOTO, 65536)
        if not self.is_weighted:
            return np.where(self.is_og(table[wide]), np.uint8(OG_DENSITY), np.uint8(1))
        acting = self.active[_CHANNELS, codes]
        density = np.asarray(acting[..., 0] | acting[..., 1] | acting[..., 2], np.uint8)
        if self.clipped_error:
            at = np.flatnonzero(density)
            errors = np.sqrt(self.squared_errors(codes.reshape(-1, 3)[at], table[wide.reshape(-1, 3)[at]]))
            density.reshape(-1)[at] = np.clip(np.rint(errors * (LEVELS / self.clipped_error)), 1, DENSEST)
        return density

    def chances(self, levels: NDArray[np.intp], count: int) -> NDArray[np.float32]:
        """Chance of each density to be drawn, (256,), where `levels` pixels have it, (256,)."""
        density = np.arange(256)
        if self.is_weighted:
            scale = np.inf if levels[1:].sum() <= count else count / (levels * density).sum()
            return np.where(density > 0, np.minimum(np.maximum(density, 1) * scale, 1), 0).astype(np.float32)
        densest = int(np.flatnonzero(levels)[-1])
        expected = (levels * density).sum() / densest
        return np.asarray(density * (min(1.0, count / expected) / densest), np.float32)
