"""Fits several photographs together by torch: one launch of each operation computes the step of all of them."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gamutmeta.fit.result import FitResult, numbered
from gamutmeta.fit.threads import map_in_order, single_threaded
from gamutmeta.fit.torch_engine import prepare_training, result_of
from gamutmeta.fit.training import step_for, train
from gamutmeta.gpu.launch import settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.fit.many import FitInput
    from gamutmeta.fit.training import Training

__all__ = ["fit_together"]


def fit_together(
    pictures: Mapping[int, FitInput],
    config: FitConfig,
    device: torch.device,
    seed: int,
    precision: Precision,
    *,
    deadline: float = math.inf,
) -> list[FitResult]:
    """The models of the pictures, which are given by their numbers, each with its `doubt`.

    Raises:
        FitError: as for :func:`gamutmeta.fit.many.fit_many`.
        TimeoutError: if it is not done by `deadline`, in ``time.monotonic``.
    """
    start = time.perf_counter()
    results: dict[int, FitResult] = {}
    with single_threaded():
        trainings: dict[int, Training] = {}
        for number, (codes, wide, gate) in pictures.items():
            with numbered(number):
                trainings[number] = prepare_training(codes, wide, config, gate=gate, device=device, seed=seed)
        batches = sorted({training.batch for training in trainings.values()})
        for batch in batches:
            alike = {number: training for number, training in trainings.items() if training.batch == batch}
            group = list(alike.values())
            train(group, config, step_for(group, config, precision=precision), partial(settle, device, deadline))
            # Rounding, the last layer and coding are done on the CPU, whatever the device.
            results |= zip(alike, map_in_order(_finished, alike.items(), most=None), strict=True)
    share = (time.perf_counter() - start) / len(pictures)
    return [replace(results[number], seconds=share) for number in pictures]


def _finished(item: tuple[int, Training]) -> FitResult:
    number, training = item
    with numbered(number):
        return result_of(training, checked=True)
