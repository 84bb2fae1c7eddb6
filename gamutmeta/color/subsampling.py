"""Samples for a JPEG with subsampled chroma that come out nearer to the photograph, in linear light.

A JPEG of 4:2:0 stores the mean chroma of four pixels, and its reader interpolates. Where colours differ, each pixel
then has the luma of its own colour with the chroma of its neighbours, which is too dark or too bright. So this chooses
chroma and luma together, for what a reader will compute: the squared error in linear ProPhoto RGB is made smaller by
Gauss-Newton steps, one for the chroma (with the luma that would follow), one for the luma, and so on. The luma is held
to its own value where an error cannot be seen in linear light, in the shadows; this also keeps the file small.

Any reader gains from this, also one that knows nothing of colours outside sRGB.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gamutmeta.color.pixels_machine import machine_code
from gamutmeta.color.spaces import expansion_matrix
from gamutmeta.color.subsampling_machine import SubsamplingLoops
from gamutmeta.color.sycc import FRACTIONS, decode_sycc, sycc_tables
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

    Floats = NDArray[np.float32]

__all__ = ["BLOCKS", "Metric", "fit_subsampled", "interpolated"]

BLOCKS = {"4:2:2": (1, 2), "4:2:0": (2, 2)}
"""Pixels for each sample of chroma, down and across."""

ROUNDS = 2
"""Of chroma and luma. A third one brought 0.03 dB."""

LUMA_TIE, CHROMA_TIE = np.float32(5e-5), np.float32(1e-5)
"""What a difference of one code from the plain sample costs, as squared error in linear ProPhoto RGB."""

FARTHEST_LUMA, FARTHEST_CHROMA = np.float32(20), np.float32(10)
"""The longest step of a round, in codes."""

PACE = np.float32(0.7)
"""Share of a step that the chroma goes: neighbours move at the same time."""

NEAR, FAR = np.float32(0.75), np.float32(0.25)
"""Weights of the nearest chroma sample and the next one in libjpeg's interpolation ("fancy upsampling")."""

SHARES = tuple(np.float32(share) for share in (1.402, -0.344136, -0.714136, 1.772))
"""Cr in R', Cb in G', Cr in G', Cb in B': ITU-T T.871, 7."""

TINY = np.float32(1e-12)


class Metric(NamedTuple):
    """How codes are judged.

    Attributes:
        linear: linear sRGB of R', G' or B' in parts of a code, from number -`offset` on, float32.
        slope: its derivative by the code, float32.
        offset: the number of code 0.
        cost: float32 (3, 3); ``d @ cost @ d`` is the squared error in linear ProPhoto RGB for an error d in
            linear sRGB.
    """

    linear: Floats
    slope: Floats
    offset: int
    cost: Floats

    @classmethod
    @cache
    def of(cls, adaptation: Adaptation) -> Metric:
        """For pictures that were reduced with that adaptation."""
        tables = sycc_tables()
        offset = int(tables.chroma[0, 128])
        code = (np.arange(len(tables.linear)) - offset) / (FRACTIONS * 255)
        size = np.abs(code)
        # The derivative of IEC 61966-2-1's curve.
        slope = np.where(size <= 0.04045, 1 / 12.92, 2.4 / 1.055 * ((size + 0.055) / 1.055) ** 1.4) / 255
        matrix = expansion_matrix(adaptation)
        return cls(tables.linear, slope.astype(np.float32), offset, (matrix.T @ matrix).astype(np.float32))


