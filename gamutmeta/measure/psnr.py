"""The paper's error metrics: RMSE and PSNR in linear ProPhoto on [0, 1], over all pixels and over out-of-gamut ones.

Streaming: a picture is added strip by strip, so nothing as large as the picture is allocated. Differences are taken in
the arrays' own precision (float32), sums are kept in float64.

References:
    Le, Price, Cohen, Brown: "GamutMLP: A Lightweight MLP for Color Loss Recovery", CVPR 2023, section 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

__all__ = ["ErrorSums"]


@dataclass(slots=True)
class ErrorSums:
    """Sums of squared errors, filled strip by strip.

    The error of a pixel is taken over its three channels. Test values are clipped to [0, 1] first, as the paper does;
    reference values are in [0, 1] by nature. A metric of no pixels at all is nan; the PSNR of no error is inf.

    Attributes:
        pixels: pixels added.
        squares: sum of squared errors over all their channels.
        og_pixels: out-of-gamut pixels added, or -1 while no mask was given.
        og_squares: sum of squared errors over all channels of these.
    """

    pixels: int = 0
    squares: float = 0.0
    og_pixels: int = -1
    og_squares: float = 0.0

    def add(self, reference_linear: Floats, test_linear: Floats, og_mask: NDArray[np.bool_] | None = None) -> None:
        """Add the pixels of one strip.

        Args:
            reference_linear: shape (..., 3), linear ProPhoto on [0, 1].
            test_linear: the same shape; clipped to [0, 1].
            og_mask: shape (...), true where the pixel is out of gamut (:func:`gamutmeta.color.gamut.out_of_gamut`).
                Give it for every strip or for none.

        Raises:
            ValueError: if the shapes differ, or a mask is given for some strips only.
        """
        if reference_linear.shape != test_linear.shape or reference_linear.shape[-1:] != (3,):
            raise ValueError(f"shapes {reference_linear.shape} and {test_linear.shape} are not one (..., 3)")
        if self.pixels and (og_mask is None) != (self.og_pixels < 0):
            raise ValueError("an out-of-gamut mask is given for some strips only")
        error = np.clip(test_linear, 0, 1)
        np.subtract(error, reference_linear, out=error)
        square = np.einsum("...c,...c->...", error, error)
        if og_mask is not None:
            if og_mask.shape != square.shape:
                raise ValueError(f"the mask's shape {og_mask.shape} is not the pixels' {square.shape}")
            self.og_pixels = max(self.og_pixels, 0) + int(np.count_nonzero(og_mask))
            self.og_squares += float(square.sum(where=og_mask, dtype=np.float64))
        self.pixels += square.size
        self.squares += float(square.sum(dtype=np.float64))

    def merge(self, other: ErrorSums) -> None:
        """Add the pixels of another one, which has masks if this one has.

        Raises:
            ValueError: if a mask was given for one of the two only.
        """
        if self.pixels and other.pixels and (self.og_pixels < 0) != (other.og_pixels < 0):
            raise ValueError("an out-of-gamut mask is given for some strips only")
        if other.pixels and other.og_pixels >= 0:
            self.og_pixels = max(self.og_pixels, 0) + other.og_pixels
            self.og_squares += other.og_squares
        self.pixels += other.pixels
        self.squares += other.squares

    @property
    def rmse(self) -> float:
        """Root-mean-square error over all pixels and channels."""
        return _root_mean(self.squares, self.pixels)

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB over all pixels; the peak is 1."""
        return _decibels(self.rmse)

    @property
    def rmse_og(self) -> float:
        """Root-mean-square error over the out-of-gamut pixels."""
        return _root_mean(self.og_squares, self.og_pixels)

    @property
    def psnr_og(self) -> float:
        """Peak signal-to-noise ratio in dB over the out-of-gamut pixels."""
        return _decibels(self.rmse_og)

    @property
    def og_percent(self) -> float:
        """Share of out-of-gamut pixels in percent; nan without masks."""
        return 100 * self.og_pixels / self.pixels if self.pixels and self.og_pixels >= 0 else math.nan


def _root_mean(squares: float, pixels: int) -> float:
    return math.sqrt(squares / (3 * pixels)) if pixels > 0 else math.nan


def _decibels(root_mean_square: float) -> float:
    # 20 log10(peak / RMSE) with a peak of 1.
    return math.inf if root_mean_square == 0 else -20 * math.log10(root_mean_square)
