"""Training of the network: Adam on batches drawn with replacement, the mean squared error on the range [-1, 1]."""

from collections.abc import Iterator

import torch

from benchmarks.paper.method import Plan
from benchmarks.paper.mlp.network import INPUTS, Layout, Network, features_of

_Piece = tuple[torch.Tensor, torch.Tensor, torch.Tensor | float]

_PIECE_SIZE = 1 << 12
"""Samples at a time on a CPU: their features, 2 MB, stay in a core's cache."""
_FEW = 1.3
"""Up to so many batches of samples in all, going once through every sample costs less than through a batch."""


def train(
    network: Network, samples: tuple[torch.Tensor, torch.Tensor], plan: Plan, steps: int, generator: torch.Generator
) -> None:
    """Take so many steps of a plan, in place.

    Samples are inputs (row, column, red, green, blue on [-1, 1]), float32 (N, 5); and what the photograph has more than
    the clipped picture, on that scale (twice the linear value), float32 (N, 3). They and the generator of the batches
    are on the network's device.
    """
    inputs, targets = samples[0][:, INPUTS[network.layout.inputs]], samples[1]
    kind = _Weighted if len(inputs) <= _FEW * plan.batch else _Gathered
    optimiser = torch.optim.Adam(network.parameters, lr=plan.rate)
    with torch.no_grad():
        batches = kind(network.layout, inputs, targets, plan.batch)
        for _ in range(steps):
            drawn = torch.randint(len(inputs), (plan.batch,), generator=generator, device=inputs.device)
            network.clear_gradient()
            for piece in batches.pieces(drawn):
                network.add_gradient(*piece)
            optimiser.step()


def _spans(count: int, device: torch.device) -> list[slice]:
    """The samples in pieces."""
    piece = _PIECE_SIZE if device.type == "cpu" else count
    return [slice(start, start + piece) for start in range(0, count, piece)]


class _Gathered:
    """Batches whose features are computed for the samples drawn."""

    def __init__(self, layout: Layout, inputs: torch.Tensor, targets: torch.Tensor, batch: int) -> None:
        self._layout, self._inputs, self._targets = layout, inputs, targets
        self._spans = _spans(batch, inputs.device)
        self._weight = 1 / (3 * batch)

    def pieces(self, drawn: torch.Tensor) -> Iterator[_Piece]:
        """The batch of samples with the numbers `drawn`."""
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
        """The same of the same samples."""
        weights = torch.bincount(drawn, minlength=len(self._features))[:, None] * self._weight
        for span in self._spans:
            yield self._features[span], self._targets[span], weights[span]
