"""The paper's metrics of whole arrays, for tests of what adds them up strip by strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta.measure.psnr import ErrorSums

if TYPE_CHECKING:
    import numpy as np

__all__ = ["psnr", "rmse"]


def rmse(reference: np.ndarray, test: np.ndarray) -> float:
    """Root-mean-square error of two linear arrays of shape (..., 3)."""
    return _sums(reference, test).rmse


def psnr(reference: np.ndarray, test: np.ndarray) -> float:
    """Peak signal-to-noise ratio of the same in dB."""
    return _sums(reference, test).psnr


def _sums(reference: np.ndarray, test: np.ndarray) -> ErrorSums:
    sums = ErrorSums()
    sums.add(reference, test)
    return sums
