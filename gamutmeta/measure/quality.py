"""How close a restored photograph is to the original: the metrics of the paper for two 16-bit ROMM RGB pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.measure.psnr import ErrorSums
from gamutmeta.runtime.compiled import kernel_for
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Quality", "StripSums", "measure", "quality_figures"]


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
    *,
    compiled: bool | None = None,
) -> Quality:
    """Compare two pictures of one shape.

    Args:
        original: ROMM RGB, uint16 (H, W, 3); decides which pixels are out of gamut.
        restored: the same.
        adaptation: of the matrix that decides it.
        compiled: whether by numba; None where it is installed and the picture large. Figures agree to seven digits.
    """
    sums = StripSums(original, adaptation, compiled=compiled)
    for_each_strip(lambda rows: sums.add(rows, restored[rows]), *original.shape[:2])
    return sums.quality()


class StripSums:
    """Measures a picture whose strips come one by one, in any order and from several threads.

    Args:
        original: as for :func:`measure`.
        adaptation: as for :func:`measure`.
        compiled: as for :func:`measure`.
    """

    def __init__(self, original: NDArray[np.uint16], adaptation: Adaptation, *, compiled: bool | None = None) -> None:
        self._original = original
        self._table = decode_table(PROPHOTO, 65536)
        self._matrix = reduction_matrix(adaptation)
        self._parts: dict[int, ErrorSums] = {}
        self._kernel = kernel_for(
            "gamutmeta.color.pixel_loops", original.shape[0] * original.shape[1], compiled=compiled
        )

    def add(self, rows: slice, restored: NDArray[np.uint16]) -> None:
        """Add the strip `rows` of the original, restored as `restored`, (rows, W, 3)."""
        original = self._original[rows]
        if self._kernel is not None:
            matrix = self._matrix.astype("float32")
            pixels, squares, outside, outside_squares = self._kernel.sum_errors(
                original.reshape(-1, 3), restored.reshape(-1, 3), self._table, matrix
            )
            part = ErrorSums(int(pixels), float(squares), int(outside), float(outside_squares))
        else:
            reference = self._table[original]
            part = ErrorSums()
            part.add(reference, self._table[restored], out_of_gamut(apply_matrix(self._matrix, reference)))
        self._parts[rows.start] = part

    def quality(self) -> Quality:
        """The figures of all strips added."""
        sums = ErrorSums()
        for _, part in sorted(self._parts.items()):  # in one order, so that the last digit does not depend on threads
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
