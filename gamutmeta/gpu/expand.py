"""Expansion of pictures in the memory of a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import triton

from gamutmeta.gpu import expand_kernel
from gamutmeta.gpu.launch import on_device
from gamutmeta.gpu.upload import DeviceTables, supports
from gamutmeta.model.descriptor import Head
from gamutmeta.model.expand import expand as expand_on_host
from gamutmeta.model.tables import Tables
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["DeviceExpander", "expand", "expand_via_device", "tuning_of"]

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

_STRIP_PIXELS = 1 << 24
"""Pixels of a picture in main memory that are on the device at a time: 150 MB of them."""


class DeviceExpander:
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
                t.linear, t.gate, t.matrix, t.code_rows, t.column_rows, t.row_rows, t.nodes, t.column,
                t.column_fraction, t.row, t.row_fraction, t.across, t.grid_weight, t.bias, t.widths, t.hidden,
                t.hidden_bias, t.last, t.last_bias,
                HEAD=self._head, HAS_CODES=t.has_codes, HAS_PLACES=t.has_places, CHANNELS=t.channels,
                HIDDEN=self._hidden, HAS_LAST=t.has_last, UNITS=t.units, BLOCK=self._block, PRECISION=self._precision,
                num_warps=self._warps, enable_fp_fusion=True,
            )  # fmt: skip
        return out


def tuning_of(units: int) -> tuple[int, int]:
    """Pixels of a piece, and warps that work on it, for layers of so many padded units."""
    return _VALUES // units, _FEW_WARPS if units <= _WIDE else _MORE_WARPS


def expand(
    descriptor: Descriptor, weights: Mapping[str, Floats], codes: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """Expand an 8-bit sRGB picture to 16-bit ROMM RGB, where it lies.

    Within the tolerance of the specification of :func:`gamutmeta.model.reference.expand_reference`: at most one code on
    99.9 % of the samples, two anywhere. A model that the kernel does not know (see
    :func:`gamutmeta.gpu.upload.supports`) is expanded on the host, and the picture copied there and back.

    Args:
        descriptor: the architecture.
        weights: as for :func:`gamutmeta.model.expand.expand`.
        codes: sRGB codes of the coded raster, uint8 (H, W, 3), of any strides.
        out: where to write, uint16 (H, W, 3) on the same device; None for a new tensor.

    Returns:
        ROMM RGB, uint16 (H, W, 3), on the device of `codes`; complete once the current stream has come so far.
    """
    result = torch.empty(codes.shape, dtype=torch.uint16, device=codes.device) if out is None else out
    tables = _tables(descriptor, weights, *codes.shape[:2])
    if supports(tables):
        return DeviceExpander(tables, codes.device)(codes, result)
    on_host = expand_on_host(descriptor, weights, codes.cpu().numpy())
    return result.copy_(torch.from_numpy(on_host))


def expand_via_device(
    device: torch.device, descriptor: Descriptor, weights: Mapping[str, Floats], codes: NDArray[np.uint8]
) -> NDArray[np.uint16] | None:
    """:func:`expand` of a picture in main memory, uint8 (H, W, 3); uint16 (H, W, 3).

    It is taken to the device and back in strips of rows, so that its size is not bounded by the device's memory. None
    for a model that the kernel does not know.
    """
    height, width = codes.shape[:2]
    tables = _tables(descriptor, weights, height, width)
    if not supports(tables):
        return None
    expander = DeviceExpander(tables, device)
    result = np.empty(codes.shape, np.uint16)
    for rows in row_strips(height, width, _STRIP_PIXELS):
        strip = torch.from_numpy(np.require(codes[rows], requirements=["C", "W"])).to(device)
        expanded = expander(strip, torch.empty(strip.shape, dtype=torch.uint16, device=device), rows.start)
        torch.from_numpy(result[rows]).copy_(expanded)
    return result


def _tables(descriptor: Descriptor, weights: Mapping[str, Floats], height: int, width: int) -> Tables:
    with np.errstate(over="ignore", invalid="ignore"):  # hostile weights
        return Tables.build(descriptor, weights, height, width)
