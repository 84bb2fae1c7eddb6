"""A likeness: 71 bytes by which a picture is known again after it was re-encoded or resized, and not after an edit.

What is stored. A grid of 10 x 10 cells lies over the picture, whatever its size; cells are of equal size and cut pixels
where they must. The mean of each cell's luma is rounded to halves of a code, and only its residue modulo 8 codes is
kept: the reader has a picture to compare with, so it needs to know the mean no better than that. The same for Cb and Cr
on 5 x 5 cells, modulo 4 codes, and for the whole picture. With R, G, B the sums of codes over a cell, each pixel
weighed by the part of it that lies inside (in units of 1/n pixel in both directions, n the cells along a side; then all
weights of a cell sum to T = width * height), and // the division that rounds down:

    Y = 77 R + 150 G + 29 B        Cb = 128 B - 43 R - 85 G        Cr = 128 R - 107 G - 21 B
    luma of a cell: (Y + 64 T) // (128 T) modulo 16        Cb, Cr of a cell: (Cb + 64 T) // (128 T) modulo 8

and of the whole picture as one cell ``(Y + 128 T) // (256 T)`` modulo 256, and Cb and Cr likewise modulo 16. The bits,
highest first: luma of the whole (8), its Cb (4) and Cr (4), the luma cells row by row (4 each), the Cb cells (3 each),
the Cr cells (3 each), two zeros. All of it is integers below 2**48.

How it is compared: see :func:`compare_likeness` for the rule and :mod:`gamutmeta.measure.likeness_cells` for what
honest handling changes. Every measure is a distance divided by its limit. The arithmetic is float64; implementations
may differ by 1e-6 of a distance.

It cannot see what leaves the means of cells as they are: blur, noise, and retouch of even areas. The saturation of grey
pictures cannot change; what a little white balance or saturation does to dark pictures whose colours are clipped is no
more than what 4:2:0 does to them. It is no protection against somebody who wants to deceive it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.measure.likeness_cells import CHROMA, FINE, LUMA, averaged, cells_of, changes, merged, variances, ycc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["LIKENESS_BYTES", "Likeness", "Verdict", "compare_likeness", "likeness_of"]

LIKENESS_BYTES = 71
"""Of every picture, whatever its size."""

_BITS = 8 + 2 * 4 + 4 * LUMA**2 + 2 * 3 * CHROMA**2
_LEAST_SIDE = 60
"""Pixels that the shorter side of a resized picture must have: 1.5 for each cell of the fine grid."""

LIMITS = {"mean": 2.25, "luma": 1.25, "chroma": 1.8, "luma cell": 4.7, "chroma cell": 7.0, "luma spot": 2.7}
"""Largest distances: codes for the mean, standard deviations for the others."""

_OFFSET = 0.6
"""Codes of luma by which all cells may differ alike: WebP's and video's rounding does that."""

_BIAS = {"exposure": 0.2, "white balance": 0.3, "saturation": 0.3}
_BIAS_MOVED = 0.1
"""Standard deviations by which all cells may conspire to look like an edit."""

_CHANCE = 2.0
"""Standard deviations by which chance may make it look like one."""


class Likeness(StrEnum):
    """What a picture is to the one that a likeness was made of."""

    RECODED = "recoded"
    """The same picture at the same size."""
    RESIZED = "resized"
    """The same picture at another size."""
    DIFFERENT = "different"
    """Another picture, or an edited one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found.

    Attributes:
        kind: what the picture is.
        measure: the measure with the largest distance; "nothing" where the likenesses are the same.
        distance: the distance by that measure as a multiple of its limit; above 1 the picture is different.
        distances: of all measures; empty where sizes do not fit, or likenesses are the same.
    """

    kind: Likeness
    measure: str
    distance: float
    distances: dict[str, float]

    @property
    def alike(self) -> bool:
        """Whether it is the same picture."""
        return self.kind is not Likeness.DIFFERENT

    def __str__(self) -> str:
        return f"{self.kind}: {self.measure} differs by {self.distance:.2f} times what is allowed"


def likeness_of(codes: NDArray[np.uint8]) -> bytes:
    """The likeness of a picture: the same bytes on every machine.

    Args:
        codes: sRGB as shown, uint8 (H, W, 3), from 1x1.

    Returns:
        LIKENESS_BYTES bytes.

    Raises:
        ValueError: if the array is none of a picture.
    """
    return _packed(_checked(codes), codes.shape[0] * codes.shape[1])


def _packed(sums: NDArray[np.int64], pixels: int) -> bytes:
    """Of the sums on the fine grid."""
    luma, chroma, whole = (ycc(merged(sums, cells)) for cells in (LUMA, CHROMA, 1))
    # Merged cells have as many times the weight of one.
    parts = [
        (_rounded(whole[:1], pixels * FINE**2, 256), 256, 8),
        (_rounded(whole[1:], pixels * FINE**2, 256), 16, 4),
        (_rounded(luma[0], pixels * (FINE // LUMA) ** 2, 128), 16, 4),
        (_rounded(chroma[1:], pixels * (FINE // CHROMA) ** 2, 128), 8, 3),
    ]
    bits = [_to_bits(values % modulus, width) for values, modulus, width in parts]
    return np.packbits(np.concatenate(bits)).tobytes()


def compare_likeness(likeness: bytes, size: tuple[int, int], codes: NDArray[np.uint8]) -> Verdict:
    """Whether a picture is the one that a likeness was made of, re-encoded or resized at most.

    A picture of the same size with the same likeness is. Otherwise there must be a factor by which the sides are those
    of the other picture to one pixel, and a resized picture must have 60 pixels on the shorter side. Then residues of
    the cells' differences are taken (what luma has in common, up to 0.6 codes, is removed) and divided by the standard
    deviation that honest handling explains. Six measures are the largest difference of the whole picture's means, root
    mean squares of luma and of chroma, the largest of each, and the largest root mean square of 2 x 2 cells of luma.
    The others ask how much the differences look like an edit: with r the differences, v their variances, j what half of
    the smallest edit to be noticed would change, and s = sum j^2 / v, the distance is

        |sum j r / v| / (s + 2 sqrt(s) + b sum |j| / sqrt(v)).

    Args:
        likeness: from :func:`likeness_of`.
        size: width and height of the picture that it was made of.
        codes: the picture to compare with, sRGB as shown, uint8 (H, W, 3).

    Raises:
        ValueError: if the likeness is not as long as one, or the array is none of a picture.
    """
    stored = _from_bytes(likeness)
    sums = _checked(codes)
    height, width = codes.shape[:2]
    kind = Likeness.RECODED if (width, height) == tuple(size) else Likeness.RESIZED
    if not _sizes_fit(size, (width, height)):
        return Verdict(Likeness.DIFFERENT, "aspect ratio", np.inf, {})
    if kind is Likeness.RECODED and _packed(sums, width * height) == likeness:
        return Verdict(kind, "nothing", 0.0, {})
    if kind is Likeness.RESIZED and min(width, height) < _LEAST_SIDE:
        return Verdict(Likeness.DIFFERENT, "size", _LEAST_SIDE / min(width, height), {})
    distances = _distances(stored, size, sums / (width * height), width * height)
    measure = max(distances, key=distances.__getitem__)
    if distances[measure] > 1:
        kind = Likeness.DIFFERENT
    return Verdict(kind, measure, distances[measure], distances)


def _distances(stored: _Stored, size: tuple[int, int], fine: Floats, pixels: int) -> dict[str, float]:
    luma, chroma = averaged(fine)
    whole = np.array([luma.mean(), *chroma.mean((1, 2))])
    off = np.array([whole[0] - stored.whole[0], *_wrapped(whole[1:] - stored.whole[1:], 16)])
    luma = _wrapped(luma - stored.luma, 8)
    luma -= np.clip(luma.mean(), -_OFFSET, _OFFSET)
    chroma = _wrapped(chroma - stored.chroma, 4)
    of_luma, of_chroma = variances(fine, pixels)
    squares, chroma_squares = luma**2 / of_luma, chroma**2 / of_chroma
    spots = squares[1:, 1:] + squares[1:, :-1] + squares[:-1, 1:] + squares[:-1, :-1]
    found = {
        "mean": np.abs(off).max(),
        "luma": np.sqrt(squares.mean()),
        "chroma": np.sqrt(chroma_squares.mean()),
        "luma cell": np.sqrt(squares.max()),
        "chroma cell": np.sqrt(chroma_squares.max()),
        "luma spot": np.sqrt(spots.max() / 4),
    }
    distances = {name: float(value) / LIMITS[name] for name, value in found.items()}
    for name, change in changes(fine, size).items():
        explained = size_of = likely = 0.0
        for j, r, v in zip(averaged(change), (luma, chroma), (of_luma, of_chroma), strict=True):
            explained += float((j * r / v).sum())
            size_of += float((j * j / v).sum())
            likely += float((np.abs(j) / np.sqrt(v)).sum())
        allowed = size_of + _CHANCE * size_of**0.5 + _BIAS.get(name, _BIAS_MOVED) * likely
        distances[name] = abs(explained) / allowed if allowed else 0.0
    return distances


@dataclass(frozen=True, slots=True)
class _Stored:
    """A likeness in codes: of the whole (3,), luma (10, 10), Cb and Cr (2, 5, 5)."""

    whole: Floats
    luma: Floats
    chroma: Floats


def _from_bytes(likeness: bytes) -> _Stored:
    if len(likeness) != LIKENESS_BYTES:
        raise ValueError(f"a likeness has {LIKENESS_BYTES} bytes, not {len(likeness)}")
    bits = np.unpackbits(np.frombuffer(likeness, np.uint8))
    whole = [_of_bits(bits[:8], 8), _of_bits(bits[8:16], 4)]
    luma = _of_bits(bits[16 : 16 + 4 * LUMA**2], 4) / 2
    chroma = _of_bits(bits[16 + 4 * LUMA**2 : _BITS], 3) / 2
    return _Stored(
        np.concatenate(whole).astype(np.float64), luma.reshape(LUMA, LUMA), chroma.reshape(2, CHROMA, CHROMA)
    )


def _checked(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    if codes.dtype != np.uint8 or codes.ndim != 3 or codes.shape[2] != 3 or not codes.size:
        raise ValueError(f"a picture is uint8 (H, W, 3), not {codes.dtype} {codes.shape}")
    return cells_of(codes, FINE)


def _sizes_fit(fitted: tuple[int, int], shown: tuple[int, int]) -> bool:
    """Whether there is a factor by which the fitted sides are the shown ones to a pixel, in integers."""
    (w, h), (a, b) = fitted, shown
    if (w, h) == (a, b):
        return True
    return max((a - 1) * h, (b - 1) * w) <= min((a + 1) * h, (b + 1) * w)


def _rounded(values: NDArray[np.int64], weight: int, step: int) -> NDArray[np.int64]:
    """Halves are rounded up."""
    rounded: NDArray[np.int64] = (values.ravel() + weight * (step // 2)) // (weight * step)
    return rounded


def _to_bits(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    return np.unpackbits(values.astype(np.uint8)[:, None], axis=1)[:, 8 - width :].ravel()


def _of_bits(bits: NDArray[np.uint8], width: int) -> Floats:
    weights = 1 << np.arange(width - 1, -1, -1)
    return np.asarray((bits.reshape(-1, width) * weights).sum(1), np.float64)


def _wrapped(differences: Floats, modulus: int) -> Floats:
    """The residues next to 0."""
    half = modulus / 2
    return np.asarray(np.mod(differences + half, modulus) - half)
