"""Training of the network: Adam on batches drawn with replacement, the mean squared error on the range [-1, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from benchmarks.paper.mlp.layout import INPUTS
from benchmarks.paper.mlp.network import features_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.paper.mlp.layout import Layout
    from benchmarks.paper.mlp.network import Network
    from benchmarks.paper.mlp.samples import Samples

    _Piece = tuple[torch.Tensor, torch.Tensor, torch.Tensor | float]

__all__ = ["Plan", "train"]

_PIECE_SIZE = 1 << 12
"""Samples at a time on a CPU: their features, 2 MB, stay in a core's cache."""
_FEW = 1.3
"""Up to so many batches of samples in all, going once through every sample costs less than through a batch."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast.

    Attributes:
        steps: of Adam.
        rate: its learning rate.
        batch: samples for each step.
    """

    steps: int
    rate: float
    batch: int = 1 << 16

    def quickened(self, share: float) -> int:
        """How many steps that share of all is; one at least."""
        return max(1, round(self.steps * share))


def train(network: Network, samples: Samples, plan: Plan, steps: int, generator: torch.Generator) -> None:
    """Take so many steps of the plan, in place.

    Args:
        network: is changed.
        samples: on its device.
        plan: gives rate and batch.
        steps: to take, of the plan's.
        generator: of the batches, on the same device.
    """
    inputs = samples.inputs[:, INPUTS[network.layout.inputs]]
    kind = _Weighted if len(inputs) <= _FEW * plan.batch else _Gathered
    optimiser = torch.optim.Adam(network.parameters, lr=plan.rate)
    with torch.no_grad():
        batches = kind(network.layout, inputs, samples.targets, plan.batch)
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
    """Batches whose features are computed for the samples drawn.

    Args:
        layout: of the network.
        inputs: of all samples, those that the layout takes: float32 (N, channels).
        targets: of all samples, float32 (N, 3).
        batch: samples in each.
    """

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
        """See :meth:`_Gathered.pieces`."""
        weights = torch.bincount(drawn, minlength=len(self._features))[:, None] * self._weight
        for span in self._spans:
            yield self._features[span], self._targets[span], weights[span]
