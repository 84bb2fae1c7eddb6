"""pix2pixHD: the global generator, and discriminators on three scales.

The local enhancer, which the paper adds for pictures of 2,048 pixels, has no use on crops of 512.

References:
    Wang et al.: "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs", CVPR 2018,
    section 3 and the supplement on architectures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from benchmarks.paper.networks.layers import Residual, conv7, down3, start_like_pix2pix, up3
from benchmarks.paper.networks.pix2pix import PatchDiscriminator

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MultiScaleDiscriminator", "Pix2PixHD"]

_HALVINGS, _RESIDUALS = 4, 9
_SCALES = 3


class Pix2PixHD(nn.Module):
    """The generator: sides must be multiples of 16.

    Args:
        width: channels of the first layer; the paper has 64.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width << k for k in range(_HALVINGS + 1)]
        layers = [*conv7(3, width), nn.InstanceNorm2d(width), nn.ReLU()]
        for k in range(_HALVINGS):
            layers += down3(widths[k], widths[k + 1])
        layers += [Residual(widths[-1]) for _ in range(_RESIDUALS)]
        for k in reversed(range(_HALVINGS)):
            layers += up3(widths[k + 1], widths[k])
        self.layers = nn.Sequential(*layers, *conv7(width, 3), nn.Tanh())
        start_like_pix2pix(self)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to the same."""
        result: Tensor = self.layers(picture)
        return result


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators on the whole, the halved and the quartered picture.

    Args:
        width: channels of the first layer of each; the paper has 64.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(width) for _ in range(_SCALES))

    def forward(self, pair: Tensor) -> list[list[Tensor]]:
        """(B, 6, H, W) to what each layer makes of it, for each scale; the verdicts come last."""
        made = []
        for scale in self.scales:
            made += scale(pair)
            pair = functional.avg_pool2d(pair, 3, 2, 1, count_include_pad=False)
        return made
