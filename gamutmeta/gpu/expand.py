"""Expansion of whole pictures on a GPU: by the Triton kernel, or else by operations of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from gamutmeta.gpu.bounded import reason_of
from gamutmeta.gpu.launch import settle
from gamutmeta.gpu.torch_expander import TorchExpander
from gamutmeta.gpu.upload import supports
from gamutmeta.model.tables import Tables
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

__all__ = ["EitherExpander", "RowExpander", "expand_strips", "tables_for"]

_STRIP_PIXELS = 1 << 24
"""Pixels of a picture in main memory that are on the device at a time: 150 MB of them."""


class RowExpander(Protocol):
    """Expands pictures of one size with one model."""

    def __call__(self, codes: Tensor, out: Tensor, top: int = 0) -> Tensor:
        """Expand rows of the picture from `top` on, uint8 (rows, W, 3), into `out`, uint16, on the current stream."""


class EitherExpander:
    """The Triton kernel; operations of torch from when it is found that it is missing or cannot be launched.

    Args:
        tables: that :func:`gamutmeta.gpu.upload.supports` accepts.
        device: where the pictures will lie.

    Attributes:
        notes: that and why operations of torch are used, for people; empty while they are not.
    """

    def __init__(self, tables: Tables, device: torch.device) -> None:
        self._whole, self._device = tables, device
        self.notes: tuple[str, ...] = ()
        self._work: RowExpander
        try:
            from gamutmeta.gpu.kernel_expander import KernelExpander  # noqa: PLC0415 - imports Triton
        except ModuleNotFoundError as error:
            if error.name != "triton":
                raise
            self._fall_back("Triton is not installed")
        else:
            self._work = KernelExpander(tables, device)

    def __call__(self, codes: Tensor, out: Tensor, top: int = 0) -> Tensor:
        """See :class:`RowExpander`."""
        try:
            return self._work(codes, out, top)
        except torch.OutOfMemoryError:
            raise
        # Whatever it is that compilers and drivers do not like; for example a missing C compiler.
        except Exception as error:
            if self.notes:
                raise
            self._fall_back(reason_of(error))
            return self._work(codes, out, top)

    def _fall_back(self, why: str) -> None:
        self.notes = (f"Triton's kernel was not used on this GPU, but operations of torch, which are slower ({why})",)
        self._work = TorchExpander(self._whole, self._device)


def tables_for(descriptor: Descriptor, weights: Mapping[str, Floats], height: int, width: int) -> Tables | None:
    """The tables of a model for a picture, or None if :func:`gamutmeta.gpu.upload.supports` does not accept them."""
    with np.errstate(over="ignore", invalid="ignore"):  # hostile weights
        tables = Tables.build(descriptor, weights, height, width)
    return tables if supports(tables) else None


def expand_strips(
    expander: RowExpander, device: torch.device, codes: NDArray[np.uint8], deadline: float
) -> NDArray[np.uint16]:
    """Expand a picture in main memory, uint8 (H, W, 3); uint16 (H, W, 3).

    It is taken to the device and back in strips of rows, so that its size is not bounded by the device's memory.

    Raises:
        TimeoutError: as for :func:`gamutmeta.gpu.launch.settle`.
    """
    height, width = codes.shape[:2]
    result = np.empty(codes.shape, np.uint16)
    for rows in row_strips(height, width, _STRIP_PIXELS):
        strip = torch.from_numpy(np.require(codes[rows], requirements=["C", "W"])).to(device)
        expanded = expander(strip, torch.empty(strip.shape, dtype=torch.uint16, device=device), rows.start)
        settle(device, deadline)
        torch.from_numpy(result[rows]).copy_(expanded)
    return result
