"""Expansion by the network, all of it by torch on one device.

The first layer is linear in the features, and these depend on the row, the column or the colour alone: what rows and
columns contribute is computed once for each of them.
"""

import numpy as np
import torch
from torch.nn import functional

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.mlp.network import INPUTS, Network, features_of
from benchmarks.rivals.reference import OUTPUT_SCALE, coordinates
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix
from gamutmeta.color.strips import row_strips
from gamutmeta.color.transfer import ROMM_LINEAR_END

_STRIP_PIXELS = {"cpu": 1 << 14, "cuda": 1 << 22}


def expand(network: Network, codes: Codes, adaptation: Adaptation, device: str) -> Wide:
    """Restore ROMM codes, uint16 (H, W, 3), from sRGB codes, uint8 (H, W, 3)."""
    height, width, _ = codes.shape
    table = torch.from_numpy(decode_table(SRGB, 256).copy()).to(device)
    matrix = torch.from_numpy(expansion_matrix(adaptation).astype(np.float32)).T.to(device)
    (first, first_bias), *rest = network.layers()
    parts = _Parts(network, first, first_bias)
    result = np.empty(codes.shape, np.uint16)
    with torch.inference_mode():
        of_row = parts.of_place(0, height, device)
        of_column = parts.of_place(1, width, device)
        for rows in row_strips(height, width, _STRIP_PIXELS[device]):
            clipped = table[torch.from_numpy(codes[rows]).to(device).int()] @ matrix
            hidden = parts.of_colour(clipped)
            hidden = hidden + of_row[rows, None] + of_column
            for layer in rest:
                hidden = functional.linear(hidden.relu_(), *layer)
            wide = hidden.mul_(OUTPUT_SCALE).add_(clipped).clamp_(0, 1)
            encoded = torch.where(wide < ROMM_LINEAR_END, wide * 16, wide ** (1 / 1.8)).mul_(65535).round_()
            result[rows] = encoded.int().cpu().numpy()
    return result


class _Parts:
    """The first layer's matrix, cut into what meets the row, the column and the colour."""

    def __init__(self, network: Network, matrix: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._layout = layout = network.layout
        chosen = range(5)[INPUTS[layout.inputs]]
        # Features are grouped by sine and cosine first, then by input.
        kinds = 2 if layout.encoded else 1
        groups = matrix[:, : layout.features].reshape(layout.width, kinds, layout.channels, -1)
        self._columns = {channel: groups[:, :, place].flatten(1) for place, channel in enumerate(chosen)}
        constant = matrix[:, layout.features :].sum(1)
        self._constant = constant if bias is None else constant + bias

    def _features(self, values: torch.Tensor) -> torch.Tensor:
        """Features of some inputs without the ones."""
        features = features_of(values, self._layout)
        return features[..., : features.shape[-1] - self._layout.ones]

    def of_place(self, channel: int, size: int, device: str) -> torch.Tensor:
        """What the rows (channel 0) or columns (1) contribute, (size, width); with the rows goes what is constant."""
        result = torch.zeros(size, self._layout.width, device=device)
        if channel in self._columns:
            values = torch.from_numpy(coordinates(np.arange(size), size))[:, None].to(device)
            result += self._features(values) @ self._columns[channel].T
        return result + self._constant if channel == 0 else result

    def of_colour(self, clipped: torch.Tensor) -> torch.Tensor:
        """What colours, linear ProPhoto (..., 3), contribute: (..., width)."""
        if 2 not in self._columns:
            return clipped.new_zeros(*clipped.shape[:-1], self._layout.width)
        shape = self._layout.width, 2 if self._layout.encoded else 1, -1
        groups = [self._columns[channel].reshape(shape) for channel in (2, 3, 4)]
        return self._features(clipped * 2 - 1) @ torch.stack(groups, 2).flatten(1).T
