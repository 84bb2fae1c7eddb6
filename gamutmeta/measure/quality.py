"""How close a restored photograph is to the original: the metrics of the paper for two 16-bit ROMM RGB pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import OUTSIDE, STRICT, outside
from gamutmeta.color.pixels_machine import machine_code, sum_errors
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.measure.psnr import ErrorSums
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Quality", "StripSums", "measure", "quality_figures"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Errors against the original, in linear ProPhoto on [0, 1].

    Attributes:
        psnr, rmse: over all pixels; PSNR in dB, inf for no error at all.
        psnr_og, rmse_og: over the pixels of the original that lie outside sRGB; nan if there are none.
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
    strict: bool = False,
    compiled: bool | None = None,
) -> Quality:
    """Compare two pictures of one shape.

    Args:
        original: ROMM RGB, uint16 (H, W, 3); decides which pixels lie outside sRGB
            (:func:`gamutmeta.color.gamut.outside`).
        restored: the same.
        adaptation: of the matrix that decides it.
        strict: the paper's mask, for which the rounding of a colour on the gamut's edge counts as outside.
        compiled: True for machine code, False for numpy, None for machine code where it is there. Figures agree to
            seven digits.

    Raises:
        OSError: if machine code is requested and not there.
    """
    sums = StripSums(original, adaptation, strict=strict, compiled=compiled)
    for_each_strip(lambda rows: sums.add(rows, restored[rows]), *original.shape[:2])
    return sums.quality()


class StripSums:
    """Measures a picture whose strips come one by one, in any order and from several threads.

    Args:
        original: as for :func:`measure`.
        adaptation: as for :func:`measure`.
        strict: as for :func:`measure`.
        compiled: as for :func:`measure`.
    """

    def __init__(
        self,
        original: NDArray[np.uint16],
        adaptation: Adaptation,
        *,
        strict: bool = False,
        compiled: bool | None = None,
    ) -> None:
        self._original = original
        self._tolerance = STRICT if strict else OUTSIDE
        self._table = decode_table(PROPHOTO, 65536)
        self._matrix = reduction_matrix(adaptation)
        self._parts: dict[int, ErrorSums] = {}
        self._machine = machine_code(compiled=compiled)

    def add(self, rows: slice, restored: NDArray[np.uint16]) -> None:
        """Add the strip `rows` of the original, restored as `restored`, (rows, W, 3)."""
        original = self._original[rows]
        if self._machine is not None:
            constants = self._table, self._matrix.astype(np.float32), np.array(self._tolerance, np.float32)
            part = ErrorSums(*sum_errors(self._machine, original, restored, constants))
        else:
            reference = self._table[original]
            part = ErrorSums()
            part.add(reference, self._table[restored], outside(apply_matrix(self._matrix, reference), self._tolerance))
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
