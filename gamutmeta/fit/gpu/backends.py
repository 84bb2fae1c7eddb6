"""Whether the fit's steps are taken by Triton's kernels or by torch's operations; imports Triton only for the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gamutmeta.errors import MissingExtraError
from gamutmeta.fit.gpu.torch_backend import TorchBackend
from gamutmeta.fit.gradient import HandGradient

if TYPE_CHECKING:
    from gamutmeta.fit.gpu.controls import Controls
    from gamutmeta.fit.gpu.pack import Pack
    from gamutmeta.fit.gpu.torch_backend import StepBackend
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Precision", "backend_for", "supports"]

Precision = Literal["ieee", "tf32", "tf32x3"]
"""Of products of matrices: float32; TF32, with a mantissa of 10 bits, on tensor cores; or three such products, which
come near float32."""

_WIDEST = 64
"""Inputs, or units of a layer; those of the presets are at most 48."""

_HIDDEN = (1, 2)
"""Numbers of hidden layers that there are kernels for."""


def supports(descriptor: Descriptor) -> bool:
    """Whether there are kernels for a model."""
    widest = max(descriptor.feature_count, *descriptor.hidden, 0)
    return HandGradient.supports(descriptor) and len(descriptor.hidden) in _HIDDEN and widest <= _WIDEST


def backend_for(pack: Pack, controls: Controls, batch: int, *, fused: bool | None, precision: Precision) -> StepBackend:
    """What does the work of the pack's steps.

    Args:
        pack: of networks of one architecture.
        controls: of their steps.
        batch: samples per step.
        fused: True for Triton; False for torch; None for Triton on CUDA, if it is installed and :func:`supports` the
            model.
        precision: of Triton's products of matrices.

    Raises:
        MissingExtraError: if Triton is asked for and not installed.
    """
    wanted = pack.values.is_cuda and supports(pack.networks[0].descriptor) if fused is None else fused
    if not wanted:
        return TorchBackend(pack, controls, batch)
    try:
        from gamutmeta.fit.gpu.triton.backend import TritonBackend  # noqa: PLC0415 - imports Triton
    except ModuleNotFoundError as error:
        if error.name != "triton":
            raise
        if fused:
            raise MissingExtraError("fitting by Triton's kernels", "triton", "gpu") from error
        return TorchBackend(pack, controls, batch)
    return TritonBackend(pack, controls, batch, precision=precision)
