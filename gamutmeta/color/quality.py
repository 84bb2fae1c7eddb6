"""How close a restored photograph is to the original: the paper's metrics for two 16-bit ROMM pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.metrics import ErrorSums
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.strips import for_each_strip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Quality", "measure", "quality_figures"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Errors against the original, in linear ProPhoto on [0, 1].

    Attributes:
        psnr, rmse: over all pixels; PSNR in dB, inf for no error at all.
        psnr_og, rmse_og: over the original's out-of-gamut pixels; nan if it has none.
        og_percent: share of these in percent.
    """

    psnr: float
    rmse: float
    psnr_og: float
    rmse_og: float
    og_percent: float


def measure(
    original: NDArray[np.uint16],
    restored: NDArray[np.uint16],
    adaptation: Adaptation = Adaptation.BRADFORD,
) -> Quality:
    """Compare two pictures of one shape.

    Args:
        original: ROMM RGB, uint16 (H, W, 3); decides which pixels are out of gamut.
        restored: the same.
        adaptation: of the matrix that decides it.
    """
    table = decode_table(PROPHOTO, 65536)
    matrix = reduction_matrix(adaptation)
    parts: dict[int, ErrorSums] = {}

    def work(rows: slice) -> None:
        reference = table[original[rows]]
        part = ErrorSums()
        part.add(reference, table[restored[rows]], out_of_gamut(apply_matrix(matrix, reference)))
        parts[rows.start] = part

    for_each_strip(work, *original.shape[:2])
    sums = ErrorSums()
    for _, part in sorted(parts.items()):  # in one order, so that the last digit does not depend on the threads
        sums.merge(part)
    return Quality(sums.psnr, sums.rmse, sums.psnr_og, sums.rmse_og, sums.og_percent)


def quality_figures(restored: Quality, clipped: Quality) -> dict[str, Any]:
    """The fields of a :class:`~gamutmeta.report.Report` that two measurements fill."""
    return {
        "psnr": restored.psnr,
        "psnr_og": restored.psnr_og,
        "psnr_clip": clipped.psnr,
        "psnr_clip_og": clipped.psnr_og,
        "og_percent": restored.og_percent,
    }