def fit_subsampled(
    codes: NDArray[np.uint8],
    factors: tuple[int, int],
    adaptation: Adaptation,
    *,
    compiled: bool | None = None,
) -> NDArray[np.uint8]:
    """Change YCbCr samples so that a JPEG with subsampled chroma keeps more of them.

    Args:
        codes: Y, Cb and Cr as the reader should get them, uint8 (H, W, 3).
        factors: of :data:`BLOCKS`.
        adaptation: of the matrix to linear ProPhoto RGB.
        compiled: True for machine code, False for numpy, None for machine code where it is there. The samples are the
            same.

    Returns:
        uint8 (H, W, 3). Chroma is the same on all pixels of a block, so that an encoder's mean over it is that value.

    Raises:
        OSError: if machine code is requested and not there.
    """
    down, across = factors
    height, width, _ = codes.shape
    # Encoders repeat the last row and column where a block is not full.
    codes = np.pad(codes, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    metric = Metric.of(adaptation)
    luma = codes[..., 0].astype(np.float32)
    plain = _means(codes[..., 1:].astype(np.float32), factors) - np.float32(128)
    chroma = plain.copy()
    rows, columns = plain.shape[:2]
    machine = machine_code(compiled=compiled)
    for remaining in reversed(range(ROUNDS)):
        moved = np.empty_like(chroma)
        picture = _Picture(codes, luma, chroma, plain, moved, down, metric)
        for_each_strip(_loops(picture, machine).move_chroma, rows, columns)
        chroma = moved if remaining else np.rint(moved)
        picture = picture._replace(chroma=chroma)
        for_each_strip(_loops(picture, machine).move_luma, rows, columns)
    result = np.empty_like(codes)
    result[..., 0] = np.rint(luma)
    result[..., 1:] = (chroma + np.float32(128)).repeat(down, 0).repeat(across, 1)
    return result[:height, :width]


class _Picture(NamedTuple):
    """What the loops work on; see :func:`fit_subsampled`."""

    codes: NDArray[np.uint8]
    luma: Floats
    chroma: Floats
    plain: Floats
    moved: Floats
    down: int
    metric: Metric


class _Loops(NamedTuple):
    """The work on some rows of blocks."""

    move_chroma: Callable[[slice], None]
    move_luma: Callable[[slice], None]


def _loops(picture: _Picture, machine: ctypes.CDLL | None) -> _Loops:
    """By machine code, or by numpy."""
    if machine is None:
        return _Loops(partial(_move_chroma, picture), partial(_move_luma, picture))
    tables, metric = sycc_tables(), picture.metric
    arrays: dict[str, NDArray[Any]] = {
        "codes": picture.codes,
        "luma": picture.luma,
        "chroma": picture.chroma,
        "plain": picture.plain,
        "moved": picture.moved,
        "linear": metric.linear,
        "slope": metric.slope,
        "cost": metric.cost,
        "numbers": tables.chroma,
        "held": tables.linear,
    }
    loops = SubsamplingLoops(
        machine,
        arrays,
        rows=picture.chroma.shape[0],
        columns=picture.chroma.shape[1],
        down=picture.down,
        offset=metric.offset,
        last=len(metric.linear) - 1,
        fractions=FRACTIONS,
        shares=SHARES,
        near=NEAR,
        far=FAR,
        pace=PACE,
        luma_tie=LUMA_TIE,
        chroma_tie=CHROMA_TIE,
        farthest_luma=FARTHEST_LUMA,
        farthest_chroma=FARTHEST_CHROMA,
        tiny=TINY,
    )
    return _Loops(
        lambda part: loops.move_chroma(part.start, part.stop), lambda part: loops.move_luma(part.start, part.stop)
    )


def interpolated(chroma: Floats, start: int, stop: int, down: int) -> Floats:
    """The chroma that a reader gives the pixels of some rows of blocks: libjpeg's interpolation, before rounding.

    Args:
        chroma: one sample for each block, float32 (rows, columns, 2).
        start: the first row of blocks.
        stop: the row of blocks after the last.
        down: rows of pixels for each row of blocks, 1 or 2.

    Returns:
        float32 (down * (stop - start), 2 * columns, 2).
    """
    near = chroma[start:stop]
    if down == 2:
        above = chroma[np.maximum(np.arange(start, stop) - 1, 0)]
        below = chroma[np.minimum(np.arange(start, stop) + 1, len(chroma) - 1)]
        near = np.stack([NEAR * near + FAR * above, NEAR * near + FAR * below], 1).reshape(-1, *chroma.shape[1:])
    left = np.concatenate([near[:, :1], near[:, :-1]], 1)
    right = np.concatenate([near[:, 1:], near[:, -1:]], 1)
    both = np.stack([NEAR * near + FAR * left, NEAR * near + FAR * right], 2)
    return np.asarray(both.reshape(len(near), -1, 2), np.float32)


def _means(values: Floats, factors: tuple[int, int]) -> Floats:
    """The mean of each block, (H, W, n) to (rows, columns, n), always summed in the same order."""
    down, across = factors
    total = values[:, ::across] + values[:, 1::across]
    if down == 2:
        total = total[::2] + total[1::2]
    return np.asarray(total * np.float32(1 / (down * across)), np.float32)


def _state(
    codes: NDArray[np.uint8], luma: Floats, chroma: Floats, curve: tuple[Floats, Floats, int]
) -> tuple[list[Floats], list[Floats]]:
    """For each channel of linear sRGB: what is missing, and how it changes with the luma."""
    linear, slope, offset = curve
    blue, red = chroma[..., 0], chroma[..., 1]
    encoded = (
        luma + SHARES[0] * red,
        (luma + SHARES[1] * blue) + SHARES[2] * red,
        luma + SHARES[3] * blue,
    )
    wanted = decode_sycc(codes)
    missing, slopes = [], []
    for channel, code in enumerate(encoded):
        number = np.clip(np.rint(code * np.float32(FRACTIONS)).astype(np.int32) + offset, 0, len(linear) - 1)
        missing.append(wanted[..., channel] - linear[number])
        slopes.append(slope[number])
    return missing, slopes


def _applied(cost: Floats, vector: list[Floats]) -> list[Floats]:
    return [(cost[row, 0] * vector[0] + cost[row, 1] * vector[1]) + cost[row, 2] * vector[2] for row in range(3)]


def _move_luma(picture: _Picture, part: slice) -> None:
    """The best luma for this chroma, in place, for some rows of blocks."""
    codes, luma, chroma, _, _, down, (linear, slope, offset, cost) = picture
    start, stop = part.start, part.stop
    rows = slice(start * down, stop * down)
    d, s = _state(codes[rows], luma[rows], interpolated(chroma, start, stop, down), (linear, slope, offset))
    weighted = _applied(cost, s)
    curvature = (s[0] * weighted[0] + s[1] * weighted[1]) + s[2] * weighted[2]
    pull = (d[0] * weighted[0] + d[1] * weighted[1]) + d[2] * weighted[2]
    away = codes[rows, :, 0].astype(np.float32) - luma[rows]
    way = (pull + LUMA_TIE * away) / (curvature + LUMA_TIE)
    moved = luma[rows] + np.clip(way, -FARTHEST_LUMA, FARTHEST_LUMA)
    luma[rows] = np.clip(moved, np.float32(0), np.float32(255))


def _move_chroma(picture: _Picture, part: slice) -> None:
    """A step to the best chroma, if the luma follows, for some rows of blocks; written to `moved`."""
    codes, luma, chroma, plain, moved, down, (linear, slope, offset, cost) = picture
    start, stop = part.start, part.stop
    rows, blocks = slice(start * down, stop * down), slice(start, stop)
    d, s = _state(codes[rows], luma[rows], interpolated(chroma, start, stop, down), (linear, slope, offset))
    u, q = _applied(cost, s), _applied(cost, d)
    luma_curvature = ((s[0] * u[0] + s[1] * u[1]) + s[2] * u[2]) + TINY
    luma_pull = (d[0] * u[0] + d[1] * u[1]) + d[2] * u[2]
    b1, b2, r0, r1 = SHARES[1] * s[1], SHARES[3] * s[2], SHARES[0] * s[0], SHARES[2] * s[1]
    blue_luma = (b1 * u[1] + b2 * u[2]) / luma_curvature
    red_luma = (r0 * u[0] + r1 * u[1]) / luma_curvature
    two = np.float32(2)
    terms = (
        ((b1 * b1) * cost[1, 1] + (two * (b1 * b2)) * cost[1, 2] + (b2 * b2) * cost[2, 2])
        - blue_luma * (b1 * u[1] + b2 * u[2]),
        ((b1 * r0) * cost[0, 1] + (b1 * r1) * cost[1, 1])
        + ((b2 * r0) * cost[0, 2] + (b2 * r1) * cost[1, 2])
        - blue_luma * (r0 * u[0] + r1 * u[1]),
        ((r0 * r0) * cost[0, 0] + (two * (r0 * r1)) * cost[0, 1] + (r1 * r1) * cost[1, 1])
        - red_luma * (r0 * u[0] + r1 * u[1]),
        (b1 * q[1] + b2 * q[2]) - blue_luma * luma_pull,
        (r0 * q[0] + r1 * q[1]) - red_luma * luma_pull,
    )
    bb, br, rr, blue, red = np.moveaxis(_means(np.stack(terms, -1), (down, 2)), -1, 0)
    bb, rr = bb + CHROMA_TIE, rr + CHROMA_TIE
    away = plain[blocks] - chroma[blocks]
    blue, red = blue + CHROMA_TIE * away[..., 0], red + CHROMA_TIE * away[..., 1]
    determinant = bb * rr - br * br
    ways = np.stack([(rr * blue - br * red) / determinant, (bb * red - br * blue) / determinant], -1)
    step = PACE * np.clip(ways, -FARTHEST_CHROMA, FARTHEST_CHROMA)
    moved[blocks] = np.clip(chroma[blocks] + step, np.float32(-128), np.float32(127))
