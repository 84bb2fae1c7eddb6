"""ASAPNet: an MLP for each cell of 64x64 pixels, whose parameters a convolutional network predicts.

That network looks at a small copy of the picture. The MLP is applied to every pixel of its cell; it sees the colour,
and the place within the cell as sines and cosines. Its last activation is a tanh.

References:
    Shaham, Gharbi, Zhang, Shechtman, Michaeli: "Spatially-Adaptive Pixelwise Networks for Fast Image Translation",
    CVPR 2021, section 3. The number of residual blocks, which it does not state for pictures of this size, is ours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from benchmarks.paper.networks.layers import Residual, conv7, down3, start_like_pix2pix

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AsapNet"]

_SMALLER = 16
"""The convolutional network sees the picture reduced by this; it halves that twice more."""
_HALVINGS, _RESIDUALS = 2, 5
_CELL = _SMALLER << _HALVINGS
_OCTAVES = int(math.log2(_CELL))
_MLP_LAYERS = 5


class AsapNet(nn.Module):
    """The generator: sides must be multiples of 64, and larger than that.

    Args:
        width: channels of the first convolution and units of the pixels' MLP; the paper has 64.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = 3 + 4 * _OCTAVES
        self.shapes = list(zip([inputs] + [width] * (_MLP_LAYERS - 1), [width] * (_MLP_LAYERS - 1) + [3], strict=True))
        layers = [*conv7(3, width), nn.InstanceNorm2d(width), nn.ReLU()]
        for k in range(_HALVINGS):
            layers += down3(width << k, width << (k + 1))
        deepest = width << _HALVINGS
        layers += [Residual(deepest) for _ in range(_RESIDUALS)]
        self.parameters_of_cells = nn.Sequential(*layers)
        start_like_pix2pix(self)
        # The head starts as it does by default: with a deviation of 0.02 five layers would pass nothing on.
        self.head = nn.Conv2d(deepest, sum((rows + 1) * columns for rows, columns in self.shapes), 1)
        self.register_buffer("place", _places(), persistent=False)
        self.place: Tensor

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to the same."""
        small = functional.interpolate(
            picture, scale_factor=1 / _SMALLER, mode="bilinear", align_corners=False, antialias=True
        )
        parameters = self.head(self.parameters_of_cells(small)).permute(0, 2, 3, 1)
        batch, down, across, _ = parameters.shape
        parameters = parameters.flatten(0, 2)
        cells = picture.view(batch, 3, down, _CELL, across, _CELL).permute(0, 2, 4, 3, 5, 1)
        values = cells.reshape(-1, _CELL * _CELL, 3)
        values = torch.cat([values, self.place.expand(len(values), -1, -1)], -1)
        for k, (rows, columns) in enumerate(self.shapes):
            weight, bias, parameters = parameters.split(
                [rows * columns, columns, parameters.shape[1] - (rows + 1) * columns], 1
            )
            values = torch.baddbmm(bias[:, None], values, weight.view(-1, rows, columns))
            values = values.tanh() if k == _MLP_LAYERS - 1 else functional.leaky_relu(values, 0.2)
        made = values.view(batch, down, across, _CELL, _CELL, 3).permute(0, 5, 1, 3, 2, 4)
        return made.reshape(picture.shape)


def _places() -> Tensor:
    """Sines and cosines of the place within a cell, from one period per cell to one per two pixels, (1, N, 4 K)."""
    turns = torch.arange(_CELL)[:, None] / _CELL * 2.0 ** torch.arange(_OCTAVES) * (2 * math.pi)
    waves = torch.cat([turns.sin(), turns.cos()], 1)
    row = waves[:, None].expand(_CELL, _CELL, -1)
    column = waves[None].expand(_CELL, _CELL, -1)
    return torch.cat([row, column], -1).reshape(1, _CELL * _CELL, -1)
