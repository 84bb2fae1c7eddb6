"""Clip: nothing is stored, and what was clipped stays so."""

import numpy as np

from benchmarks.paper.method import Clipped, Codes, Metadata, Method, Setting, Wide
from benchmarks.rivals.method import clipped_linear, romm_codes
from gamutmeta.color.strips import for_each_strip


class Clip(Clipped):
    """See the module."""

    key = "clip"
    title = "Clip"
    group = "conventional"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        del wide, codes, setting
        return Metadata(b"", 0.0, "")

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        del data
        result = np.empty(codes.shape, np.uint16)

        def work(rows: slice) -> None:
            result[rows] = romm_codes(clipped_linear(codes[rows], setting.adaptation))

        for_each_strip(work, *codes.shape[:2])
        return result


def methods() -> list[Method]:
    return [Clip()]
