"""Training of the network: Adam on batches drawn with replacement, the mean squared error on the range [-1, 1]."""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Plan
from benchmarks.paper.mlp.network import INPUTS, Layout, Network, features_of
from benchmarks.paper.resume import resumed
from benchmarks.rivals.reference import OUTPUT_SCALE, coordinates
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import SRGB, decode_table, expansion_matrix
from gamutmeta.color.transfer import ROMM_LINEAR_END
from gamutmeta.runtime.strips import row_strips

_Piece = tuple[torch.Tensor, torch.Tensor, torch.Tensor | float]

_PIECE_SIZE = 1 << 11
"""Samples at a time on a CPU: their features, 1 MB, stay in a core's cache."""
_FEW = {"cpu": 0.5, "cuda": 1.3}
"""Up to so many batches of samples in all, going once through every sample costs less than through a batch."""
_MANY = 16
"""On a CPU, features of up to so many batches of samples are kept: half a gigabyte."""


def train(
    network: Network, samples: tuple[torch.Tensor, torch.Tensor], plan: Plan, steps: int, generator: torch.Generator
) -> None:
    """Take so many steps of a plan, in place.

    Samples are inputs (row, column, red, green, blue on [-1, 1]), float32 (N, 5); and what the photograph has more than
    the clipped picture, on that scale (twice the linear value), float32 (N, 3). They and the generator of the batches
    are on the network's device. The steps go on from a checkpoint where there is one: :mod:`benchmarks.paper.resume`.
    """
    inputs, targets = samples[0][:, INPUTS[network.layout.inputs]], samples[1]
    optimiser = torch.optim.Adam(network.parameters, lr=plan.rate)
    with torch.no_grad():
        batches = _kind(len(inputs), plan.batch, inputs.device)(network.layout, inputs, targets, plan.batch)
        for _ in resumed(steps, network.parameters, optimiser, generator):
            drawn = torch.randint(len(inputs), (plan.batch,), generator=generator, device=inputs.device)
            network.clear_gradient()
            for piece in batches.pieces(drawn):
                network.add_gradient(*piece)
            optimiser.step()


def _kind(count: int, batch: int, device: torch.device) -> type["_Gathered | _Weighted | _Counted"]:
    """How batches of so many samples cost least; all kinds have the same gradient."""
    if count <= _FEW[device.type] * batch:
        return _Weighted
    # On CUDA, to count would be to wait.
    return _Counted if device.type == "cpu" and count <= _MANY * batch else _Gathered


def _spans(count: int, device: torch.device) -> list[slice]:
    piece = _PIECE_SIZE if device.type == "cpu" else count
    return [slice(start, start + piece) for start in range(0, count, piece)]


class _Gathered:
    """Batches whose features are computed for the samples drawn."""

    def __init__(self, layout: Layout, inputs: torch.Tensor, targets: torch.Tensor, batch: int) -> None:
        self._layout, self._inputs, self._targets = layout, inputs, targets
        self._spans = _spans(batch, inputs.device)
        self._weight = 1 / (3 * batch)

    def pieces(self, drawn: torch.Tensor) -> Iterator[_Piece]:
        for span in self._spans:
            inputs = self._inputs[drawn[span]]
            yield features_of(inputs, self._layout), self._targets[drawn[span]], self._weight


class _Weighted:
    """The same batches: every sample counts as often as it was drawn, and features are kept."""

    def __init__(self, layout: Layout, inputs: torch.Tensor, targets: torch.Tensor, batch: int) -> None:
        self._features, self._targets = features_of(inputs, layout), targets
        self._spans = _spans(len(inputs), inputs.device)
        self._weight = 1 / (3 * batch)

    def pieces(self, drawn: torch.Tensor) -> Iterator[_Piece]:
        weights = torch.bincount(drawn, minlength=len(self._features))[:, None] * self._weight
        for span in self._spans:
            yield self._features[span], self._targets[span], weights[span]


class _Counted:
    """The same batches: every sample that was drawn comes once, with its weight; features are kept."""

    def __init__(self, layout: Layout, inputs: torch.Tensor, targets: torch.Tensor, batch: int) -> None:
        self._features, self._targets = features_of(inputs, layout), targets
        self._weight = 1 / (3 * batch)

    def pieces(self, drawn: torch.Tensor) -> Iterator[_Piece]:
        counts = torch.bincount(drawn, minlength=len(self._features))
        (chosen,) = counts.nonzero(as_tuple=True)
        for index in torch.split(chosen, _PIECE_SIZE):
            yield self._features[index], self._targets[index], counts[index, None] * self._weight


# --- expansion -------------------------------------------------------------------------------------------------------

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
