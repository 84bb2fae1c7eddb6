"""The samples of a fit as one array of records, for machine code and numpy alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from gamutmeta.color.spaces import apply_matrix, expansion_matrix
from gamutmeta.model.features import grid_position, linear_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.fit.samples import Samples
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["SAMPLE", "Problem"]

SAMPLE = np.dtype(
    [
        ("corner", np.int32),
        ("fraction", np.float32, 2),
        ("target", np.float32, 3),
        ("code", np.uint8, 3),
        ("in_gamut", np.bool_),
        ("weight", np.float32),
    ]
)
"""One sample: the first node of its grid cell, where in the cell it lies (x, y), what the model has to add (linear
ProPhoto), its codes, whether the photograph's colour lies inside sRGB, and its weight in the loss.

32 bytes, so that a random sample is one access to memory; ``Sample`` in gamutmeta/native/network.h is the same."""


@dataclass(frozen=True)
class Problem:
    """All samples of a fit, in random order.

    Attributes:
        records: of :data:`SAMPLE`, (N,).
    """

    records: NDArray[np.void]

    @classmethod
    def build(cls, descriptor: Descriptor, samples: Samples, size: tuple[int, int]) -> Self:
        """The samples of a picture of that size, (height, width)."""
        assert descriptor.grid is not None  # noqa: S101 - other models are fitted by torch
        records = np.empty(len(samples), SAMPLE)
        row, row_fraction = grid_position(size[0], descriptor.grid.height)
        column, column_fraction = grid_position(size[1], descriptor.grid.width)
        records["corner"] = (row * descriptor.grid.width)[samples.row] + column[samples.column]
        records["fraction"][:, 0] = column_fraction[samples.column]
        records["fraction"][:, 1] = row_fraction[samples.row]
        base = apply_matrix(expansion_matrix(descriptor.adaptation), linear_samples(descriptor, samples.codes))
        records["target"] = samples.wide - base
        records["code"] = samples.codes
        records["in_gamut"] = ~samples.og
        records["weight"] = samples.weight
        return cls(records)

    def __len__(self) -> int:
        return len(self.records)

    def first(self, count: int) -> Self:
        """The first `count` samples alone."""
        return type(self)(self.records[:count])

    @property
    def everything(self) -> Self:
        """The samples themselves, under the name that those of torch have."""
        return self

    @cached_property
    def target(self) -> NDArray[np.float32]:
        """What the model has to add, linear ProPhoto, (N, 3)."""
        return np.ascontiguousarray(self.records["target"])

    @cached_property
    def in_gamut(self) -> NDArray[np.bool_]:
        """Whether the photograph's colour lies inside sRGB, (N,)."""
        return np.ascontiguousarray(self.records["in_gamut"])

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """Of each sample in the loss, (N,)."""
        return np.ascontiguousarray(self.records["weight"])
