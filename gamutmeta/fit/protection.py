"""Protection of the colours inside sRGB that clipping leaves alone.

Where a code is 0 or 255 but the colour is (just) inside sRGB, clipping is right and a model can only do harm. The model
cannot reliably tell such a pixel from its out-of-gamut neighbours. So the weight of these pixels in the loss is raised
while the PSNR over all in-gamut pixels of the picture is more than `ALLOWED_DB` below that of clipping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from gamutmeta.fit.samples import Draw, Samples

    Array = Any
    """An array of numpy, or a tensor of torch on any device: what is done here is the same with both."""

__all__ = ["ALLOWED_DB", "TOLERATED_DB", "Protection"]

ALLOWED_DB = 0.7
"""Loss of in-gamut PSNR against clipping that the training accepts."""

TOLERATED_DB = 0.9
"""Loss of in-gamut PSNR against clipping that the closed form of the last layer accepts in the end."""

_RESPONSE, _LARGEST = 2.0, 6.0
"""The weight grows with this power of the error relative to the allowed one, up to this bound.

Larger weights would harm the out-of-gamut colours: weights of 3, 10 and 30 cost them 0.1, 0.8 and 1.4 dB on a sky full
of film grain (benchmarks/experiments.md)."""


class Weighted(Protocol):
    """N samples."""

    @property
    def in_gamut(self) -> Array:
        """Whether the photograph's colour lies inside sRGB, (N,)."""

    @property
    def target(self) -> Array:
        """What the model has to add to the clipped colour, linear ProPhoto, (N, 3)."""

    @property
    def weight(self) -> Array:
        """Of the squared error in the loss, (N,)."""


class Sampled(Protocol):
    """All samples of a fit."""

    @property
    def everything(self) -> Weighted:
        """The samples."""


class Protection:
    """The weight of in-gamut samples in the loss.

    Attributes:
        weight: the current weight. Out-of-gamut samples have the weight 1.
    """

    def __init__(self, samples: Samples | Draw) -> None:
        self.weight = 1.0
        self._each = float(samples.pixels_per_sample)
        self._allowed = _energy(ALLOWED_DB) * float(samples.clipped_in_gamut_error)

    def update(self, problem: Sampled, squared_errors: Array) -> None:
        """Update the weight from the squared errors of all samples, (N,)."""
        every = problem.everything
        harm = (squared_errors - _squares(every.target)) * every.in_gamut * every.weight
        excess = self._excess(_total(harm))
        self.weight = float(min(max(self.weight * min(excess, _LARGEST) ** _RESPONSE, 1.0), _LARGEST))

    def tolerates(self, harm: float) -> bool:
        """Whether the sum of the weighted squared in-gamut errors may exceed that of clipping by `harm` in the end."""
        return self._excess(harm) <= _energy(TOLERATED_DB) / _energy(ALLOWED_DB)

    def _excess(self, harm: float) -> float:
        """Harm to the in-gamut pixels, relative to the allowed harm."""
        return max(harm, 0.0) * self._each / max(self._allowed, 1e-30)

    def weights(self, problem: Sampled) -> Array:
        """The weight of each sample in the loss, float32 (N,)."""
        every = problem.everything
        return every.weight + every.weight * every.in_gamut * (self.weight - 1)


def _squares(values: Array) -> Array:
    """The sum of the squares of each row."""
    return np.einsum("nc,nc->n", values, values) if isinstance(values, np.ndarray) else values.square().sum(1)


def _total(values: Array) -> float:
    """Their sum in double precision."""
    return float(values.sum(dtype=np.float64) if isinstance(values, np.ndarray) else values.double().sum())


def _energy(loss_db: float) -> float:
    """The relative increase of the squared error for a loss of PSNR."""
    return 10 ** (loss_db / 10) - 1
