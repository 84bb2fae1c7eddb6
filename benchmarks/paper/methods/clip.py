"""Clip and Soft Clip: what needs no metadata, or next to none."""

import struct
import time

import numpy as np

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Setting
from benchmarks.rivals.method import clipped_linear, linear_of, romm_codes
from gamutmeta.color.spaces import SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.color.srgb_codes import clip_to_codes
from gamutmeta.runtime.strips import for_each_strip

_RANGE = struct.Struct("<2f")
"""Least and greatest value of linear sRGB; at most 0 and at least 1."""
_DARK, _BRIGHT = np.float32(0.05), np.float32(0.9)


def _moved(linear: Floats, sources: tuple[float, float], targets: tuple[float, float]) -> Floats:
    """Move least and greatest value of linear sRGB, (..., 3), to `targets`; linearly up to the bounds, which stay."""
    dark, bright = linear <= _DARK, linear >= _BRIGHT
    dark &= ~dark.all(-1, keepdims=True)
    bright &= ~bright.all(-1, keepdims=True)
    down = (_DARK - targets[0]) / (_DARK - sources[0])
    up = (targets[1] - _BRIGHT) / (sources[1] - _BRIGHT)
    moved = np.where(dark, _DARK + (linear - _DARK) * np.float32(down), linear)
    return np.asarray(np.where(bright, _BRIGHT + (linear - _BRIGHT) * np.float32(up), moved), np.float32)


class SoftClip:
    """Soft Clip: colours outside sRGB are squeezed into the outer part of its range, and stretched again on expansion.

    In linear sRGB, and for each channel by itself, the values from 0.9 to the greatest one of the picture are mapped
    linearly onto 0.9 to 1, and those from the least one to 0.05 onto 0 to 0.05: the bounds of the paper's released
    code (Le, Price, Cohen, Brown, CVPR 2023, section 4). Channels of pixels that are dark in all three, or bright in
    all three, are only clipped: there it is brightness, not colour, that leaves the range. Least and greatest value are
    stored, a float32 each. What is lost is the resolution of 8 bits, in the outer part of the range: for in-gamut
    colours there, too.
    """

    key = "soft-clip"
    title = "Soft Clip"
    group = "conventional"
    shows_own_codes = True
    version = 2

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        start = time.perf_counter()
        matrix = reduction_matrix(setting.adaptation)
        ends: list[tuple[float, float]] = [(0.0, 1.0)]
        codes = np.empty(wide.shape, np.uint8)

        def find(rows: slice) -> None:
            linear = apply_matrix(matrix, linear_of(wide[rows]))
            ends.append((float(linear.min()), float(linear.max())))

        for_each_strip(find, *wide.shape[:2])
        data = _RANGE.pack(min(low for low, _ in ends), max(high for _, high in ends))
        low, high = _RANGE.unpack(data)

        def squeeze(rows: slice) -> None:
            linear = apply_matrix(matrix, linear_of(wide[rows]))
            codes[rows] = clip_to_codes(_moved(linear, (low, high), (0, 1)), setting.rounding)

        for_each_strip(squeeze, *wide.shape[:2])
        return codes, Metadata(data, time.perf_counter() - start, f"linear sRGB from {low:.2f} to {high:.2f}")

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        ends = _RANGE.unpack(data)
        matrix, table = expansion_matrix(setting.adaptation), decode_table(SRGB, 256)
        result = np.empty(codes.shape, np.uint16)

        def stretch(rows: slice) -> None:
            linear = _moved(table[codes[rows]], (0, 1), ends)
            result[rows] = romm_codes(np.asarray(apply_matrix(matrix, linear), np.float32))

        for_each_strip(stretch, *codes.shape[:2])
        return result


# --- Clip ------------------------------------------------------------------------------------------------------------


class Clip(Clipped):
    """Nothing is stored, and what was clipped stays so."""

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
    return [Clip(), SoftClip()]
