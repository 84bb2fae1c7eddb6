"""Protection of the colours inside sRGB that clipping leaves alone.

Where a code is 0 or 255 but the colour is (just) inside sRGB, clipping is right and a model can only do harm. The model
cannot reliably tell such a pixel from its out-of-gamut neighbours. So the weight of these pixels in the loss is raised
while the PSNR over all in-gamut pixels of the picture is more than `ALLOWED_DB` below that of clipping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.fit.network import Problem
    from gamutmeta.fit.samples import Samples

__all__ = ["ALLOWED_DB", "TOLERATED_DB", "Protection"]

ALLOWED_DB = 0.7
"""Loss of in-gamut PSNR against clipping that the training accepts."""

TOLERATED_DB = 0.9
"""Loss of in-gamut PSNR against clipping that the closed form of the last layer accepts in the end."""

_RESPONSE, _LARGEST = 2.0, 6.0
"""The weight grows with this power of the error relative to the allowed one, up to this bound.

Larger weights would harm the out-of-gamut colours: weights of 3, 10 and 30 cost them 0.1, 0.8 and 1.4 dB on a sky full
of film grain (benchmarks/experiments.md)."""


class Protection:
    """The weight of in-gamut samples in the loss.

    Attributes:
        weight: the current weight. Out-of-gamut samples have the weight 1.
    """

    def __init__(self, samples: Samples) -> None:
        self.weight = 1.0
        self._each = samples.pixels_per_sample
        self._allowed = _energy(ALLOWED_DB) * samples.clipped_in_gamut_error

    def update(self, problem: Problem, squared_errors: Tensor) -> None:
        """Update the weight from the squared errors of all samples, (N,)."""
        every = problem.everything
        harm = torch.where(every.in_gamut, squared_errors - every.target.square().sum(1), 0.0)
        excess = self._excess(float((harm * every.weight).double().sum()))
        self.weight = min(max(self.weight * min(excess, _LARGEST) ** _RESPONSE, 1.0), _LARGEST)

    def tolerates(self, harm: float) -> bool:
        """Whether the sum of the weighted squared in-gamut errors may exceed that of clipping by `harm` in the end."""
        return self._excess(harm) <= _energy(TOLERATED_DB) / _energy(ALLOWED_DB)

    def _excess(self, harm: float) -> float:
        """Harm to the in-gamut pixels, relative to the allowed harm."""
        return max(harm, 0.0) * self._each / max(self._allowed, 1e-30)

    def weights(self, problem: Problem) -> Tensor:
        """The weight of each sample in the loss, (N,)."""
        every = problem.everything
        return torch.where(every.in_gamut, self.weight, 1.0).to(every.weight) * every.weight


def _energy(loss_db: float) -> float:
    """The relative increase of the squared error for a loss of PSNR."""
    return 10 ** (loss_db / 10) - 1
