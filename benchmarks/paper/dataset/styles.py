"""Renderings of a photograph: neutral, or vivid as cameras have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rivals.method import linear_of, romm_codes
from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.color.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Style"]

_LUMINANCE = PROPHOTO.to_xyz()[1].astype(np.float32)
_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Style:
    """A rendering.

    Attributes:
        name: "neutral", or "vivid-" and the saturation.
        saturation: by which the distance of every colour from its luminance is multiplied, in linear ProPhoto.
    """

    name: str
    saturation: float

    @classmethod
    def named(cls, name: str) -> Style:
        """The style of a name: "neutral", "vivid-1.4".

        Raises:
            ValueError: if it is none.
        """
        if name == "neutral":
            return cls(name, 1.0)
        kind, _, number = name.partition("-")
        try:
            saturation = float(number) if kind == "vivid" else 0.0
        except ValueError:
            saturation = 0.0
        if not 1 < saturation <= _MOST:
            raise ValueError(f"style {name!r}: known are neutral and vivid-N, where N is above 1 and at most {_MOST:g}")
        return cls(name, saturation)

    def render(self, wide: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """The photograph in this style: ROMM RGB, uint16 (H, W, 3), clipped to ProPhoto; `wide` itself if neutral."""
        if self.saturation == 1:
            return wide
        result = np.empty_like(wide)

        def work(rows: slice) -> None:
            linear = linear_of(wide[rows])
            luminance = (linear @ _LUMINANCE)[..., None]
            result[rows] = romm_codes(luminance + (linear - luminance) * np.float32(self.saturation))

        for_each_strip(work, *wide.shape[:2])
        return result
