"""Chooses the shoulder of a photograph: which ends, how many codes, how large steps.

What a shoulder gains depends on what a model can restore without one. So the choice begins with such a model. On every
channel, the error that it leaves beyond an end is compared with the steps that a shoulder would have there. Codes are
then given to the ends one after the other, always where they gain most for what is seen of them, while the visible
picture stays within a budget: the 99th percentile of CIEDE2000 against exact clipping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.shoulder import MAX_CODES, MAX_GROWTH, NONE, End, Shoulder, stretch
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.measure.visible import MEAN_SHARE, VisibleChange, differences
from gamutmeta.model.expand import StripExpander

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor

__all__ = ["choose_shoulder"]

_PIXELS = 1 << 16
"""Pixels that are examined, on evenly spaced rows."""

_SEEN = 1 << 15
"""Of these, how many are compared by eye."""

_CODES = (1, 2, 3, 4, 5, 6, 8)
"""Widths of an end that are tried."""

_GROWTHS = tuple(sorted({round(1.12**k) for k in range(49)} & set(range(1, MAX_GROWTH + 1))))
"""Growths that are tried."""

_IN_GAMUT_SHARE = 0.3
"""What a relative change of the squared error inside sRGB counts, where one outside counts 1."""

_IN_GAMUT_DB = 0.7
"""The most that the codes alone may take from the colours inside sRGB, against plain conversion; more where a model
without a shoulder takes more."""


_ENDS = 6
"""Two of each channel."""

_CHEAPEST = 1e-4
"""A change of the mean that counts no less."""

_WORTH = 2e-3
"""The least gain for which an end gets more codes, as a natural logarithm: about a hundredth of a decibel."""

_LEAST = 1e-12
"""Of squared errors, so that nothing is divided by zero."""


class _Gain(NamedTuple):
    """What an end changes, as sums of squared errors.

    Attributes:
        end: codes and growth.
        og: saved outside sRGB.
        ig: added inside, to those of plain conversion.
    """

    end: End
    og: float
    ig: float


_NO_GAIN = _Gain(NONE, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Pixels:
    """What is examined.

    Attributes:
        linear: of the photograph, unclipped linear sRGB, float32 (n, 3).
        codes: by clipping, uint8 (n, 3).
        left: squared error that the model leaves on each channel, float32 (n, 3).
        og: which are out of gamut, (n,).
        cost: of a squared error of each channel, (3,).
    """

    linear: NDArray[np.float32]
    codes: NDArray[np.uint8]
    left: NDArray[np.float32]
    og: NDArray[np.bool_]
    cost: NDArray[np.float64]


def choose_shoulder(
    wide: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    model: tuple[Descriptor, Mapping[str, NDArray[np.float32]]],
    budget: float,
) -> Shoulder | None:
    """The shoulder that should restore most within a budget of visible change.

    Args:
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        codes: what clipping makes of it, sRGB, uint8 (H, W, 3).
        model: one without a shoulder, fitted to these codes, and its tensors.
        budget: the 99th percentile of CIEDE2000 of the visible picture against `codes`; its mean stays within a tenth.

    Returns:
        None if none is expected to gain anything.
    """
    pixels = _examined(wide, codes, model)
    scale, seen = _Scale.of(pixels), _Seen(pixels)
    candidates = [(number, gain) for number in range(_ENDS) for gain in _gains_of_end(pixels, number, scale)]
    prices = {key: seen.change(_placed([_NO_GAIN] * _ENDS, *key)).mean for key in candidates}
    chosen = [_NO_GAIN] * _ENDS
    while True:
        now = scale.gain(chosen)
        best: tuple[float, tuple[int, _Gain]] | None = None
        for key in candidates:
            number, gain = key
            more = scale.gain(_placed(chosen, *key)) - now
            if gain.end.codes < chosen[number].end.codes or more < _WORTH:
                continue
            price = prices[key] - prices.get((number, chosen[number]), 0.0)
            value = more / max(price, _CHEAPEST)
            if best is None or value > best[0]:
                best = value, key
        if best is None:
            return _shoulder(chosen)
        tried = _placed(chosen, *best[1])
        change = seen.change(tried)
        candidates.remove(best[1])
        is_seen = change.percentile_99 > budget or change.mean > MEAN_SHARE * budget
        if not is_seen and scale.tolerates(tried):
            chosen = tried


def _placed(chosen: Sequence[_Gain], number: int, gain: _Gain) -> list[_Gain]:
    return [gain if at == number else each for at, each in enumerate(chosen)]


def _shoulder(chosen: Sequence[_Gain]) -> Shoulder | None:
    """Ends in the order dark and bright of red, then of green, then of blue."""
    ends = [gain.end for gain in chosen]
    if all(end == NONE for end in ends):
        return None
    return Shoulder((ends[0], ends[2], ends[4]), (ends[1], ends[3], ends[5]))


def _examined(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], model: tuple[Descriptor, Mapping[str, NDArray[np.float32]]]
) -> _Pixels:
    descriptor, weights = model
    height, width = codes.shape[:2]
    rows = range(0, height, -(-height * width // _PIXELS))
    expand_row = StripExpander(descriptor, weights, height, width)
    restored = np.empty((len(rows), width, 3), np.uint16)
    for at, row in enumerate(rows):
        expand_row(codes[row : row + 1], row, restored[at : at + 1])
    matrix, table = reduction_matrix(descriptor.adaptation), decode_table(PROPHOTO, 65536)
    linear, left = (
        apply_matrix(matrix, table[picture]).reshape(-1, 3) for picture in (wide[rows.start :: rows.step], restored)
    )
    left -= linear
    return _Pixels(
        linear=linear,
        codes=codes[rows.start :: rows.step].reshape(-1, 3),
        left=np.maximum(np.square(left, out=left), np.float32(_LEAST)),
        og=out_of_gamut(linear),
        cost=np.square(expansion_matrix(descriptor.adaptation)).sum(axis=0),
    )


def _gains_of_end(pixels: _Pixels, number: int, scale: _Scale) -> list[_Gain]:
    """For each width of an end the growth that gains most, and the one that saves most outside sRGB."""
    channel, is_bright = divmod(number, 2)
    found: list[_Gain] = []
    for count in _CODES:
        knee = 255 - count if is_bright else count
        plane = pixels.codes[:, channel]
        at = np.flatnonzero(plane >= knee if is_bright else plane <= knee)
        if not len(at):
            continue
        part = _Pixels(pixels.linear[at], pixels.codes[at], pixels.left[at], pixels.og[at], pixels.cost)
        rough = [gain for growth in _GROWTHS[::4] if (gain := _gain(part, number, End(count, growth))) is not None]
        if max((gain.og for gain in rough), default=0.0) < _WORTH * scale.og:
            continue
        every = [gain for growth in _GROWTHS if (gain := _gain(part, number, End(count, growth))) is not None]
        found += dict.fromkeys((max(every, key=lambda gain: scale.gain([gain])), max(every, key=lambda gain: gain.og)))
    return found


def _alone(number: int, end: End) -> Shoulder:
    channel, is_bright = divmod(number, 2)
    first, second, third = (end if channel == each else NONE for each in range(3))
    nothing = (NONE, NONE, NONE)
    return Shoulder(nothing, (first, second, third)) if is_bright else Shoulder((first, second, third), nothing)


def _gain(pixels: _Pixels, number: int, end: End) -> _Gain | None:
    """What an end changes, where `pixels` are those from its knee on.

    A step w leaves an error of w^2 / 12. Where a colour was clipped, the model and the new codes both say something of
    it: their squared errors combine as those of two independent measurements. Colours inside sRGB that share a code
    with others get that code's value. None if the end reaches too far.
    """
    channel, is_bright = divmod(number, 2)
    try:
        table = _alone(number, end).table()[channel]
    except ValueError:
        return None
    values = table[254 - end.codes :] if is_bright else -table[end.codes + 1 :: -1]  # one before the knee, and on
    light = pixels.linear[:, channel] if is_bright else -pixels.linear[:, channel]
    middles = (values[:-1] + values[1:]) / 2
    place = np.clip(np.searchsorted(middles[1:], light, side="right"), 0, end.codes)
    widths = np.append(np.diff(middles), values[-1] - values[-2])
    left = pixels.left[:, channel]
    error = np.square(light - values[1:][place])
    was_clipped = pixels.codes[:, channel] == (255 if is_bright else 0)
    at = np.flatnonzero(was_clipped & pixels.og)
    known = np.maximum(np.square(widths)[place[at]] / 12, np.where(place[at] == end.codes, error[at], 0))
    error[at] = 1 / (1 / left[at] + 1 / known)
    plain = np.square(decode_table(SRGB, 256)[pixels.codes[:, channel]] - pixels.linear[:, channel])
    saved, added = (left - error)[pixels.og].sum(), (error - plain)[~pixels.og].sum()
    return _Gain(end, float(saved * pixels.cost[channel]), float(added * pixels.cost[channel]))


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the squared errors of a :class:`_Gain` are compared with.

    Attributes:
        og: what the model leaves outside sRGB.
        plain: what plain conversion leaves inside.
        ig: the larger of that and what the model leaves there.
    """

    og: float
    plain: float
    ig: float

    @classmethod
    def of(cls, pixels: _Pixels) -> Self:
        left = pixels.left @ pixels.cost
        plain = np.square(decode_table(SRGB, 256)[pixels.codes] - pixels.linear) @ pixels.cost
        og, by_model, inside = (
            max(float(sums.sum()), _LEAST) for sums in (left[pixels.og], left[~pixels.og], plain[~pixels.og])
        )
        return cls(og, inside, max(inside, by_model))

    def gain(self, chosen: Sequence[_Gain]) -> float:
        """How many times smaller the error becomes, as a natural logarithm."""
        og = 1 - sum(each.og for each in chosen) / self.og
        ig = 1 + sum(each.ig for each in chosen) / self.ig
        return math.log(1 / max(og, _LEAST)) - _IN_GAMUT_SHARE * math.log(max(ig, _LEAST))

    def tolerates(self, chosen: Sequence[_Gain]) -> bool:
        """Whether enough of the colours inside sRGB remains."""
        more = sum(each.ig for each in chosen)
        return self.plain + more <= max(self.plain * 10 ** (_IN_GAMUT_DB / 10), self.ig)


class _Seen:
    """How much of a shoulder is seen, on some of the pixels."""

    def __init__(self, pixels: _Pixels) -> None:
        every = -(-len(pixels.codes) // _SEEN)
        self._count = len(pixels.codes[::every])
        codes = pixels.codes[::every]
        near = np.flatnonzero(((codes <= MAX_CODES) | (codes >= 255 - MAX_CODES)).any(1))
        self._linear, self._codes = pixels.linear[::every][near], codes[near]

    def change(self, chosen: Sequence[_Gain]) -> VisibleChange:
        shoulder = _shoulder(chosen)
        seen = np.zeros(self._count)
        if shoulder is not None:
            codes = self._codes.copy()
            stretch(self._linear, codes, shoulder)
            seen[: len(codes)] = differences(codes, self._codes)
        return VisibleChange.of(seen)
