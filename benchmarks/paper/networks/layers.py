"""What several of the networks are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Residual", "conv7", "down3", "start_like_pix2pix", "up3"]


def conv7(inputs: int, outputs: int) -> list[nn.Module]:
    """A 7x7 convolution whose border is mirrored."""
    return [nn.ReflectionPad2d(3), nn.Conv2d(inputs, outputs, 7)]


def down3(inputs: int, outputs: int) -> list[nn.Module]:
    """A 3x3 convolution with stride 2, instance normalisation, ReLU."""
    return [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.InstanceNorm2d(outputs), nn.ReLU()]


def up3(inputs: int, outputs: int) -> list[nn.Module]:
    """A transposed 3x3 convolution that doubles the size, instance normalisation, ReLU."""
    up = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1)
    return [up, nn.InstanceNorm2d(outputs), nn.ReLU()]


class Residual(nn.Module):
    """Two 3x3 convolutions with instance normalisation, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, values: Tensor) -> Tensor:
        """(B, channels, H, W) to the same."""
        result: Tensor = values + self.block(values)
        return result


def start_like_pix2pix(network: nn.Module) -> None:
    """Weights of all convolutions from a normal distribution of deviation 0.02, as pix2pix and its followers start."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
