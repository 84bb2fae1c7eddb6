"""The device of an expansion, by name. Imports torch and Triton only if a GPU is requested."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gamutmeta.errors import DeviceError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

    Expander = Callable[[Descriptor, Mapping[str, Floats], NDArray[np.uint8]], NDArray[np.uint16] | None]
    """Expands a picture, or gives None for a model that it does not know."""

__all__ = ["DEVICES", "PURPOSE", "check_device", "gpu_expander", "no_cuda"]

DEVICES = ("auto", "cpu", "cuda")
"""What may be asked for, to expand or to fit; "auto" is CUDA where it is there."""

PURPOSE = "expanding on a GPU"
"""For the message about a missing library."""


def check_device(name: str) -> None:
    """Refuse what is no name of a device.

    Raises:
        DeviceError: if it is not one of :data:`DEVICES`.
    """
    if name not in DEVICES:
        raise DeviceError(f"unknown device {name!r}; use {', '.join(DEVICES)}")


def no_cuda() -> DeviceError:
    """The error where CUDA is asked for and torch finds none."""
    return DeviceError("device 'cuda' was asked for, but torch finds no CUDA device; auto or cpu does without")


def gpu_expander(device: str) -> Expander | None:
    """What expands on a device, or None where the CPU is to do it.

    Args:
        device: "cpu", "cuda", or "auto" for CUDA where torch, Triton and a CUDA device are there.

    Raises:
        DeviceError: for an unknown name, or if CUDA is asked for and there is none.
        MissingExtraError: if CUDA is asked for and a library is missing.
    """
    check_device(device)
    if device == "cpu":
        return None
    try:
        import torch  # noqa: PLC0415 - more than a second; those who expand on the CPU never need it

        if torch.cuda.is_available():
            from gamutmeta.gpu.expand import expand_via_device  # noqa: PLC0415 - imports Triton

            return partial(expand_via_device, torch.device("cuda"))
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "triton"}:
            raise
        if device == "auto":
            return None
        raise MissingExtraError(PURPOSE, error.name, "gpu") from error
    if device == "cuda":
        raise no_cuda()
    return None
