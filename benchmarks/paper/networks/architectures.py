"""The four generators and the discriminators that three of them are trained against.

All see and make encoded ROMM values on [-1, 1], (B, 3, H, W) to the same. `width` is the number of channels of the
first layer, from which all others follow. The names of the parameters are those of the stored weights.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


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
        result: Tensor = values + self.block(values)
        return result


def start_like_pix2pix(network: nn.Module) -> None:
    """Weights of all convolutions from a normal distribution of deviation 0.02, as pix2pix and its followers start."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


_LEVELS = 4
"""Halvings of the size."""


def _double(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
    )


class GamutNet(nn.Module):
    """GamutNet: a U-Net that predicts what clipping took away; `width` channels in the first level, doubling.

    The paper of the tables compares with it as a deep network from the clipped to the original photograph. What is not
    known for sure here is taken from the U-Net that it is built on: two 3x3 convolutions for each of five levels, 32 to
    512 channels. Sides must be multiples of 16. At the start the last layer is zero: the network is the identity.

    References:
        Le, Jeong, Abdelhamed, Shin, Brown: "GamutNet: Restoring Wide-Gamut Colors for Camera-Captured Images",
        CIC 2021. Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        MICCAI 2015.
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
        values, skipped = self.down[0](picture), []
        for block in self.down[1:]:
            skipped.append(values)
            values = block(functional.max_pool2d(values, 2))
        for up, merge in zip(self.up, self.merge, strict=True):
            values = merge(torch.cat([skipped.pop(), up(values)], 1))
        result: Tensor = picture + self.last(values)
        return result


_MULTIPLES = (1, 2, 4, 8, 8, 8, 8, 8)
"""Channels of the encoder's levels, in widths."""
_DROPOUT_LEVELS = (4, 5, 6)
"""Of the decoder, counted as the encoder's."""


class Pix2Pix(nn.Module):
    """pix2pix: a U-Net generator of eight levels. Sides must be multiples of 256, and larger than that.

    Instance normalisation stands for the batch normalisation of the paper, which with one picture per step is the same.
    The paper's dropout acts while training; restored photographs are to be the same every time, so it is off then.

    References:
        Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017,
        section 6.1.
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
    """Judges each patch of 70x70 pixels of a photograph, given what it was restored from: six channels in."""

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


_HD_HALVINGS, _HD_RESIDUALS = 4, 9
_SCALES = 3


class Pix2PixHD(nn.Module):
    """pix2pixHD: the global generator. Sides must be multiples of 16.

    The local enhancer, which the paper adds for pictures of 2,048 pixels, has no use on crops of 512.

    References:
        Wang et al.: "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs", CVPR 2018,
        section 3 and the supplement on architectures.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width << k for k in range(_HD_HALVINGS + 1)]
        layers = [*conv7(3, width), nn.InstanceNorm2d(width), nn.ReLU()]
        for k in range(_HD_HALVINGS):
            layers += down3(widths[k], widths[k + 1])
        layers += [Residual(widths[-1]) for _ in range(_HD_RESIDUALS)]
        for k in reversed(range(_HD_HALVINGS)):
            layers += up3(widths[k + 1], widths[k])
        self.layers = nn.Sequential(*layers, *conv7(width, 3), nn.Tanh())
        start_like_pix2pix(self)

    def forward(self, picture: Tensor) -> Tensor:
        result: Tensor = self.layers(picture)
        return result


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators on the whole, the halved and the quartered picture."""

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


_SMALLER = 16
"""The convolutional network sees the picture reduced by this; it halves that twice more."""
_HALVINGS, _RESIDUALS = 2, 5
_CELL = _SMALLER << _HALVINGS
_OCTAVES = int(math.log2(_CELL))
_MLP_LAYERS = 5


class AsapNet(nn.Module):
    """ASAPNet: an MLP for each cell of 64x64 pixels, whose parameters a convolutional network predicts.

    That network looks at a small copy of the picture. The MLP, of `width` units, is applied to every pixel of its cell;
    it sees the colour, and the place within the cell as sines and cosines. Its last activation is a tanh. Sides must be
    multiples of 64, and larger than that.

    References:
        Shaham, Gharbi, Zhang, Shechtman, Michaeli: "Spatially-Adaptive Pixelwise Networks for Fast Image Translation",
        CVPR 2021, section 3. The number of residual blocks, which it does not state for pictures of this size, is ours.
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
