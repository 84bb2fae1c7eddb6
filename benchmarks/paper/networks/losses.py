"""The losses of the networks: distance to the original, and for three of them what a discriminator says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Losses"]

Made = list[list["Tensor"]]
"""What a discriminator's layers make of a pair, for each scale; the verdicts come last."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Which losses, and their weights.

    Attributes:
        distance: weight of the mean absolute difference to the original.
        adversarial: kind of the game with the discriminator, None for no discriminator.
        matching: weight of the mean absolute difference between what the discriminator's layers make of the restored
            and of the original photograph.
    """

    distance: float
    adversarial: Literal["cross-entropy", "least-squares", "hinge"] | None = None
    matching: float = 0.0

    def of_generator(self, restored: Tensor, original: Tensor, made: Made | None, of_original: Made | None) -> Tensor:
        """What the generator minimises.

        Args:
            restored: by the generator, (B, 3, H, W).
            original: the same.
            made: what the discriminator makes of `restored`; None if there is none.
            of_original: what it makes of `original`.
        """
        loss = self.distance * functional.l1_loss(restored, original)
        if made is None or of_original is None:
            return loss
        scales = len(made)
        loss = loss + sum(self._convince(scale[-1]) for scale in made) / scales
        if self.matching:
            for scale, wanted in zip(made, of_original, strict=True):
                layers = list(zip(scale[:-1], wanted[:-1], strict=True))
                differences = sum(functional.l1_loss(mine, theirs.detach()) for mine, theirs in layers)
                loss = loss + self.matching * differences / (scales * len(layers))
        return loss

    def of_discriminator(self, made: Made, of_original: Made) -> Tensor:
        """What the discriminator minimises: half for restored photographs, half for originals."""
        pairs = zip(made, of_original, strict=True)
        losses = [(self._judge(mine[-1], -1) + self._judge(theirs[-1], 1)) / 2 for mine, theirs in pairs]
        return torch.stack(losses).mean()

    def _convince(self, verdict: Tensor) -> Tensor:
        return -verdict.mean() if self.adversarial == "hinge" else self._judge(verdict, 1)

    def _judge(self, verdict: Tensor, wanted: Literal[-1, 1]) -> Tensor:
        """How wrong the verdicts are; `wanted` is 1 for an original."""
        if self.adversarial == "hinge":
            return functional.relu(1 - wanted * verdict).mean()
        target = torch.full_like(verdict, float(wanted > 0))
        if self.adversarial == "least-squares":
            return functional.mse_loss(verdict, target)
        return functional.binary_cross_entropy_with_logits(verdict, target)
