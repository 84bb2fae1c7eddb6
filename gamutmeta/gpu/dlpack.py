"""Arrays of other libraries that lie on a CUDA device, as torch's tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["tensor_of"]


def tensor_of(array: Any) -> Tensor:
    """An array that speaks DLPack, of whichever library, as a tensor that shares its memory."""
    tensor: Tensor = torch.utils.dlpack.from_dlpack(array)
    return tensor
