"""The loops of a fit by numpy: the plain twin of :mod:`gamutmeta.fit.cpu.machine`, and what runs where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from gamutmeta.fit.cpu.network import LOSS_SCALE, OUTPUT_SCALE, layers_of
from gamutmeta.fit.cpu.soap import Soap
from gamutmeta.fit.threads import map_in_order

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from gamutmeta.fit.cpu.network import Network
    from gamutmeta.fit.cpu.problem import Problem
    from gamutmeta.fit.cpu.schedule import Schedule

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]

__all__ = ["PlainLoops"]

_SLOPE_EVERY = 4
"""The rate's derivative is computed again after this many steps: it changes slowly."""

_BETA1, _BETA2, _EPSILON = np.float32(0.9), np.float32(0.999), np.float32(1e-8)

_TOGETHER = 1 << 13
"""Samples of which the errors, or the sums of the last layer, are computed at once."""


class _Batch(NamedTuple):
    """Samples and what of their features never changes."""

    records: NDArray[np.void]
    colour: Floats
    gate: Floats


class PlainLoops:
    """The steps of a fit, and sums over all of its samples. It has the methods of ``MachineLoops``.

    Args:
        network: the network to train.
        schedule: of the steps.
        batch: samples per step.
    """

    def __init__(self, network: Network, schedule: Schedule, batch: int) -> None:
        self._network, self._schedule, self._batch = network, schedule, batch
        self._size = network.nodes * network.channels
        self._mean, self._square, self._slope = (np.zeros(self._size, np.float32) for _ in range(3))
        self._soap = Soap(network.widths)
        self._rate_scale = np.float32(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to release."""

    def load(
        self,
        problem: Problem,
        first: int,
        drawn: NDArray[np.int64] | None = None,
        weights: Floats | None = None,
    ) -> None:
        """See ``MachineLoops``."""
        count = (len(problem) if drawn is None else len(drawn)) // self._batch * self._batch
        records = problem.records[:count] if drawn is None else problem.records[drawn[:count]]
        if weights is not None:
            records["weight"] = weights[:count]
        self._batches = [self._prepared(part) for part in np.split(records, count // self._batch)]
        self._first = first

    def run(self, first: int, count: int, rate_weight: float) -> None:
        """See ``MachineLoops``."""
        for step in range(first, first + count):
            self._step(step, np.float32(rate_weight))

    def rescale(self, factor: float) -> None:
        """See ``MachineLoops``."""
        self._network.grid /= np.float32(factor)
        self._mean *= np.float32(factor)
        self._square *= np.float32(factor**2)
        self._network.grid_step *= factor
        self._rate_scale = np.float32(self._rate_scale / np.float32(factor))

    def squared_errors(self, problem: Problem) -> Floats:
        """See ``MachineLoops``."""

        def work(start: int) -> Floats:
            batch = self._prepared(problem.records[start : start + _TOGETHER])
            excess = self._values(batch, self._network.grid)[-1] * batch.gate * np.float32(OUTPUT_SCALE)
            difference = excess @ self._network.matrix - batch.records["target"]
            return np.asarray(np.einsum("nc,nc->n", difference, difference), np.float32)

        return np.concatenate(map_in_order(work, range(0, len(problem), _TOGETHER)))

    def normal_equations(self, problem: Problem, count: int) -> tuple[Doubles, Doubles, Doubles]:
        """See ``MachineLoops``."""
        matrix = self._network.matrix
        side = self._network.widths[-2] + 1
        # The term of outputs o and p has as factors the product of their gates and that of their matrix rows.
        together = np.kron(matrix.astype(np.float64) @ matrix.T.astype(np.float64), np.ones((side, side)))

        def work(start: int) -> tuple[Doubles, Doubles, Doubles]:
            batch = self._prepared(problem.records[start : min(start + _TOGETHER, count)])
            hidden = self._values(batch, self._network.grid)[-2]
            hidden = np.concatenate([hidden, np.ones_like(hidden[:, :1])], 1)
            target, inside, every = (batch.records[name] for name in ("target", "in_gamut", "weight"))
            asked = (target @ matrix.T) * batch.gate
            design = (batch.gate[:, :, None] * hidden[:, None, :]).reshape(len(hidden), -1)
            normals, rights, constants = [], [], []
            for chosen in (~inside, inside):
                weight = every[chosen][:, None]
                normals.append(((design[chosen] * weight).T @ design[chosen]).astype(np.float64) * together)
                rights.append(((asked[chosen] * weight).T @ hidden[chosen]).astype(np.float64).ravel())
                constants.append(float((np.square(target[chosen]) * weight).sum(dtype=np.float64)))
            return np.array(normals), np.array(rights), np.array(constants)

        # Summed in a fixed order, whichever thread finishes first.
        parts = map_in_order(work, range(0, count, _TOGETHER))
        normals, rights, constants = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
        return normals, rights, constants

    def gradient(self, noise_start: int) -> tuple[Floats, Floats]:
        """See ``MachineLoops``."""
        noise = self._schedule.pool[noise_start * self._network.channels :][: self._size]
        parameters, grid = self._gradient(self._batches[0], self._network.grid[: self._size] + noise)
        return parameters, grid.reshape(self._network.nodes_by_channel.shape)

    def _prepared(self, records: NDArray[np.void]) -> _Batch:
        colour = self._network.code_table[records["code"]].reshape(len(records), -1)
        return _Batch(records, colour, self._network.gate_table[np.arange(3), records["code"]])

    def _corners(self, batch: _Batch) -> tuple[NDArray[np.int64], Floats]:
        """The four nodes around each sample, (n, 4), and the share of each, (n, 4)."""
        corner, across = batch.records["corner"].astype(np.int64), self._network.across
        fx, fy = batch.records["fraction"].T
        nodes = corner[:, None] + np.array([0, 1, across, across + 1])
        return nodes, np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy], 1)

    def _values(self, batch: _Batch, grid: Floats) -> list[Floats]:
        """Features, then the values of each layer, (n, units) each."""
        nodes, share = self._corners(batch)
        found = grid[: self._size].reshape(-1, self._network.channels)[nodes]
        sampled = np.einsum("nkc,nk->nc", found, share) * np.float32(self._network.grid_step)
        values = [np.concatenate([sampled, batch.colour], 1, dtype=np.float32)]
        layers = list(self._network.layers())
        for k, (weight, bias) in enumerate(layers):
            result = values[-1] @ weight.T + bias
            values.append(np.maximum(result, 0) if k < len(layers) - 1 else result)
        return values

    def _gradient(self, batch: _Batch, grid: Floats) -> tuple[Floats, Floats]:
        network, channels = self._network, self._network.channels
        values, layers = self._values(batch, grid), list(network.layers())
        gradient = np.empty_like(network.parameters)
        excess = values[-1] * batch.gate * np.float32(OUTPUT_SCALE)
        factor = np.float32(2 * LOSS_SCALE * OUTPUT_SCALE / (3 * self._batch))
        error = (excess @ network.matrix - batch.records["target"]) * (batch.records["weight"] * factor)[:, None]
        error = (error @ network.matrix.T) * batch.gate
        parts = list(layers_of(gradient, network.widths))
        for k in range(len(layers) - 1, -1, -1):
            parts[k][0][:], parts[k][1][:] = error.T @ values[k], error.sum(0)
            # The derivative with respect to the colour features is not needed.
            error = error @ layers[k][0] * (values[k] > 0) if k else error @ layers[0][0][:, :channels]
        nodes, share = self._corners(batch)
        shares = (error * np.float32(network.grid_step))[:, None, :] * share[:, :, None]
        at = (nodes[:, :, None] * channels + np.arange(channels)).ravel()
        return gradient, np.bincount(at, shares.ravel(), minlength=self._size).astype(np.float32)

    def _step(self, step: int, rate_weight: np.float32) -> None:
        grid, since = self._network.grid[: self._size], step - self._first
        rate, correction, network_rate, _ = self._schedule.rates[step]
        start = self._schedule.starts[step] * self._network.channels
        noise = self._schedule.pool[start : start + self._size]
        parameters, slopes = self._gradient(self._batches[since % len(self._batches)], grid + noise)
        self._soap.step(self._network.parameters, parameters, step, network_rate)
        if since % _SLOPE_EVERY == 0:
            self._slope[:] = np.sign(grid) / (1 + np.abs(grid))
        slopes += rate_weight * np.float32(1 / np.log(2)) * self._slope
        self._mean += (1 - _BETA1) * (slopes - self._mean)
        self._square *= _BETA2
        self._square += (1 - _BETA2) * np.square(slopes)
        grid -= rate * self._rate_scale * self._mean / (np.sqrt(self._square) * correction + _EPSILON)
