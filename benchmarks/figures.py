"""How close a restored photograph is: PSNR and RMSE in linear ProPhoto, CIEDE2000; and models as payloads."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Wide
from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.delta_e import delta_e_2000, prophoto_to_lab
from gamutmeta.color.quality import measure
from gamutmeta.container import Binding, Payload

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
        """The figures of one row.

        Args:
            restored: ROMM RGB, uint16 (H, W, 3).
            adaptation: of the matrix that decides which pixels are out of gamut.

        Returns:
            ``psnr``, ``rmse`` over all pixels, ``psnr_og``, ``rmse_og`` over out-of-gamut and ``psnr_ig``, ``rmse_ig``
            over in-gamut pixels; ``de``, ``de_og``, mean CIEDE2000 over all and over out-of-gamut pixels of the sample;
            ``og_percent``. None where there are no such pixels, or no error at all.
        """
        quality = measure(self.wide, restored, adaptation)
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
