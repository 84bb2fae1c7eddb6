"""The samples of several networks, in the layout that the kernels read and in fixed memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gamutmeta.fit.step import LOSS_SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from gamutmeta.fit.network import Network, Problem

__all__ = ["TritonSamples"]


class TritonSamples:
    """N batches of B samples for each of P networks. If a network has fewer batches, the rest is zeros.

    There are also lists of the samples around each node of the grid, so that the gradient of a node is a sum in a fixed
    order. They are sorted when samples are loaded, not at every step.

    Args:
        networks: their grids have at most G nodes in one channel.
        batch: B.

    Attributes:
        tensors: by the names of the kernels' arguments:
            corners: first node of each sample's cell, int32 (P, N, B).
            codes: uint8 (P, N, 3, B).
            numbers: position in the cell, x and y; target, 3; weight of the squared error; float32 (P, N, 6, B).
            entries: indices, within the batch, of the samples around each node, int32 (P, N, 4 B).
            shares: interpolation weight of the node in each of these samples, float32 (P, N, 4 B).
            starts: where the entries of each node begin, int32 (P, N, G + 1).
            batches: number of batches of each network, int64 (P,).
            planes, across: nodes in one channel, and in a row of it, int32 (P,).
            gates: the model's weight at each code, float32 (P, 256).
    """

    def __init__(self, networks: Sequence[Network], batch: int) -> None:
        self._networks, self._batch = networks, batch
        device = networks[0].values.device
        grids = [network.grid for network in networks]
        shapes = [grid.shape[2:] for grid in grids if grid is not None]

        def whole(numbers: list[int]) -> Tensor:
            return torch.tensor(numbers, dtype=torch.int32, device=device)

        self.nodes = max(height * width for height, width in shapes)
        self.tensors = {
            "batches": torch.ones(len(networks), dtype=torch.int64, device=device),
            "planes": whole([height * width for height, width in shapes]),
            "across": whole([width for _, width in shapes]),
            "gates": torch.stack([network.gate_table[0] for network in networks]),
        }

    @property
    def most(self) -> int:
        """N, the largest number of batches."""
        return self.tensors["corners"].shape[1]

    @torch.no_grad()
    def load(self, problems: Sequence[Problem]) -> bool:
        """Load samples for each network, whole numbers of batches. Return whether they overwrote the previous ones."""
        counts = [len(problem) // self._batch for problem in problems]
        parts = [self._of(network, problem) for network, problem in zip(self._networks, problems, strict=True)]
        first = parts[0]
        took = "corners" in self.tensors and self.most == max(counts)
        if not took:
            shape = len(problems), max(counts)
            self.tensors |= {name: x.new_zeros(*shape, *x.shape[1:]) for name, x in first.items()}
        for which, (count, part) in enumerate(zip(counts, parts, strict=True)):
            self.tensors["batches"][which] = count
            for name, values in part.items():
                self.tensors[name][which, :count] = values
        return took

    def _of(self, network: Network, problem: Problem) -> dict[str, Tensor]:
        """The samples of one network, with the batches along the first axis."""
        batch = self._batch
        every = problem.batch(0, len(problem))
        corner, fractions = network.cells(every)
        counts = every.weight * (2 * LOSS_SCALE / (3 * batch))
        numbers = torch.cat([fractions.T, every.target, counts[:, None]], 1)
        nodes, shares = (x.view(-1, 4 * batch) for x in network.corners(every))
        nodes, order = torch.sort(nodes, dim=1, stable=True)
        every_node = torch.arange(self.nodes + 1, device=nodes.device).expand(len(nodes), -1).contiguous()
        return {
            "corners": corner.view(-1, batch).int(),
            "codes": problem.everything.codes.view(-1, batch, 3).mT,
            "numbers": numbers.view(-1, batch, 6).mT,
            "entries": (order // 4).int(),
            "shares": shares.gather(1, order),
            "starts": torch.searchsorted(nodes, every_node, out_int32=True),
        }
