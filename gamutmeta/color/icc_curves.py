"""Tone reproduction curves of ICC profiles: the tag types ``curv`` and ``para``.

References:
    ICC.1:2022 (profile version 4.4), section 10.6 curveType and section 10.18 parametricCurveType.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.errors import ProfileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Curve", "ParametricCurve", "SampledCurve", "parse_curve"]

_MAX_ENTRIES = 1 << 16
"""More entries than 16-bit codes describe nothing."""

_PARAMETERS = (1, 3, 4, 5, 7)
"""How many parameters each function type of ``para`` has."""


@dataclass(frozen=True, slots=True)
class SampledCurve:
    """Equally spaced samples on [0, 1], interpolated linearly.

    Attributes:
        samples: at least two values on [0, 1].
    """

    samples: tuple[float, ...]

    def __call__(self, encoded: NDArray[np.float64]) -> NDArray[np.float64]:
        """Linear value of encoded values on [0, 1]."""
        return np.interp(encoded, np.linspace(0, 1, len(self.samples)), self.samples)


@dataclass(frozen=True, slots=True)
class ParametricCurve:
    """One of the five functions of ``para``, in the form of its most general one.

    Y = (a X + b)^g + e where X >= d, else c X + f; clipped to [0, 1]. ICC.1:2022, table 68.
    """

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def __call__(self, encoded: NDArray[np.float64]) -> NDArray[np.float64]:
        """Linear value of encoded values on [0, 1]."""
        # Absurd parameters overflow to infinity, which the clip takes care of.
        with np.errstate(all="ignore"):
            power = np.maximum(self.a * encoded + self.b, 0) ** self.g + self.e
        return np.asarray(np.clip(np.where(encoded >= self.d, power, self.c * encoded + self.f), 0, 1))


Curve = SampledCurve | ParametricCurve
"""A decoder from encoded to linear values, both on [0, 1]."""


def parse_curve(data: memoryview | bytes, tag: str) -> Curve:
    """The curve in a tag's bytes.

    Args:
        data: the tag's data, from its type signature on.
        tag: the tag's signature, for messages.

    Raises:
        ProfileError: if it is damaged or of another type; the message names the tag.
    """
    kind = bytes(data[:4])
    try:
        if kind == b"curv":
            return _parse_sampled(data, tag)
        if kind == b"para":
            return _parse_parametric(data, tag)
    except struct.error:
        raise ProfileError(f"ICC tag {tag}: its curve is cut short") from None
    raise ProfileError(f"ICC tag {tag}: {kind!r} is not a curve type")


def _parse_sampled(data: memoryview | bytes, tag: str) -> Curve:
    (count,) = struct.unpack_from(">I", data, 8)
    if count > _MAX_ENTRIES:
        raise ProfileError(f"ICC tag {tag}: a curve of {count} entries")
    entries = struct.unpack_from(f">{count}H", data, 12)
    if count == 0:
        return ParametricCurve(1.0)
    if count == 1:
        return ParametricCurve(entries[0] / 256)  # u8Fixed8Number
    return SampledCurve(tuple(entry / 65535 for entry in entries))


def _parse_parametric(data: memoryview | bytes, tag: str) -> Curve:
    (function,) = struct.unpack_from(">H", data, 8)
    if function >= len(_PARAMETERS):
        raise ProfileError(f"ICC tag {tag}: unknown parametric function {function}")
    numbers = [n / 65536 for n in struct.unpack_from(f">{_PARAMETERS[function]}i", data, 12)]  # s15Fixed16Number
    if function in {1, 2}:
        g, a, b = numbers[:3]
        c = numbers[3] if function == 2 else 0.0
        # The break of these two lies where the power's base becomes zero; there c is an offset, not a slope.
        breakpoint_ = -b / a if a else 0.0
        return ParametricCurve(g, a, b, d=breakpoint_, e=c, f=c)
    return ParametricCurve(*numbers)
