"""The wide-gamut photograph itself in a modern format, beside the sRGB picture: JPEG XL with 16 bits, AVIF with 10.

The metadata are the whole second file, and the sRGB codes serve for nothing: whoever stores this stores two pictures.
Two rows for each format say what that costs: one as good as gamutmeta's preset `balanced` on the out-of-gamut pixels
of the same photograph, and one of at most as many bytes as that preset may take. A photograph may be too large for
these even at the lowest quality; then that is the row, and its note says so. JPEG XL without loss ends the list.

The ROMM codes are stored as they are: neither library of imagecodecs takes a profile, and no code points name ROMM RGB
(ITU-T H.273), so JPEG XL's perceptual transform takes them for sRGB. AVIF is 4:4:4 with the luma weights of BT.709. The
levels tried are 100 for each format, and found by bisection, since size and quality grow with the level.
"""

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Setting
from benchmarks.paper.methods.gamutmeta import Preset
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.quality import measure
from gamutmeta.runtime.extras import imagecodecs_for

_LEVELS = range(100)
_DISTANCES = np.geomspace(25, 0.05, len(_LEVELS))
"""Of JPEG XL, in just noticeable differences; 25 is the format's largest."""


class JpegXl:
    """JPEG XL with 16 bits, lossy. Levels go from 0 (worst) to 99; `describe` tells what one stands for."""

    name = "JPEG XL, 16 bits"

    def encode(self, wide: Wide, level: int) -> bytes:
        codecs = imagecodecs_for("JPEG XL")
        return bytes(codecs.jpegxl_encode(wide, distance=float(_DISTANCES[level]), bitspersample=16, numthreads=1))

    def decode(self, data: bytes) -> Wide:
        found: Wide = imagecodecs_for("JPEG XL").jpegxl_decode(data, numthreads=1)
        return found

    def describe(self, level: int) -> str:
        return f"distance {_DISTANCES[level]:.2f}"


class Avif:
    """AVIF with 10 bits, 4:4:4."""

    name = "AVIF, 10 bits"

    def encode(self, wide: Wide, level: int) -> bytes:
        codecs = imagecodecs_for("AVIF")
        names = codecs.AVIF
        options = {
            "primaries": names.COLOR_PRIMARIES.UNSPECIFIED, "transfer": names.TRANSFER_CHARACTERISTICS.UNSPECIFIED,
            "matrix": names.MATRIX_COEFFICIENTS.BT709, "bitspersample": 10, "pixelformat": "444", "speed": 6,
        }  # fmt: skip
        ten = np.rint(wide * np.float32(1023 / 65535)).astype(np.uint16)
        return bytes(codecs.avif_encode(ten, level=level, numthreads=1, **options))

    def decode(self, data: bytes) -> Wide:
        ten = imagecodecs_for("AVIF").avif_decode(data, numthreads=1)
        found: Wide = np.rint(ten * np.float32(65535 / 1023)).astype(np.uint16)
        return found

    def describe(self, level: int) -> str:
        return f"quality {level}"


Codec = JpegXl | Avif


def _lowest(fits: Callable[[int], bool]) -> int | None:
    """The lowest level that fits, if all above it do; None if not even the highest does."""
    level = bisect_left(_LEVELS, x=True, key=fits)
    return level if level < len(_LEVELS) else None


@dataclass(frozen=True, slots=True)
class SecondFile(Clipped):
    """A row whose metadata is a whole second file; the seconds are those of its last encoding alone."""

    key: str
    codec: Codec
    group: str = "rival"

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        del codes, setting
        return self.codec.decode(data)

    def _encoded(self, wide: Wide, level: int, remark: str) -> Metadata:
        start = time.perf_counter()
        data = self.codec.encode(wide, level)
        return Metadata(data, time.perf_counter() - start, f"{self.codec.describe(level)}; {remark}")


@dataclass(frozen=True, slots=True)
class SameQuality(SecondFile):
    """The smallest file that is as good on the out-of-gamut pixels as gamutmeta's `balanced`."""

    @property
    def title(self) -> str:
        return f"{self.codec.name}, as good as gamutmeta balanced"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        ours = Preset("", "", "balanced")
        metadata = ours.fit(wide, codes, replace(setting, quick=1.0))  # this row has no steps to be quick with
        wanted = measure(wide, ours.expand(codes, metadata.data, setting), setting.adaptation, strict=True)

        def is_as_good(level: int) -> bool:
            found = measure(wide, self.codec.decode(self.codec.encode(wide, level)), setting.adaptation, strict=True)
            return not found.psnr_og < wanted.psnr_og  # nan where no pixel is out of gamut

        level = _lowest(is_as_good)
        remark = f"whole second file, for {wanted.psnr_og:.2f} dB on OG pixels"
        if level is None:
            level, remark = _LEVELS[-1], f"{remark}, which the highest quality does not reach"
        return self._encoded(wide, level, remark)


@dataclass(frozen=True, slots=True)
class SameBytes(SecondFile):
    """The best file of at most `budget` bytes, or the smallest there is."""

    budget: int = PRESETS["balanced"].max_bytes

    @property
    def title(self) -> str:
        return f"{self.codec.name}, at most {self.budget:,} bytes"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        del codes, setting
        too_large = _lowest(lambda level: len(self.codec.encode(wide, level)) > self.budget)
        level = _LEVELS[-1] if too_large is None else max(too_large - 1, 0)
        remark = "whole second file"
        if too_large == 0:
            remark = f"{remark}, the smallest there is; more than {self.budget:,} bytes"
        return self._encoded(wide, level, remark)


@dataclass(frozen=True, slots=True)
class Lossless(SecondFile):
    """JPEG XL without loss."""

    title: str = "JPEG XL, 16 bits, lossless"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        del codes, setting
        start = time.perf_counter()
        data = bytes(imagecodecs_for("JPEG XL").jpegxl_encode(wide, lossless=True, numthreads=1))
        return Metadata(data, time.perf_counter() - start, "whole second file")


def methods() -> list[Method]:
    budget = PRESETS["balanced"].max_bytes
    rows: list[Method] = []
    for key, codec in (("jpeg-xl", JpegXl()), ("avif", Avif())):
        rows += [SameQuality(f"{key}-same-quality", codec), SameBytes(f"{key}-{budget}", codec)]
    return [*rows, Lossless("jpeg-xl-lossless", JpegXl())]
