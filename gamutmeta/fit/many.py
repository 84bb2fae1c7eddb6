"""Fits several photographs together: on CUDA, one launch of each operation computes the step of all of them.

The step of one photograph is far too small for a GPU, which would mostly wait for launches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import GamutMetaError
from gamutmeta.fit.engine import ON_CPU, FitResult, fit, torch_module
from gamutmeta.fit.result import numbered
from gamutmeta.gpu.bounded import CardError, on_card, seconds_for
from gamutmeta.gpu.devices import tried_note, uses_cuda

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from gamutmeta.choices import Device
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision

__all__ = ["FitInput", "fit_many"]

_TOGETHER = 16
"""The most pictures whose samples are on the device at a time: 50 to 70 MB each, by the sizes of the tensors."""


class FitInput(NamedTuple):
    """The arguments of :func:`gamutmeta.fit.engine.fit` for one picture.

    Attributes:
        codes: the sRGB picture as a reader will decode it, uint8 (H, W, 3).
        wide: the photograph, ROMM RGB, uint16 (H, W, 3).
        gate: see :class:`~gamutmeta.model.descriptor.Descriptor`.
    """

    codes: NDArray[np.uint8]
    wide: NDArray[np.uint16]
    gate: int | None = 0


def fit_many(
    pictures: Sequence[FitInput],
    config: FitConfig,
    *,
    device: Device = "auto",
    seed: int = 0,
    precision: Precision = "ieee",
) -> list[FitResult]:
    """Fit a model to each picture, as :func:`gamutmeta.fit.engine.fit` does with the same seed.

    Pictures may differ in size. Pictures with fewer samples than the preset's batch are fitted together only with
    pictures of the same number of samples, so mostly alone. On the CPU, where this saves no time, each picture is
    fitted by itself.

    Args:
        pictures: any number.
        config: what to fit to each, and how long.
        device: as for :func:`gamutmeta.fit.engine.fit`.
        seed: the same for every picture.
        precision: as for :func:`gamutmeta.fit.engine.fit`.

    Returns:
        The models, in the order of the pictures. They are the same as if fitted alone, apart from the rounding of sums.

    Raises:
        FitError: if a picture has no pixel to learn from, or its model does not fit into ``config.max_bytes``. The
            message has the number of the picture, counted from 0.
        DeviceError: as for :func:`gamutmeta.fit.engine.fit`.
        MissingExtraError: if torch is needed and not installed.
    """
    if not uses_cuda(device):
        return [_alone(number, picture, config, seed) for number, picture in enumerate(pictures)]
    where = torch_module("torch_engine").CUDA
    results: list[FitResult] = []
    for start in range(0, len(pictures), _TOGETHER):
        some = dict(enumerate(pictures[start : start + _TOGETHER], start))
        results += _on_cuda(some, config, where, seed, precision)
    return results


def _on_cuda(
    some: Mapping[int, FitInput], config: FitConfig, where: torch.device, seed: int, precision: Precision
) -> Iterator[FitResult]:
    """The models of some pictures, by the CPU where the GPU gives none or a wrong one."""
    together = torch_module("together").fit_together
    pixels = sum(picture.codes.shape[0] * picture.codes.shape[1] for picture in some.values())
    said, why = tried_note(), ""
    results: Sequence[FitResult | None] = [None] * len(some)
    try:
        results = on_card(
            lambda deadline: together(some, config, where, seed, precision, deadline=deadline),
            seconds_for(pixels, config.steps * len(some)),
        )
    except (CardError, GamutMetaError) as error:
        why = str(error)
    for (number, picture), result in zip(some.items(), results, strict=True):
        if result is not None and result.doubt is None:
            yield replace(result, notes=(said,))
            continue
        reason = why if result is None else result.doubt
        yield replace(_alone(number, picture, config, seed), notes=(said, f"{ON_CPU}: {reason}"))


def _alone(number: int, picture: FitInput, config: FitConfig, seed: int) -> FitResult:
    with numbered(number):
        return fit(picture.codes, picture.wide, config, gate=picture.gate, device="cpu", seed=seed)
