"""SOAP by numpy: Adam in the eigenbasis of Shampoo's preconditioner, for the MLP's few small matrices.

Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", ICLR 2025, algorithm 3. With the same number of steps
it gains 0.05 to 0.2 dB over Adam on most photographs, and 1 dB on a few (benchmarks/experiments.md). The twins are
gamutmeta/native/soap.h and :mod:`gamutmeta.fit.soap`, where the constants are explained.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.fit.cpu.network import layers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["Soap"]

_BETA1, _BETA2, _BETA_BASIS, _EPSILON = (np.float32(x) for x in (0.9, 0.99, 0.95, 1e-8))
_BOUND = np.float32(1)
_KEPT = np.float32(1e-6)
_BASIS_EVERY = 10


class _Layer:
    """The state of a layer, whose bias is one more column of its weight."""

    def __init__(self, outputs: int, inputs: int) -> None:
        columns = inputs + 1
        self.left, self.right = np.zeros((outputs, outputs), np.float32), np.zeros((columns, columns), np.float32)
        self.left_basis, self.right_basis = np.eye(outputs, dtype=np.float32), np.eye(columns, dtype=np.float32)
        self.mean, self.square = np.zeros((outputs, columns), np.float32), np.zeros((outputs, columns), np.float32)

    def change(self, gradient: Floats, *, renews: bool) -> Floats:
        """What to take off the layer, in learning rates."""
        self.left += (1 - _BETA_BASIS) * (gradient @ gradient.T - self.left)
        self.right += (1 - _BETA_BASIS) * (gradient.T @ gradient - self.right)
        if renews:
            left, right = _renewed(self.left, self.left_basis), _renewed(self.right, self.right_basis)
            self.mean = (left.T @ self.left_basis) @ self.mean @ (self.right_basis.T @ right)
            self.left_basis, self.right_basis = left, right
        turned = self.left_basis.T @ gradient @ self.right_basis
        self.mean += (1 - _BETA1) * (turned - self.mean)
        self.square += (1 - _BETA2) * (np.square(turned) - self.square)
        change = np.clip(self.mean / (np.sqrt(self.square) + _EPSILON), -_BOUND, _BOUND)
        return np.asarray(self.left_basis @ change @ self.right_basis.T, np.float32)


class Soap:
    """One step after the other on the parameters of an MLP.

    Args:
        widths: number of features, then of units of each layer.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        self._widths = widths
        self._layers = [_Layer(outputs, inputs) for inputs, outputs in pairwise(widths)]

    def step(self, parameters: Floats, gradient: Floats, step: int, rate: np.float32) -> None:
        """One update of the parameters, (m,), in place; `rate` has Adam's bias correction."""
        parts = zip(layers_of(parameters, self._widths), layers_of(gradient, self._widths), self._layers, strict=True)
        for (weight, bias), (weight_gradient, bias_gradient), layer in parts:
            whole = np.concatenate([weight_gradient, bias_gradient[:, None]], 1)
            change = rate * layer.change(whole, renews=step % _BASIS_EVERY == 0)
            np.subtract(weight, change[:, :-1], out=weight)
            np.subtract(bias, change[:, -1], out=bias)


def _renewed(matrix: Floats, basis: Floats) -> Floats:
    """One step of the power method towards the eigenvectors, with QR; directions without gradient stay."""
    kept = (matrix.diagonal().max() * _KEPT + np.float32(1e-30)) * basis
    return np.asarray(np.linalg.qr(matrix @ basis + kept)[0], np.float32)
