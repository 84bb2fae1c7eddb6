"""Arrays of other libraries that lie on a CUDA device, as torch's tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["has_cuda", "tensor_of"]


def has_cuda() -> bool:
    """Whether torch finds a CUDA device."""
    return torch.cuda.is_available()


def tensor_of(array: Any) -> Tensor:
    """An array that speaks DLPack, of whichever library, as a tensor that shares its memory."""
    tensor: Tensor = torch.utils.dlpack.from_dlpack(array)
    return tensor
