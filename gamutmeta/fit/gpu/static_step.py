"""One step of several trainings, as a fixed sequence of operations on fixed memory: CUDA records and replays it.

A step is a few dozen small operations. Calling them one by one from Python takes far longer than the GPU needs for
them. If recording fails, and on the CPU, where only the tests run this, they are called one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gamutmeta.fit.gpu.backends import backend_for
from gamutmeta.fit.gpu.controls import Controls
from gamutmeta.fit.gpu.pack import Pack
from gamutmeta.fit.gpu.torch_backend import TorchBackend
from gamutmeta.fit.gradient import HandGradient
from gamutmeta.fit.step import soap_for
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.fit.network import Network, Problem

__all__ = ["StaticStep"]

_UNRECORDED = 3
"""The first steps are not recorded: libraries initialise themselves at their first use, which cannot be recorded."""


class StaticStep:
    """A :class:`~gamutmeta.fit.step.Step` that can be recorded.

    Every tenth step updates SOAP's bases in its middle. This update is not recorded, since its decomposition may not be
    recordable. So the parts before and after it are recorded separately, too.

    Args:
        networks: networks of one preset that this class :meth:`supports`; they are moved into one block of memory.
        config: settings of the fit.
        batch: samples per step of each network.
        generators: of random numbers for the noise, one for each network.
        records: whether to record on CUDA.
        fused: True for Triton's kernels, False for torch's operations, None for Triton's kernels on CUDA if they
            support the model and Triton is installed.
        precision: of Triton's matrix products.
    """

    @staticmethod
    def supports(network: Network, config: FitConfig) -> bool:
        """Whether this class can be used for a network."""
        return config.model == "grid" and HandGradient.supports(network.descriptor)

    def __init__(
        self,
        networks: Sequence[Network],
        config: FitConfig,
        batch: int,
        generators: Sequence[torch.Generator],
        *,
        records: bool = True,
        fused: bool | None = None,
        precision: Precision = "ieee",
    ) -> None:
        self._pack, self._batch = Pack.of(networks), batch
        self._controls = Controls(networks, config, generators)
        self._soap = soap_for(networks[0], *self._pack.mlp, config)
        self._soap_rate = self._pack.values.new_empty(1)
        self._backend = backend_for(self._pack, self._controls, batch, fused=fused, precision=precision)
        self._recorded: dict[str, torch.cuda.CUDAGraph] = {}
        self._records = records and self._pack.values.is_cuda
        self._taken = 0

    def load(self, problems: Sequence[Problem], first: int) -> None:
        """See :class:`~gamutmeta.fit.step.Step`."""
        if not self._backend.load(problems):
            self._recorded.clear()
        self._controls.first.fill_(first)
        if not self._taken and (why := self._backend.failure()) is not None:
            message = f"Triton's kernels for the fit fail on this GPU; torch's operations are used instead ({why})"
            warn(message, stacklevel=2)
            self._backend = TorchBackend(self._pack, self._controls, self._batch)
            self._backend.load(problems)

    def rescale(self, which: int, factor: float) -> None:
        """See :class:`~gamutmeta.fit.step.Step`."""
        self._backend.rescale(which, factor)
        self._pack.networks[which].grid_step *= factor
        self._controls.update_grid_step(which)

    def __call__(self, step: int, rate_weights: Sequence[float]) -> None:
        """See :class:`~gamutmeta.fit.step.Step`; steps must be computed in their order, from 0 on."""
        self._controls.update_rate_weights(rate_weights)
        if self._records and self._taken >= _UNRECORDED and not self._recorded:
            self._record()
        self._taken += 1
        if self._soap.refreshes_basis_at(step):
            self._play("before the refresh", self._before_refresh)
            self._soap.refresh_basis()
            self._play("after the refresh", self._after_refresh)
        else:
            self._play("whole", self._whole)

    def _before_refresh(self) -> None:
        self._backend.fill_gradients()
        self._soap.accumulate()

    def _after_refresh(self) -> None:
        self._backend.step_grids()
        torch.index_select(self._controls.soap_rates, 0, self._controls.now, out=self._soap_rate)
        self._soap.apply(self._soap_rate[0])
        self._controls.now.add_(1)

    def _whole(self) -> None:
        self._before_refresh()
        self._after_refresh()

    def _play(self, name: str, work: Callable[[], None]) -> None:
        if name in self._recorded:
            self._recorded[name].replay()
        else:
            work()

    def _record(self) -> None:
        """Record the step, and its parts before and after the update of the bases. Recording computes nothing."""
        works = {
            "before the refresh": self._before_refresh,
            "after the refresh": self._after_refresh,
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
            message = (
                f"the step of the fit cannot be recorded as a CUDA graph and runs operation by operation ({error})"
            )
            warn(message, stacklevel=2)
            self._records = False
        else:
            self._recorded = recorded
