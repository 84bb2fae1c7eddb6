"""The training of one or several pictures: the state of each picture, and the loop for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import torch

from gamutmeta.fit.gpu.static_step import StaticStep
from gamutmeta.fit.importance import draw_by_error
from gamutmeta.fit.last_layer import refined_within
from gamutmeta.fit.network import Network, Problem
from gamutmeta.fit.protection import Protection
from gamutmeta.fit.rate import RateControl, tensors_within
from gamutmeta.fit.step import LOSS_SCALE, EagerStep, OneByOne
from gamutmeta.fit.threads import map_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.fit.samples import Samples
    from gamutmeta.fit.step import Step
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Training", "step_for", "train"]

_DRAWN = 1 << 18
"""How many samples each draw takes; each of them is used a few times."""

_SETTLED = 256
"""After so many steps the GPU is waited for: more would be launched than it has room for, and launching would wait."""


@dataclass(frozen=True, slots=True)
class Training:
    """The training of one picture.

    Attributes:
        network: the network that is trained.
        problem: all samples of the picture.
        protection: of its in-gamut colours.
        generator: of all random numbers, on the CPU.
        config: settings of the fit.
    """

    network: Network
    problem: Problem
    protection: Protection
    generator: torch.Generator
    config: FitConfig

    @classmethod
    def begin(
        cls,
        descriptor: Descriptor,
        samples: Samples,
        config: FitConfig,
        *,
        size: tuple[int, int],
        device: torch.device,
        seed: int,
        start: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> Self:
        """A new training for a picture of that size, (height, width); from random values if `start` is None."""
        generator = torch.Generator().manual_seed(seed)
        height, width = size
        network = Network(descriptor, width, height, grid_step=config.grid_step, generator=generator, device=device)
        if start is not None:
            network.load_tensors(start)
        problem = Problem.build(descriptor, samples, device)
        return cls(network, problem, Protection(samples), generator, config)

    @property
    def batch(self) -> int:
        """Samples per step."""
        return min(self.config.batch, len(self.problem))

    def first_samples(self) -> Problem:
        """Samples as they were drawn, for the first steps."""
        count = min(len(self.problem), max(_DRAWN, self.batch))
        return self.problem.first(count // self.batch * self.batch)

    def redrawn(self, rate: RateControl) -> Problem:
        """Samples drawn again by their current errors. Updates rate control and protection with these errors."""
        problem = self.problem
        errors = self.network.squared_errors(problem)
        rate.update_error(LOSS_SCALE * float((errors * problem.everything.weight).mean()) / 3)
        self.protection.update(problem, errors)
        count = min(len(problem), _DRAWN) // self.batch * self.batch
        return draw_by_error(problem, errors, self.protection.weights(problem), count, self.generator)

    def tensors(self) -> tuple[Tensor, ...]:
        """The stored tensors, after the training.

        Raises:
            FitError: if the container cannot be made small enough.
        """
        if self.config.closed_form:
            return refined_within(self.network, self.problem, self.protection, self.config)
        return tensors_within(self.network, self.config, self.config.max_bytes)


def step_for(trainings: Sequence[Training], config: FitConfig, *, precision: Precision = "ieee") -> Step:
    """The :class:`~gamutmeta.fit.step.Step` for trainings with the same size of batch, on their device.

    Args:
        trainings: those to train together.
        config: the same for all.
        precision: of matrix products on CUDA.
    """
    networks, generators = [t.network for t in trainings], [t.generator for t in trainings]
    batch = trainings[0].batch
    if all(StaticStep.supports(network, config) and not network.on_cpu for network in networks):
        return StaticStep(networks, config, batch, generators, precision=precision)
    pairs = zip(networks, generators, strict=True)
    return OneByOne([EagerStep(network, config, batch, own) for network, own in pairs])


def train(
    trainings: Sequence[Training], config: FitConfig, step: Step, settle: Callable[[], None] = lambda: None
) -> None:
    """Run all steps. At the times of `config.redraws`, samples are drawn again by their errors.

    `settle` waits for the GPU, for a bounded time. Whatever else waits for it would do so for ever if it hangs, and on
    other threads without which the process cannot end.
    """
    step.load([training.first_samples() for training in trainings], 0)
    rates = [RateControl(t.network, config, partial(step.rescale, which)) for which, t in enumerate(trainings)]
    redraws = {round(share * config.steps) for share in config.redraws}
    for number in range(config.steps):
        if number in redraws or number % _SETTLED == 0:
            settle()
        if number in redraws:
            step.load([training.redrawn(rate) for training, rate in zip(trainings, rates, strict=True)], number)
        step(number, [rate.weight for rate in rates])
        if rates[0].is_due(number):
            settle()
            # Estimates each payload's size, on the CPU whatever the device: a tenth of the time of a fit on the CPU.
            map_in_order(lambda rate: rate.adjust(number), rates, most=None)  # noqa: B023 - done before the next step
    settle()
