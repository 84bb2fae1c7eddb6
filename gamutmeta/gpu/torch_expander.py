"""Expansion of rows of a picture by operations of torch: the plain twin of the Triton kernel, and what replaces it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gamutmeta.color.sycc import FRACTIONS
from gamutmeta.gpu.upload import DeviceTables
from gamutmeta.model.descriptor import Head

if TYPE_CHECKING:
    from torch import Tensor

    from gamutmeta.model.tables import Tables

__all__ = ["TorchExpander"]

_PIXELS = 1 << 19
"""Pixels at a time: with 128 units a quarter of a gigabyte for each of a few values."""


class TorchExpander:
    """As :class:`gamutmeta.gpu.kernel_expander.KernelExpander`, on every device of torch, and slower.

    Args:
        tables: that :func:`gamutmeta.gpu.upload.supports` accepts.
        device: where the pictures will lie.
    """

    def __init__(self, tables: Tables, device: torch.device) -> None:
        self._tables, self._head = DeviceTables.of(tables, device), tables.descriptor.head
        self._widths = [len(tables.bias), *(weight.shape[1] for weight, _ in tables.layers)]

    @torch.no_grad()
    def __call__(self, codes: Tensor, out: Tensor, top: int = 0) -> Tensor:
        """Expand rows of the picture; see :class:`~gamutmeta.gpu.kernel_expander.KernelExpander`."""
        rows, width = codes.shape[:2]
        some, signed = max(1, _PIXELS // width), out.view(torch.int16)
        for start in range(0, rows, some):
            part = codes[start : start + some].int()
            # Few operations know unsigned 16-bit numbers; these have the same bits.
            signed[start : start + some] = self._expanded(part, top + start).to(torch.int16)
        return out

    def _expanded(self, codes: Tensor, top: int) -> Tensor:
        t = self._tables
        linear = self._linear(codes)
        outputs = None
        if self._head is not Head.CLIP:
            gate = torch.stack([t.gate[channel][codes[..., channel]] for channel in range(3)], -1)
            acts = (gate > 0).any(-1, keepdim=True)
            outputs = self._outputs(codes, top)
            if self._head is Head.SRGB_EXCESS:
                # Where the gate is shut for all three channels, not even an output that is not finite counts.
                linear = torch.where(acts, linear + gate * outputs, linear)
        red, green, blue = linear.unbind(-1)
        wide = torch.stack([(red * row[0] + green * row[1]) + blue * row[2] for row in t.matrix], -1)
        if outputs is not None and self._head is Head.WIDE_RESIDUAL:
            wide = wide + outputs
        return _romm_codes(wide)

    def _linear(self, codes: Tensor) -> Tensor:
        """Linear sRGB of codes, float32 (rows, W, 3)."""
        t = self._tables
        if not t.has_chroma:
            return torch.stack([t.linear[channel][codes[..., channel]] for channel in range(3)], -1)
        luma, blue, red = codes.unbind(-1)
        luma, (to_red, blue_to_green, red_to_green, to_blue) = luma * FRACTIONS, t.chroma
        numbers = [luma + to_red[red], luma + blue_to_green[blue] + red_to_green[red], luma + to_blue[blue]]
        return t.linear.flatten()[torch.stack(numbers, -1)]

    def _outputs(self, codes: Tensor, top: int) -> Tensor:
        """What the model gives for each pixel, float32 (rows, W, 3)."""
        t, rows = self._tables, slice(top, top + len(codes))
        values = t.bias.expand(*codes.shape[:2], t.units)
        if t.has_codes:
            for channel in range(3):
                values = values + t.code_rows[channel][codes[..., channel]]
        if t.has_places:
            values = values + t.row_rows[rows, None] + t.column_rows[None]
        if t.channels:
            values = values + self._grid(rows) @ t.grid_weight
        for k in range(len(self._widths) - 2):
            values = self._rectified(values, k) @ t.hidden[k] + t.hidden_bias[k]
        if t.has_last:
            return self._rectified(values, len(self._widths) - 2) @ t.last.T + t.last_bias
        return values[..., :3]

    def _grid(self, rows: slice) -> Tensor:
        """The grid's features of rows of pixels, (rows, W, channels)."""
        t = self._tables
        fx, fy = t.column_fraction[None, :, None], t.row_fraction[rows, None, None]
        x, y = t.column[None].long(), t.row[rows, None].long()
        above = t.nodes[y, x] + fx * (t.nodes[y, x + 1] - t.nodes[y, x])
        below = t.nodes[y + 1, x] + fx * (t.nodes[y + 1, x + 1] - t.nodes[y + 1, x])
        return above + fy * (below - above)

    def _rectified(self, values: Tensor, layer: int) -> Tensor:
        """ReLU by which a not-a-number stays one; the padding is zero, whatever overflowed into it."""
        values = torch.where(values < 0, 0.0, values)
        values[..., self._widths[layer] :] = 0
        return values


def _romm_codes(linear: Tensor) -> Tensor:
    """16-bit ROMM codes of linear values, int32; they are clipped, and a not-a-number becomes black."""
    value = torch.where(linear > 0, linear, 0.0).clamp_(max=1)
    encoded = torch.minimum(value.clamp(min=1 / 4096) ** (1 / 1.8), value * 16)
    return (encoded * 65535 + 0.5).floor_().int()
