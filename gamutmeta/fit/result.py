"""What a fit gives."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.container import Tensor
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["FitResult", "numbered"]


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model.

    Attributes:
        descriptor, tensors: as in :class:`~gamutmeta.container.Payload`.
        steps: optimiser steps taken.
        samples: number of pixels that the fit used.
        device: "cpu" or "cuda".
        seconds: of sampling, training and quantisation. Pictures that are fitted together each get an equal share.
        notes: what was tried on the GPU, and why the CPU was used in its place, for people; empty without a GPU.
        doubt: why the model is not to be used; always None in what :func:`gamutmeta.fit.engine.fit` gives.
    """

    descriptor: Descriptor
    tensors: tuple[Tensor, ...]
    steps: int
    samples: int
    device: str
    seconds: float
    notes: tuple[str, ...] = ()
    doubt: str | None = None


@contextmanager
def numbered(number: int) -> Iterator[None]:
    """Add the number of the picture to the message of a FitError."""
    try:
        yield
    except FitError as error:
        raise FitError(f"picture {number}: {error}") from error
