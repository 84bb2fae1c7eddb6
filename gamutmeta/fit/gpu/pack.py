"""The parameters of several networks in one block of memory, so that one operation updates all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from gamutmeta.fit.network import Network

__all__ = ["Pack"]


@dataclass(frozen=True, slots=True)
class Pack:
    """P networks of one preset, all with a grid. The grids may differ in size.

    Attributes:
        networks: their parameters and gradients are in the pack's memory.
        values, gradient: of all parameters, float32 (P, n), one network in each row: first the MLP's, then the
            grid's, then zeros up to the length of the longest.
        mlp_size: number of parameters of each MLP.
    """

    networks: Sequence[Network]
    values: Tensor
    gradient: Tensor
    mlp_size: int

    @classmethod
    def of(cls, networks: Sequence[Network]) -> Self:
        """Move the networks into one block of memory."""
        counts = [len(network.values) for network in networks]
        values = networks[0].values.new_zeros(len(networks), max(counts))
        gradient = torch.zeros_like(values)
        for network, count, row, gradient_row in zip(networks, counts, values, gradient, strict=True):
            network.move_to(row[:count], gradient_row[:count])
        return cls(tuple(networks), values, gradient, networks[0].mlp_size)

    @property
    def mlp(self) -> tuple[Tensor, Tensor]:
        """Values and gradients of the MLPs, (P, m) each."""
        return self.values[:, : self.mlp_size], self.gradient[:, : self.mlp_size]

    @property
    def grids(self) -> tuple[Tensor, Tensor]:
        """Values and gradients of the grids, with zeros after the smaller ones."""
        return self.values[:, self.mlp_size :], self.gradient[:, self.mlp_size :]
