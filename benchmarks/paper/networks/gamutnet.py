"""GamutNet: a U-Net that predicts what clipping took away.

The paper of the tables compares with it as a deep network from the clipped to the original photograph. What is not
known for sure here is taken from the U-Net that it is built on: two 3x3 convolutions for each of five levels, 32 to 512
channels.

References:
    Le, Jeong, Abdelhamed, Shin, Brown: "GamutNet: Restoring Wide-Gamut Colors for Camera-Captured Images", CIC 2021.
    Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GamutNet"]

_LEVELS = 4
"""Halvings of the size."""


def _double(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
    )


class GamutNet(nn.Module):
    """Sides must be multiples of 16. At the start the last layer is zero: the network is the identity.

    Args:
        width: channels of the first level; twice as many at each further one.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width << level for level in range(_LEVELS + 1)]
        self.down = nn.ModuleList(map(_double, [3, *widths[:-1]], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(_double(2 * w, w) for w in reversed(widths[:-1]))
        self.last = nn.Conv2d(width, 3, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to the same."""
        values, skipped = self.down[0](picture), []
        for block in self.down[1:]:
            skipped.append(values)
            values = block(functional.max_pool2d(values, 2))
        for up, merge in zip(self.up, self.merge, strict=True):
            values = merge(torch.cat([skipped.pop(), up(values)], 1))
        result: Tensor = picture + self.last(values)
        return result
