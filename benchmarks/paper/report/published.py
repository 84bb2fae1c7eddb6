"""What the paper states of its methods; only what is known from its text is here."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PUBLISHED", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """Figures of one row; None where they are not known to us.

    Attributes:
        kilobytes: of metadata.
        optimisation_seconds, inference_seconds: for a picture, on an NVIDIA RTX 6000.
        rmse, rmse_og, psnr, psnr_og: means over the paper's 200 test pictures.
    """

    kilobytes: float | None = None
    optimisation_seconds: float | None = None
    inference_seconds: float | None = None
    rmse: float | None = None
    rmse_og: float | None = None
    psnr: float | None = None
    psnr_og: float | None = None


PUBLISHED: Mapping[str, Published] = MappingProxyType({
    "clip": Published(psnr_og=38.0),
    "sampled": Published(135),
    "siren": Published(796),
    "siren-small-residual": Published(69),
    "mlp-48kb": Published(48),
    "mlp-53kb": Published(53),
    "mlp-53kb-meta": Published(53),
    "mlp-23kb": Published(23),
    "mlp-23kb-meta": Published(23, 1.9, 0.27, psnr_og=50.0),
    "mlp-137kb": Published(137),
    "mlp-11kb": Published(11),
})  # fmt: skip
"""By the key of the row."""
