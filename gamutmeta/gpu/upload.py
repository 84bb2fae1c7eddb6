"""The tables of :mod:`gamutmeta.model.tables` on a device, padded to what the kernel takes at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Tables

__all__ = ["DeviceTables", "supports"]

_WIDEST = 128
"""Units of the widest layer. All of a piece's lie in registers; the presets have 48 at the most."""

_NARROWEST = 16
"""The least side of a product of matrices."""


def supports(tables: Tables) -> bool:
    """Whether a GPU can do the model: none that sees linear ProPhoto, lies askew, or is very wide."""
    return tables.wide_weight is None and tables.skew is None and _widest(tables) <= _WIDEST


def _widest(tables: Tables) -> int:
    return max([3, len(tables.bias), *(int(weight.shape[1]) for weight, _ in tables.layers)])


@dataclass(frozen=True, slots=True)
class DeviceTables:
    """float32 but for `chroma`, `widths`, `column` and `row`, which are int32; P is `units`. Absent ones are one zero.

    Attributes:
        units: the padded width of every layer, a power of two.
        channels: of the grid, 0 for none.
        across: nodes of the grid in one row.
        linear: of each code of each channel, (3, 256); of YCbCr samples, (n,).
        chroma: of YCbCr samples, (4, 256); both as in :class:`~gamutmeta.model.tables.Tables`.
        gate: of each code of each channel, (3, 256).
        matrix: linear sRGB to linear ProPhoto, (3, 3).
        code_rows: (3, 256, P); column_rows: (W, P); row_rows: (H, P), all as in
            :class:`~gamutmeta.model.tables.Tables`.
        nodes: (rows, across, channels); column, column_fraction: (W,); row, row_fraction: (H,).
        grid_weight: (channels, P).
        bias: of the first layer, (P,).
        widths: of the hidden layers, (1 + K,).
        hidden: the K matrices between hidden layers, (K, P inputs, P outputs), and `hidden_bias`, (K, P).
        last: of the last layer, (3, P), and `last_bias`, (3,).
    """

    units: int
    channels: int
    across: int
    has_chroma: bool
    has_codes: bool
    has_places: bool
    has_last: bool
    linear: Tensor
    chroma: Tensor
    gate: Tensor
    matrix: Tensor
    code_rows: Tensor
    column_rows: Tensor
    row_rows: Tensor
    nodes: Tensor
    column: Tensor
    column_fraction: Tensor
    row: Tensor
    row_fraction: Tensor
    grid_weight: Tensor
    bias: Tensor
    widths: Tensor
    hidden: Tensor
    hidden_bias: Tensor
    last: Tensor
    last_bias: Tensor

    @classmethod
    def of(cls, tables: Tables, device: torch.device) -> DeviceTables:
        """Upload what :func:`supports` accepts."""
        units = max(_NARROWEST, 1 << (_widest(tables) - 1).bit_length())

        def floats(array: Floats | None) -> Tensor:
            return _uploaded(np.zeros(1, np.float32) if array is None else array, np.float32, device)

        def padded(array: Floats | None) -> Tensor:
            """The last axis filled with zeros up to P."""
            if array is None:
                return floats(None)
            result = np.zeros((*array.shape[:-1], units), np.float32)
            result[..., : array.shape[-1]] = array
            return floats(result)

        *between, last = tables.layers or [(None, None)]
        hidden = np.zeros((len(between), units, units), np.float32)
        hidden_bias = np.zeros((len(between), units), np.float32)
        for k, (weight, bias) in enumerate(between):
            assert weight is not None and bias is not None  # noqa: S101, PT018 - only the last may be absent
            hidden[k, : weight.shape[0], : weight.shape[1]] = weight
            hidden_bias[k, : len(bias)] = bias
        grid = tables.grid
        nowhere = np.zeros(1, np.int32)
        widths = [len(tables.bias), *(weight.shape[1] for weight, _ in tables.layers[:-1])]
        return cls(
            units=units,
            channels=0 if grid is None else grid.nodes.shape[2],
            across=0 if grid is None else grid.nodes.shape[1],
            has_chroma=tables.chroma is not None,
            has_codes=tables.code_rows is not None,
            has_places=tables.column_rows is not None,
            has_last=bool(tables.layers),
            linear=floats(tables.linear),
            chroma=_uploaded(nowhere if tables.chroma is None else tables.chroma, np.int32, device),
            gate=floats(tables.gate),
            matrix=floats(tables.matrix),
            code_rows=padded(tables.code_rows),
            column_rows=padded(tables.column_rows),
            row_rows=padded(tables.row_rows),
            nodes=floats(None if grid is None else grid.nodes),
            column=_uploaded(nowhere if grid is None else grid.column, np.int32, device),
            column_fraction=floats(None if grid is None else grid.column_fraction),
            row=_uploaded(nowhere if grid is None else grid.row, np.int32, device),
            row_fraction=floats(None if grid is None else grid.row_fraction),
            grid_weight=padded(tables.grid_weight if grid is not None else None),
            bias=padded(tables.bias),
            widths=_uploaded(np.array(widths), np.int32, device),
            hidden=floats(hidden if between else None),
            hidden_bias=floats(hidden_bias if between else None),
            last=padded(None if last[0] is None else np.ascontiguousarray(last[0].T)),
            last_bias=floats(last[1]),
        )


def _uploaded(array: NDArray[np.generic], dtype: type[np.generic], device: torch.device) -> Tensor:
    # A copy, as the tables may be read-only, which torch warns of.
    return torch.from_numpy(np.array(array, dtype, order="C")).to(device)
