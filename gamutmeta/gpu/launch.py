"""Where Triton's kernels are launched, and how their end is waited for."""

from __future__ import annotations

import time

import torch

__all__ = ["on_device", "settle"]

_PAUSE = 0.0001
"""Seconds between two looks at the GPU."""


def on_device(device: torch.device) -> torch.cuda.device:
    """Triton launches on the current device; of the CPU, where the interpreter runs, there is none."""
    return torch.cuda.device(device if device.type == "cuda" else -1)


def settle(device: torch.device, deadline: float) -> None:
    """Wait until the GPU has done all that was launched on the current stream; nothing to wait for on the CPU.

    Args:
        device: whose current stream is meant.
        deadline: by ``time.monotonic``.

    Raises:
        TimeoutError: if it has not by then.
        RuntimeError: if it failed.
    """
    if device.type != "cuda":
        return
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record(torch.cuda.current_stream(device))
    while not event.query():  # type: ignore[no-untyped-call]
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_PAUSE)
