"""Fits several photographs together: on CUDA, one launch of each operation computes the step of all of them.

The step of one photograph is far too small for a GPU, which would mostly wait for launches.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.errors import FitError
from gamutmeta.fit.engine import FitResult, choose_device, fit, prepare_training
from gamutmeta.fit.threads import map_in_order, single_threaded
from gamutmeta.fit.training import step_for, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.fit.training import Training

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
    device: str = "auto",
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
        device: "auto", "cpu" or "cuda".
        seed: the same for every picture.
        precision: as for :func:`gamutmeta.fit.engine.fit`.

    Returns:
        The models, in the order of the pictures. They are the same as if fitted alone, apart from the rounding of sums.

    Raises:
        FitError: if a picture has no pixel to learn from, or its model does not fit into ``config.max_bytes``. The
            message has the number of the picture, counted from 0.
        DeviceError: as for :func:`gamutmeta.fit.engine.choose_device`.
    """
    where = choose_device(device)
    if where.type == "cpu":
        return [_alone(number, picture, config, seed) for number, picture in enumerate(pictures)]
    results: list[FitResult] = []
    for start in range(0, len(pictures), _TOGETHER):
        some = dict(enumerate(pictures[start : start + _TOGETHER], start))
        results += _together(some, config, where, seed, precision)
    return results


def _alone(number: int, picture: FitInput, config: FitConfig, seed: int) -> FitResult:
    with _named(number):
        return fit(picture.codes, picture.wide, config, gate=picture.gate, device="cpu", seed=seed)


def _together(
    pictures: Mapping[int, FitInput], config: FitConfig, device: torch.device, seed: int, precision: Precision
) -> list[FitResult]:
    """The models of the pictures, which are given by their numbers."""
    start = time.perf_counter()
    results: dict[int, FitResult] = {}
    with single_threaded():
        trainings: dict[int, Training] = {}
        for number, (codes, wide, gate) in pictures.items():
            with _named(number):
                trainings[number] = prepare_training(codes, wide, config, gate=gate, device=device, seed=seed)
        batches = sorted({training.batch for training in trainings.values()})
        for batch in batches:
            alike = {number: training for number, training in trainings.items() if training.batch == batch}
            group = list(alike.values())
            train(group, config, step_for(group, config, precision=precision))
            # Rounding, the last layer and coding are done on the CPU, whatever the device.
            results |= zip(alike, map_in_order(_finished, alike.items(), most=None), strict=True)
    share = (time.perf_counter() - start) / len(pictures)
    return [replace(results[number], seconds=share) for number in pictures]


def _finished(item: tuple[int, Training]) -> FitResult:
    number, training = item
    with _named(number):
        return FitResult.of(training, 0.0)


@contextmanager
def _named(number: int) -> Iterator[None]:
    """Add the number of the picture to the message of a FitError."""
    try:
        yield
    except FitError as error:
        raise FitError(f"picture {number}: {error}") from error
