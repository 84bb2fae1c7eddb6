"""Expansion of rows of a picture by the Triton kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import triton

from gamutmeta.gpu import expand_kernel
from gamutmeta.gpu.launch import on_device
from gamutmeta.gpu.upload import DeviceTables
from gamutmeta.model.descriptor import Head

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from gamutmeta.model.tables import Tables

__all__ = ["KernelExpander", "tuning_of"]

_HEADS = {
    Head.CLIP: expand_kernel.CLIP,
    Head.WIDE_RESIDUAL: expand_kernel.WIDE_RESIDUAL,
    Head.SRGB_EXCESS: expand_kernel.SRGB_EXCESS,
}

_VALUES = 1 << 12
"""Pixels of a piece times its padded units: their values lie in the registers of one block of threads. By the
compiler's report this is the largest power of two at which no register is spilled on compute capability 9.0."""

_WIDE, _FEW_WARPS, _MORE_WARPS = 32, 4, 8
"""Units up to which a piece is worked on by so many warps, and beyond; likewise."""


class KernelExpander:
    """Expands pictures of one size on one device with one model; its tables are uploaded once.

    Args:
        tables: that :func:`gamutmeta.gpu.upload.supports` accepts.
        device: where the pictures will lie.
        precision: of products of matrices: "ieee" (float32), or "tf32x3", which takes tensor cores three times to
            come near it.
    """

    def __init__(self, tables: Tables, device: torch.device, *, precision: str = "ieee") -> None:
        self._tables = DeviceTables.of(tables, device)
        self._head = _HEADS[tables.descriptor.head]
        self._precision = precision
        self._hidden = max(len(tables.layers) - 1, 0)
        self._block, self._warps = tuning_of(self._tables.units)

    def __call__(self, codes: Tensor, out: Tensor, top: int = 0) -> Tensor:
        """Expand rows of the picture, on the current stream.

        Args:
            codes: uint8 (rows, W, 3), of any strides, on the device.
            out: uint16 of the same shape, likewise.
            top: which row of the picture is the first.
        """
        rows, width = codes.shape[:2]
        pieces = triton.cdiv(width, self._block)
        t = self._tables
        with on_device(codes.device):
            expand_kernel.expand_rows[(rows * pieces,)](
                codes, out, top, width, pieces, *codes.stride(), *out.stride(),
                t.linear, t.chroma, t.gate, t.matrix, t.code_rows, t.column_rows, t.row_rows, t.nodes, t.column,
                t.column_fraction, t.row, t.row_fraction, t.across, t.grid_weight, t.bias, t.widths, t.hidden,
                t.hidden_bias, t.last, t.last_bias,
                HEAD=self._head, HAS_CHROMA=t.has_chroma, HAS_CODES=t.has_codes, HAS_PLACES=t.has_places,
                CHANNELS=t.channels, HIDDEN=self._hidden, HAS_LAST=t.has_last, UNITS=t.units, BLOCK=self._block,
                PRECISION=self._precision, num_warps=self._warps, enable_fp_fusion=True,
            )  # fmt: skip
        return out


def tuning_of(units: int) -> tuple[int, int]:
    """Pixels of a piece, and warps that work on it, for layers of so many padded units."""
    return _VALUES // units, _FEW_WARPS if units <= _WIDE else _MORE_WARPS
