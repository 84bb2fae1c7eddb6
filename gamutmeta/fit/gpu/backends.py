"""Chooses the backend of the fit's steps: Triton's kernels or torch's operations. Imports Triton only if chosen."""

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
"""Precision of matrix products: float32; TF32, with a mantissa of 10 bits, on tensor cores; or three TF32 products,
which are nearly as exact as float32."""

_WIDEST = 64
"""The most inputs, or units of a layer; the presets have at most 48."""

_HIDDEN = (1, 2)
"""The numbers of hidden layers that the kernels support."""


def supports(descriptor: Descriptor) -> bool:
    """Whether the kernels support a model: none with a shoulder, whose gates differ from channel to channel."""
    if descriptor.shoulder is not None:
        return False
    widest = max(descriptor.feature_count, *descriptor.hidden, 0)
    return HandGradient.supports(descriptor) and len(descriptor.hidden) in _HIDDEN and widest <= _WIDEST


def backend_for(pack: Pack, controls: Controls, batch: int, *, fused: bool | None, precision: Precision) -> StepBackend:
    """The backend for the steps of a pack.

    Args:
        pack: of networks of one architecture.
        controls: of their steps.
        batch: samples per step.
        fused: True for Triton; False for torch; None for Triton on CUDA, if it is installed and :func:`supports` the
            model.
        precision: of Triton's matrix products.

    Raises:
        MissingExtraError: if `fused` is True and Triton is not installed.
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
