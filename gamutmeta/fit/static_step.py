"""One step of the training as a fixed sequence of operations on fixed memory: recorded once on CUDA, then played.

A step is a few dozen small operations; called one by one from Python they take far longer than the GPU does. Where
recording fails, and on the CPU, where only the tests run this, the same operations are called one by one.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

from gamutmeta.errors import GamutMetaWarning
from gamutmeta.fit.gradient import HandGradient
from gamutmeta.fit.noise import Noise
from gamutmeta.fit.static_gradient import StaticGradient
from gamutmeta.fit.step import LOSS_SCALE, learning_rate_factor, optimisers_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.network import Network, Problem

__all__ = ["StaticStep"]

_UNRECORDED = 3
"""Steps that are called one by one first: libraries set themselves up at their first use, which cannot be recorded."""


class StaticStep:
    """A :class:`~gamutmeta.fit.step.Step` that can be recorded.

    The turn of SOAP's bases, every tenth step, is in the middle of it and stays outside, as its decomposition may not
    be recordable; the halves before and after it are recorded by themselves, too.

    Args:
        network: one that this class :meth:`knows`.
        config: how to train it.
        batch: samples per step.
        generator: of the noise.
        records: whether to record, where there is CUDA.
    """

    @staticmethod
    def knows(network: Network, config: FitConfig) -> bool:
        """Whether this class can be used."""
        return config.model == "grid" and HandGradient.knows(network.descriptor)

    def __init__(
        self, network: Network, config: FitConfig, batch: int, generator: torch.Generator, *, records: bool = True
    ) -> None:
        self._network = network
        adam, *soaps = optimisers_for(network, config)
        self._adam, (self._soap,) = adam, soaps
        noise, steps = Noise(network.grid, config.steps, generator), config.steps
        self._gradient = StaticGradient(network, batch, LOSS_SCALE, noise.pool)
        device = noise.pool.device
        # What every step needs, on the device beforehand.
        factors = [learning_rate_factor(step, steps) for step in range(steps)]
        soap_rates = [self._soap.rate_at(step, factor) for step, factor in enumerate(factors)]
        self._factors, self._soap_rates = torch.tensor([factors, soap_rates], device=device)
        self._noise_starts = torch.tensor(noise.starts, device=device)
        self._now = torch.zeros(1, dtype=torch.int64, device=device)
        self._first = torch.zeros_like(self._now)
        self._grid_rate, self._adam_rate = network.values.new_empty(1), network.values.new_empty(1)
        self._soap_rate = network.values.new_empty(1)
        self._recorded: dict[str, torch.cuda.CUDAGraph] = {}
        self._records = records and device.type == "cuda"
        self._taken = 0
        self._tell_scale()

    def load(self, problem: Problem, first: int) -> None:
        """See :class:`~gamutmeta.fit.step.Step`."""
        if not self._gradient.load(problem):
            self._recorded.clear()
        self._first.fill_(first)

    def rescale(self, factor: float) -> None:
        """See :class:`~gamutmeta.fit.step.Step`."""
        self._adam.rescale(factor)
        self._network.grid_step *= factor
        self._tell_scale()

    def _tell_scale(self) -> None:
        self._gradient.grid_step.fill_(self._network.grid_step)
        self._grid_rate.fill_(self._adam.rate)

    def __call__(self, step: int, rate_weight: float) -> None:
        """See :class:`~gamutmeta.fit.step.Step`; steps are taken in their order, from 0 on."""
        self._gradient.rate_weight.fill_(rate_weight)
        if self._records and self._taken >= _UNRECORDED and not self._recorded:
            self._record()
        self._taken += 1
        if self._soap.turns_at(step):
            self._play("before the turn", self._before_turn)
            self._soap.turn()
            self._play("after the turn", self._after_turn)
        else:
            self._play("whole", self._whole)

    def _before_turn(self) -> None:
        torch.sub(self._now, self._first, out=self._gradient.which)
        self._gradient.which.remainder_(self._gradient.batches)
        torch.index_select(self._noise_starts, 0, self._now, out=self._gradient.noise_start)
        self._gradient()
        self._soap.look()

    def _after_turn(self) -> None:
        torch.index_select(self._factors, 0, self._now, out=self._adam_rate)
        torch.index_select(self._soap_rates, 0, self._now, out=self._soap_rate)
        self._adam.move(self._adam_rate.mul_(self._grid_rate)[0])
        self._soap.move(self._soap_rate[0])
        self._now += 1

    def _whole(self) -> None:
        self._before_turn()
        self._after_turn()

    def _play(self, name: str, work: Callable[[], None]) -> None:
        if name in self._recorded:
            self._recorded[name].replay()
        else:
            work()

    def _record(self) -> None:
        """Record the step and its halves; nothing is computed meanwhile."""
        works = {
            "before the turn": self._before_turn,
            "after the turn": self._after_turn,
            "whole": self._whole,
        }
        recorded: dict[str, torch.cuda.CUDAGraph] = {}
        try:
            for name, work in works.items():
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    work()
                recorded[name] = graph
        except RuntimeError as error:
            message = f"the step of the fit cannot be recorded on this GPU, and is called piece by piece ({error})"
            warnings.warn(message, GamutMetaWarning, stacklevel=2)
            self._records = False
        else:
            self._recorded = recorded
