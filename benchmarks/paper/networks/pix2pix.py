"""pix2pix: a U-Net generator of eight levels and a discriminator that judges patches of 70x70 pixels.

Instance normalisation stands for the batch normalisation of the paper, which with one picture per step is the same. The
paper's dropout acts while training; restored photographs are to be the same every time, so it is off then.

References:
    Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017, section 6.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from benchmarks.paper.networks.layers import start_like_pix2pix

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PatchDiscriminator", "Pix2Pix"]

_MULTIPLES = (1, 2, 4, 8, 8, 8, 8, 8)
"""Channels of the encoder's levels, in widths."""
_DROPOUT_LEVELS = (4, 5, 6)
"""Of the decoder, counted as the encoder's."""


class Pix2Pix(nn.Module):
    """The generator: sides must be multiples of 256, and larger than that.

    Args:
        width: channels of the first level; the paper has 64.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * multiple for multiple in _MULTIPLES]
        last = len(widths) - 1
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        for level, channels in enumerate(widths):
            inputs = widths[level - 1] if level else 3
            before: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
            after: list[nn.Module] = [nn.InstanceNorm2d(channels, affine=True)] if 0 < level < last else []
            self.down.append(nn.Sequential(*before, nn.Conv2d(inputs, channels, 4, 2, 1), *after))
        for level in reversed(range(len(widths))):
            inputs = widths[level] if level == last else 2 * widths[level]
            outputs = widths[level - 1] if level else 3
            after = [nn.InstanceNorm2d(outputs, affine=True)] if level else [nn.Tanh()]
            after += [nn.Dropout(0.5)] if level - 1 in _DROPOUT_LEVELS else []
            self.up.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), *after))
        start_like_pix2pix(self)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to the same."""
        values, skipped = picture, []
        for block in self.down:
            values = block(values)
            skipped.append(values)
        skipped.pop()
        for block in self.up[:-1]:
            values = torch.cat([block(values), skipped.pop()], 1)
        result: Tensor = self.up[-1](values)
        return result


class PatchDiscriminator(nn.Module):
    """Judges each patch of a photograph, given what it was restored from: six channels in.

    Args:
        width: channels of the first layer; the paper has 64.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * multiple for multiple in (1, 2, 4, 8)]
        blocks: list[nn.Module] = [nn.Sequential(nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2))]
        for k in (1, 2, 3):
            stride = 2 if k < 3 else 1
            convolution = nn.Conv2d(widths[k - 1], widths[k], 4, stride, 1)
            blocks.append(nn.Sequential(convolution, nn.InstanceNorm2d(widths[k]), nn.LeakyReLU(0.2)))
        blocks.append(nn.Conv2d(widths[3], 1, 4, 1, 1))
        self.blocks = nn.ModuleList(blocks)
        start_like_pix2pix(self)

    def forward(self, pair: Tensor) -> list[list[Tensor]]:
        """(B, 6, H, W) to what each layer makes of it, the verdicts (B, 1, h, w) last; a list for the one scale."""
        made = []
        for block in self.blocks:
            pair = block(pair)
            made.append(pair)
        return [made]
