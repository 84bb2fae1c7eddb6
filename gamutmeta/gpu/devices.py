"""The device of a fit or an expansion, by name. Imports torch only where a GPU may be meant."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gamutmeta.errors import DeviceError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

    Expander = Callable[
        [Descriptor, Mapping[str, Floats], NDArray[np.uint8]], tuple[NDArray[np.uint16] | None, tuple[str, ...]]
    ]
    """Expands a picture, or gives None where the CPU is to do it; and notes, for people."""

__all__ = ["DEVICES", "MEASURED_CARDS", "check_device", "gpu_expander", "gpu_module", "tried_note", "uses_cuda"]

DEVICES = ("auto", "cpu", "cuda")
"""What may be asked for, to expand or to fit; "auto" is the CPU, but CUDA on one of :data:`MEASURED_CARDS`."""

MEASURED_CARDS: tuple[str, ...] = ()
"""The cards, by the names that torch gives them, on which the GPU's tests and benchmarks have run; docs/gpu.md lists
the same."""

_PURPOSE = "computing on a GPU"
"""For the message about a missing library."""

_NO_CUDA = (
    "device 'cuda' was asked for, but torch finds no CUDA device (it may be a build for CPUs only); auto or cpu does"
    " without"
)


def check_device(name: str) -> None:
    """Refuse what is no name of a device.

    Raises:
        DeviceError: if it is not one of :data:`DEVICES`.
    """
    if name not in DEVICES:
        raise DeviceError(f"unknown device {name!r}; use {', '.join(DEVICES)}")


def uses_cuda(device: str) -> bool:
    """Whether CUDA is to compute what is asked for on a device; the same for fits and expansions.

    Args:
        device: "cpu", "cuda", or "auto" for CUDA where the card is one of :data:`MEASURED_CARDS`.

    Raises:
        DeviceError: for an unknown name, or if CUDA is asked for and there is none.
        MissingExtraError: if CUDA is asked for and torch is missing.
    """
    check_device(device)
    if device == "cpu" or (device == "auto" and not MEASURED_CARDS):
        return False
    try:
        import torch  # noqa: PLC0415 - more than a second; those who stay on the CPU never need it
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        if device == "auto":
            return False
        raise MissingExtraError(_PURPOSE, "torch", "gpu") from error
    if torch.cuda.is_available():
        return device == "cuda" or torch.cuda.get_device_name() in MEASURED_CARDS
    if device == "cuda":
        raise DeviceError(_NO_CUDA)
    return False


def tried_note() -> str:
    """What was tried on the current CUDA device and what was not, for people, in one line."""
    import torch  # noqa: PLC0415 - as above

    # No more than what every terminal and every record can show.
    name = "".join(letter for letter in torch.cuda.get_device_name() if letter.isprintable())
    if name in MEASURED_CARDS:
        return f"device cuda: gamutmeta was tested and measured on this card ({name})"
    return (
        f"device cuda: gamutmeta was never tested or measured on this card ({name}); its GPU kernels were compiled and"
        " ran in an interpreter on the CPU; each result is compared with the CPU's on some pixels"
    )


def gpu_module(name: str) -> Any:
    """A module of this folder that needs torch.

    Raises:
        MissingExtraError: if torch is not installed.
    """
    try:
        return import_module(f"gamutmeta.gpu.{name}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError(_PURPOSE, "torch", "gpu") from error


def gpu_expander(device: str) -> Expander | None:
    """What expands on a device, or None where the CPU is to do it.

    Args:
        device: as for :func:`uses_cuda`.

    Raises:
        DeviceError, MissingExtraError: as for :func:`uses_cuda`.
    """
    if not uses_cuda(device):
        return None
    import torch  # noqa: PLC0415 - as above

    return partial(gpu_module("checked").expand_checked, torch.device("cuda"), (tried_note(),))
