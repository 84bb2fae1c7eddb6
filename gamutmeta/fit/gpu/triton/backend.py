"""Runs the kernels of the fit's step on the tensors of a pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton

from gamutmeta.fit.adam import BETA1, BETA2, EPSILON
from gamutmeta.fit.gpu.triton import step_kernels
from gamutmeta.fit.gpu.triton.samples import TritonSamples
from gamutmeta.gpu.bounded import reason_of
from gamutmeta.gpu.launch import on_device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.fit.gpu.backends import Precision
    from gamutmeta.fit.gpu.controls import Controls
    from gamutmeta.fit.gpu.pack import Pack
    from gamutmeta.fit.network import Problem
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["TritonBackend", "tuning_of"]

# None of these sizes was tried on a GPU. Some are based on the compiler's report.

_NARROWEST = 16
"""The smallest side of a matrix product."""

_VALUES = 1 << 10
"""Number of samples of a program times its padded units: its values are in the registers of one block of threads. It
is the largest power of two at which no register is spilled, for any preset, on compute capabilities 8.0 and 9.0."""

_WIDE, _FEW_WARPS, _MORE_WARPS = 32, 4, 8
"""A program has `_FEW_WARPS` up to this number of units, and `_MORE_WARPS` beyond; also from the report."""

_FUSION = {"enable_fp_fusion": True}
"""Lets a product and a sum be rounded once (fused multiply-add)."""

_PARAMETERS, _PARTS = 128, 16
"""Parameters of the MLP whose sums one program computes; and partial sums that it reads at a time."""

_NODES, _ENTRIES = 32, 8
"""Nodes of the grid whose gradients one program computes; and samples around each that it reads at a time."""

_ADAM_BLOCK = 256
"""Parameters that one program updates."""


def tuning_of(features: int, widths: Sequence[int]) -> tuple[int, int, int]:
    """Padded units, samples of a program and its warps, for a model's number of inputs and units of its layers."""
    units = max(_NARROWEST, triton.next_power_of_2(max(features, *widths)))
    return units, max(_NARROWEST, _VALUES // units), _FEW_WARPS if units <= _WIDE else _MORE_WARPS


class TritonBackend:
    """:class:`~gamutmeta.fit.gpu.torch_backend.StepBackend` by Triton, for all networks at once.

    Args:
        pack: of networks that :func:`gamutmeta.fit.gpu.backends.supports`.
        controls: of their steps.
        batch: samples per step.
        precision: of matrix products.
    """

    def __init__(self, pack: Pack, controls: Controls, batch: int, *, precision: Precision = "ieee") -> None:
        self._pack, self._controls, self._batch = pack, controls, batch
        self._samples = TritonSamples(pack.networks, batch)
        network = pack.networks[0]
        descriptor = network.descriptor
        units, block, warps = tuning_of(descriptor.feature_count, descriptor.hidden)
        self._architecture = _architecture_of(descriptor) | {"MLP": pack.mlp_size}
        self._tuned = {"UNITS": units, "BLOCK": block, "SCALE": network.output_scale, "PRECISION": precision}
        self._warps = warps
        count, row = pack.values.shape
        self._programs = triton.cdiv(batch, block)
        self._partial_sums = pack.values.new_zeros(count, self._programs, pack.mlp_size)
        self._grid_errors = pack.values.new_zeros(count, self._architecture["CHANNELS"], batch)
        self._pools = torch.nn.utils.rnn.pad_sequence(controls.pools, batch_first=True)
        self._table, self._matrix = network.code_table, network.matrix
        self._means = pack.values.new_zeros(count, row - pack.mlp_size)
        self._squares = torch.zeros_like(self._means)
        steps = torch.arange(1, len(controls.factors) + 1, dtype=torch.float64)
        corrections = torch.stack([1 / (1 - BETA1**steps), (1 - BETA2**steps).rsqrt()], 1)
        self._corrections = corrections.to(pack.values)

    def load(self, problems: Sequence[Problem]) -> bool:
        """See :class:`~gamutmeta.fit.gpu.torch_backend.StepBackend`."""
        return self._samples.load(problems)

    def failure(self) -> str | None:
        """See :class:`~gamutmeta.fit.gpu.torch_backend.StepBackend`."""
        # Before the first step all means are zero, so that this changes no parameter.
        self._pack.gradient.zero_()
        try:
            self.step_grids()
            self.fill_gradients()
        except torch.OutOfMemoryError:
            raise  # operations of torch need more of it
        # Whatever it is that compilers and drivers do not like: no C compiler, or too little shared memory.
        except Exception as error:  # noqa: BLE001 - see above
            return reason_of(error)
        return None

    def fill_gradients(self) -> None:
        """See :class:`~gamutmeta.fit.gpu.torch_backend.StepBackend`."""
        pack, controls, samples = self._pack, self._controls, self._samples
        count, row = pack.values.shape
        channels, mlp = self._architecture["CHANNELS"], pack.mlp_size
        known, when = samples.tensors, (controls.now, controls.first, samples.tensors["batches"])
        with on_device(pack.values.device):
            step_kernels.sample_gradients[(self._programs, count)](
                pack.values, known["corners"], known["codes"], known["numbers"], self._pools, known["gates"],
                self._table, self._matrix, *when, controls.noise_starts, known["planes"], known["across"],
                controls.grid_step, self._partial_sums, self._grid_errors,
                row, self._pools.shape[1], len(controls.factors), samples.most, self._batch,
                **self._architecture, **self._tuned, num_warps=self._warps, **_FUSION,
            )  # fmt: skip
            step_kernels.add_partial_sums[(triton.cdiv(mlp, _PARAMETERS), count)](
                self._partial_sums, pack.gradient, self._programs, row,
                MLP=mlp, BLOCK=_PARAMETERS, TOGETHER=_PARTS, **_FUSION,
            )  # fmt: skip
            step_kernels.grid_gradients[(triton.cdiv(samples.nodes, _NODES), channels, count)](
                pack.values, self._grid_errors, known["entries"], known["shares"], known["starts"], *when,
                known["planes"], controls.rate_weight, pack.gradient, row, samples.most, self._batch, samples.nodes,
                CHANNELS=channels, MLP=mlp, BLOCK=_NODES, TOGETHER=_ENTRIES, **_FUSION,
            )  # fmt: skip

    def step_grids(self) -> None:
        """See :class:`~gamutmeta.fit.gpu.torch_backend.StepBackend`."""
        controls = self._controls
        (values, gradient), (count, size) = self._pack.grids, self._means.shape
        with on_device(values.device):
            step_kernels.adam[(triton.cdiv(size, _ADAM_BLOCK), count)](
                values, gradient, self._means, self._squares, controls.now, controls.factors, self._corrections,
                controls.grid_rate, values.stride(0), size,
                BETA_1=BETA1, BETA_2=BETA2, EPSILON=EPSILON, BLOCK=_ADAM_BLOCK, **_FUSION,
            )  # fmt: skip

    def rescale(self, which: int, factor: float) -> None:
        """See :class:`~gamutmeta.fit.gpu.torch_backend.StepBackend`."""
        self._pack.grids[0][which] /= factor
        self._means[which] *= factor
        self._squares[which] *= factor**2


def _architecture_of(descriptor: Descriptor) -> dict[str, int]:
    """The constants of the architecture for which the kernels are compiled."""
    assert descriptor.grid is not None  # noqa: S101 - see supports()
    assert descriptor.rgb is not None  # noqa: S101 - the same
    first, *others = descriptor.hidden
    return {
        "CHANNELS": descriptor.grid.channels,
        "PER_CODE": descriptor.rgb.features_per_channel,
        "FEATURES": descriptor.feature_count,
        "FIRST": first,
        "SECOND": others[0] if others else 0,
    }
