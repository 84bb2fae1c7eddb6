"""Whether a model is what the GPU that fitted it takes it for, by the plain forward pass on some samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.model.reference import linear_reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.network import Network, Problem

__all__ = ["believed_error", "doubt_of"]

_SAMPLES = 1 << 12
"""Samples that are compared; they are in random order."""

_ALIKE = 0.01
"""The most by which the GPU's mean error may differ from the CPU's, with the same model. It is many times what rounding
in another order does."""

_STORED = 6.0
"""The most times that the error of the stored model may be that of the trained one. By rounding it became 1.05 times as
large with the preset `balanced`, and 2.3 times with a limit of 400 bytes."""

_LEAST = 1e-4
"""Share of the error of clipping below which errors are not compared: there rounding counts."""


def believed_error(network: Network, problem: Problem) -> float:
    """Mean weighted squared error of the network on some of the samples, by the device that trained it."""
    some = problem.first(_SAMPLES)
    return float((network.squared_errors(some) * some.everything.weight).mean())


def doubt_of(network: Network, problem: Problem, tensors: tuple[Tensor, ...], believed: float) -> str | None:
    """Why the stored tensors of a model are not to be used, for people; None if they may be.

    Args:
        network: that was trained; the tensors are loaded into it.
        problem: its samples.
        tensors: as they are stored.
        believed: :func:`believed_error` of the trained network.
    """
    specs = network.descriptor.tensor_specs()
    weights = {spec.name: tensor.decode() for spec, tensor in zip(specs, tensors, strict=True)}
    network.load_tensors(weights)
    there = believed_error(network, problem)
    some = problem.first(_SAMPLES).everything
    row, column, codes, base, target, weight = (
        part.cpu().numpy() for part in (some.row, some.column, some.codes, some.base, some.target, some.weight)
    )
    size = network.width, network.height
    found = linear_reference(network.descriptor, weights, codes, at=(row, column), size=size)
    here, clipped = (_mean(error, weight) for error in (found - base - target, target))
    if not np.isfinite(here) or here > clipped:
        return "its model is worse than clipping"
    least = _LEAST * clipped
    if not abs(there - here) <= _ALIKE * here + least:
        return f"its forward pass is not the CPU's: the mean squared error is {there:.3g} there, and {here:.3g} here"
    if not here <= _STORED * believed + least:
        return f"its model is worse than it was said to be: a mean squared error of {here:.3g}, not {believed:.3g}"
    return None


def _mean(error: NDArray[np.floating], weight: NDArray[np.float32]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float((np.square(error.astype(np.float64)).sum(1) * weight).mean())
