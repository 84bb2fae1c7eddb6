"""Expansion on a GPU that was checked on some pixels, or none: then the CPU is to do it, and notes say why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.errors import DeviceError
from gamutmeta.gpu.agreement import candidates, chosen, disagreement
from gamutmeta.gpu.bounded import CardError, on_card, seconds_for
from gamutmeta.gpu.expand import EitherExpander, expand_strips, tables_for
from gamutmeta.gpu.launch import settle
from gamutmeta.model.expand import expand as expand_on_host
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats
    from gamutmeta.model.tables import Tables

__all__ = ["expand_checked", "expand_tensor"]

_UNKNOWN = "the GPU's kernel does not know this model: it was expanded on the CPU"
_WRONG = "the GPU's result was not used, and the picture expanded on the CPU"


def expand_checked(
    device: torch.device,
    said: tuple[str, ...],
    descriptor: Descriptor,
    weights: Mapping[str, Floats],
    codes: NDArray[np.uint8],
) -> tuple[NDArray[np.uint16] | None, tuple[str, ...]]:
    """Expand a picture in main memory.

    Args:
        device: the GPU.
        said: notes to begin with.
        descriptor: the model.
        weights: its tensors, by name.
        codes: uint8 (H, W, 3).

    Returns:
        ROMM RGB, uint16 (H, W, 3), or None if the CPU is to do it; and notes, for people.
    """
    height, width = codes.shape[:2]
    tables = tables_for(descriptor, weights, height, width)
    if tables is None:
        return None, (*said, _UNKNOWN)

    def work(deadline: float) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
        expander = EitherExpander(tables, device)
        return expand_strips(expander, device, codes, deadline), expander.notes

    try:
        found, notes = on_card(work, seconds_for(height * width))
    except CardError as error:
        return None, (*said, f"the GPU failed, and the picture was expanded on the CPU: {error}")
    at = candidates(height, width)
    at = at[chosen(descriptor, codes[np.divmod(at, width)])]
    place = np.divmod(at, width)
    why = disagreement(descriptor, weights, (width, height), at=at, codes=codes[place], found=found[place])
    return (found, (*said, *notes)) if why is None else (None, (*said, *notes, f"{_WRONG}: {why}"))


def expand_tensor(descriptor: Descriptor, weights: Mapping[str, Floats], codes: Tensor) -> Tensor:
    """Expand an 8-bit picture to 16-bit ROMM RGB, where it lies.

    Within the tolerance of the specification of :func:`gamutmeta.model.reference.expand_reference`: at most one code on
    99.9 % of the samples, two anywhere. What is not expanded on the GPU as :func:`expand_checked` does it, is expanded
    on the CPU, and the picture copied there and back; but for models that the kernel does not know, a
    :class:`~gamutmeta.errors.GamutMetaWarning` says so.

    Args:
        descriptor: the architecture.
        weights: as for :func:`gamutmeta.model.expand.expand`.
        codes: uint8 (H, W, 3), of any strides, complete on the current stream.

    Returns:
        ROMM RGB, uint16 (H, W, 3), on the device of `codes`; complete.

    Raises:
        DeviceError: if the GPU does not even give back the codes.
    """
    height, width = codes.shape[:2]
    tables = tables_for(descriptor, weights, height, width)
    if tables is None:
        return _by_host(descriptor, weights, codes)
    stream = torch.cuda.current_stream(codes.device) if codes.is_cuda else None

    def work(deadline: float) -> tuple[Tensor, tuple[str, ...], str | None]:
        # Streams are those of a thread.
        with torch.cuda.stream(stream):
            return _tried(descriptor, weights, tables, codes, deadline)

    try:
        found, notes, why = on_card(work, seconds_for(height * width))
    except CardError as error:
        warn(f"the GPU failed, and the picture is expanded on the CPU: {error}", stacklevel=2)
        return _by_host(descriptor, weights, codes)
    for note in notes:
        warn(note, stacklevel=2)
    if why is not None:
        warn(f"{_WRONG}: {why}", stacklevel=2)
        return _by_host(descriptor, weights, codes)
    return found


def _tried(
    descriptor: Descriptor, weights: Mapping[str, Floats], tables: Tables, codes: Tensor, deadline: float
) -> tuple[Tensor, tuple[str, ...], str | None]:
    """What the GPU makes of a picture on it, notes, and what is wrong with it."""
    height, width = codes.shape[:2]
    expander = EitherExpander(tables, codes.device)
    found = expander(codes, torch.empty(codes.shape, dtype=torch.uint16, device=codes.device))
    settle(codes.device, deadline)
    at = candidates(height, width)
    some = codes[_places(at, width, codes.device)].cpu().numpy()
    which = chosen(descriptor, some)
    at, some = at[which], some[which]
    # Few operations know unsigned 16-bit numbers.
    pixels = found.view(torch.int16)[_places(at, width, codes.device)].cpu().numpy().view(np.uint16)
    why = disagreement(descriptor, weights, (width, height), at=at, codes=some, found=pixels)
    return found, expander.notes, why


def _places(at: NDArray[np.intp], width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    row, column = np.divmod(at, width)
    return torch.from_numpy(row).to(device), torch.from_numpy(column).to(device)


def _by_host(descriptor: Descriptor, weights: Mapping[str, Floats], codes: Tensor) -> Tensor:
    def fetched(deadline: float) -> NDArray[np.uint8]:
        settle(codes.device, deadline)
        pixels: NDArray[np.uint8] = codes.cpu().numpy()
        return pixels

    try:
        pixels = on_card(fetched, seconds_for(codes.shape[0] * codes.shape[1]))
        expanded = torch.from_numpy(expand_on_host(descriptor, weights, pixels))
        return on_card(partial(_moved, expanded, codes.device), seconds_for(0))
    except CardError as error:
        raise DeviceError(f"the pixels cannot be had from the GPU: {error}") from error


def _moved(expanded: Tensor, device: torch.device, _: float) -> Tensor:
    return expanded.to(device)
