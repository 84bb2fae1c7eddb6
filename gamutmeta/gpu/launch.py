"""Where Triton's kernels are launched."""

from __future__ import annotations

import torch

__all__ = ["on_device"]


def on_device(device: torch.device) -> torch.cuda.device:
    """Triton launches on the current device; of the CPU, where the interpreter runs, there is none."""
    return torch.cuda.device(device if device.type == "cuda" else -1)
