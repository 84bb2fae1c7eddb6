"""Clip: nothing is stored, and what was clipped stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.paper.method import Metadata, clip_codes
from benchmarks.rivals.method import clipped_linear, romm_codes
from gamutmeta.color.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.paper.method import Method, Setting

__all__ = ["Clip", "methods"]


class Clip:
    """See the module."""

    key = "clip"
    title = "Clip"
    group = "conventional"

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`."""
        del wide, codes, setting
        return Metadata(b"", 0.0, "")

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`."""
        del data
        result = np.empty(codes.shape, np.uint16)

        def work(rows: slice) -> None:
            result[rows] = romm_codes(clipped_linear(codes[rows], setting.adaptation))

        for_each_strip(work, *codes.shape[:2])
        return result


def methods() -> list[Method]:
    """The one method."""
    return [Clip()]
