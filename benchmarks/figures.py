"""How close a restored photograph is: PSNR and RMSE in linear ProPhoto, CIEDE2000; and models as payloads."""

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Wide
from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta import carriers
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container import Binding, Payload
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab
from gamutmeta.measure.quality import measure
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file

DE_PIXELS = 1 << 18
"""Pixels that colour differences are averaged over, drawn with one seed: a million would take 2 seconds a row."""


@dataclass(frozen=True, slots=True)
class Original:
    """A photograph to compare with: ROMM RGB, uint16 (H, W, 3)."""

    wide: Wide
    _sample: NDArray[np.intp] = field(init=False)
    _lab: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        pixels = self.wide.reshape(-1, 3)
        drawn = np.random.default_rng(0).choice(len(pixels), min(DE_PIXELS, len(pixels)), replace=False)
        object.__setattr__(self, "_sample", np.sort(drawn))
        object.__setattr__(self, "_lab", prophoto_to_lab(linear_of(pixels[self._sample])))

    def figures(self, restored: Wide, adaptation: Adaptation) -> dict[str, float | None]:
        """The figures of one row, of a restored photograph, ROMM RGB, uint16 (H, W, 3).

        ``psnr``, ``rmse``, ``de`` (mean CIEDE2000 of a sample) over all pixels, with ``_og`` and ``_ig`` over those out
        of gamut and in it, by the matrix of the adaptation; ``og_percent``. None where there are no such pixels, or no
        error at all.
        """
        quality = measure(self.wide, restored, adaptation, strict=True)
        share = quality.og_percent / 100
        # Squares add up, so the third of the three sums follows from the other two.
        og_square = quality.rmse_og**2 if share else 0.0
        rmse_ig = math.sqrt(max(quality.rmse**2 - share * og_square, 0) / (1 - share)) if share < 1 else math.nan
        reference = self.wide.reshape(-1, 3)[self._sample]
        de = delta_e_2000(self._lab, prophoto_to_lab(linear_of(restored.reshape(-1, 3)[self._sample])))
        mask = out_of_gamut_mask(linear_of(reference), adaptation)
        found = {
            "og_percent": quality.og_percent,
            "psnr": quality.psnr,
            "psnr_og": quality.psnr_og,
            "psnr_ig": -20 * math.log10(rmse_ig) if rmse_ig > 0 else math.nan,
            "rmse": quality.rmse,
            "rmse_og": quality.rmse_og,
            "rmse_ig": rmse_ig,
            "de": float(de.mean()),
            "de_og": float(de[mask].mean()) if mask.any() else math.nan,
        }
        return {
            name: (round(value, 6 if "rmse" in name else 4) if math.isfinite(value) else None)
            for name, value in found.items()
        }


def payload_of(codes: Codes, result: Any, kind: Literal["rgb8", "jpeg"] = "rgb8") -> Payload:
    """The model of a :class:`gamutmeta.fit.engine.FitResult` for a picture, uint8 (H, W, 3), bound to no file."""
    height, width = codes.shape[:2]
    return Payload(width, height, Binding(kind, bytes(16)), result.descriptor, result.tensors)


# --- sRGB files ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coding:
    """One way to code the sRGB picture, by its name in tables; `rivals`: whether they are measured on it, too."""

    name: str
    format: Literal["png", "jpeg"]
    quality: int = 95
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:4:4"
    rivals: bool = True

    @property
    def options(self) -> dict[str, Any]:
        """For :func:`gamutmeta.reduce`; the picture is the clipped one, as for the rivals (see benchmarks.extended)."""
        how: dict[str, Any] = {"format": self.format, "quality": self.quality, "subsampling": self.subsampling}
        return how | {"samples": "plain"}

    def decoded(self, wide: Wide, adaptation: Adaptation) -> Codes:
        """The clipped picture as a reader of the file decodes it, uint8 (H, W, 3), of ROMM codes, uint16 (H, W, 3)."""
        return self.through(reduce_to_codes(wide, adaptation)[0])

    def encode(self, codes: Codes, *, progressive: bool = False) -> bytes:
        how: dict[str, Any] = {"quality": self.quality, "subsampling": self.subsampling, "progressive": progressive}
        return encode_srgb_file(codes, self.format, **how)

    def through(self, codes: Codes) -> Codes:
        """Codes, uint8 (H, W, 3), as a reader of the file decodes them."""
        return codes if self.format == "png" else decode_srgb(self.encode(codes))


CODINGS = (
    Coding("PNG", "png"),
    Coding("JPEG q95 4:4:4", "jpeg"),
    Coding("JPEG q90 4:2:0", "jpeg", 90, "4:2:0", rivals=False),
)


def coding_named(name: str) -> Coding:
    return next(coding for coding in CODINGS if coding.name == name)


@cache
def added_bytes(format_: Literal["png", "jpeg"], size: int) -> int:
    """Bytes by which a file grows when `size` bytes of metadata are spliced into it by gamutmeta's own carriers.

    That is the difference of two files, with the metadata and without; it does not depend on the picture. What is
    larger than a carrier takes is spread over several.
    """
    if size == 0:
        return 0
    if size > carriers.MAX_CONTAINER:
        return added_bytes(format_, carriers.MAX_CONTAINER) + added_bytes(format_, size - carriers.MAX_CONTAINER)
    host = encode_srgb_file(np.zeros((8, 8, 3), np.uint8), format_)
    # Carriers want the magic number; metadata shorter than it is charged as if it were as long.
    return len(carriers.embed(host, carriers.MAGIC.ljust(size, b"\0"))) - len(host)
