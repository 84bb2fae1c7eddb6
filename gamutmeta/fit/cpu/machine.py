"""The loops of a fit in machine code: gamutmeta/native/fit.c on the arrays of a network."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gamutmeta.fit.cpu.network import LOSS_SCALE, OUTPUT_SCALE
from gamutmeta.fit.cpu.problem import SAMPLE
from gamutmeta.fit.threads import map_in_order
from gamutmeta.native.pointers import pointer
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from gamutmeta.fit.cpu.network import Network
    from gamutmeta.fit.cpu.problem import Problem
    from gamutmeta.fit.cpu.schedule import Schedule

    Doubles = NDArray[np.float64]

__all__ = ["MachineLoops"]

_MOST_LAYERS = 16
_HALVES = 2
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""Of outputs of the last layer, in the order of the sums."""

_EXAMINED = 1 << 14
"""Samples whose errors are computed in one call."""


class _Fit(ctypes.Structure):
    """``Fit`` in gamutmeta/native/network.h."""

    _fields_ = (
        ("layers", ctypes.c_int64),
        ("widths", ctypes.c_int64 * (_MOST_LAYERS + 1)),
        *((name, ctypes.c_int64) for name in ("channels", "across", "nodes", "per_code", "padded", "batch")),
        *((name, ctypes.c_void_p) for name in ("matrix", "gates", "table", "parameters", "gradient")),
        *((name, ctypes.c_void_p) for name in ("grid", "mean", "square", "slope", "slopes0", "slopes1")),
        *((name, ctypes.c_void_p) for name in ("pool", "soap", "blocks", "work0", "work1")),
        ("step", ctypes.c_float),
        ("scale", ctypes.c_float),
    )


class _Run(ctypes.Structure):
    """``Run`` in gamutmeta/native/fit.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("first", "count", "since", "batches")),
        ("starts", ctypes.c_void_p),
        ("rates", ctypes.c_void_p),
        ("rate_weight", ctypes.c_float),
        ("unused", ctypes.c_float),
        ("next", ctypes.c_int64),
        ("finished", ctypes.c_int64),
    )


class MachineLoops:
    """The steps of a fit, and sums over all of its samples. A context manager, as it has a thread of its own.

    Args:
        library: gamutmeta's machine code.
        network: the network to train; see :meth:`supports`.
        schedule: of the steps.
        batch: samples per step.
    """

    def __init__(self, library: ctypes.CDLL, network: Network, schedule: Schedule, batch: int) -> None:
        self._library, self._network, self._schedule, self._batch = library, network, schedule, batch
        for name in ("fit_block_bytes", "fit_lanes", "fit_work_bytes", "fit_soap_floats", "fit_normal_bytes"):
            getattr(library, name).restype = ctypes.c_int64
        self._held: dict[str, NDArray[Any]] = {}
        features = network.code_table.shape[1]
        table = np.zeros((256, -(-features // 4) * 4), np.float32)
        table[:, :features] = network.code_table
        self._fit = fit = _Fit(layers=len(network.widths) - 1, scale=OUTPUT_SCALE, step=network.grid_step)
        fit.widths[: len(network.widths)] = network.widths
        fit.channels, fit.across, fit.nodes = network.channels, network.across, network.nodes
        fit.per_code, fit.padded, fit.batch = features, table.shape[1], batch
        constants = {"matrix": network.matrix, "gates": network.gate_table, "table": table, "pool": schedule.pool}
        trained = {"parameters": network.parameters, "grid": network.grid}
        state = {"gradient": np.zeros_like(network.parameters)}
        state |= {name: np.zeros_like(network.grid) for name in ("mean", "square", "slope", "slopes0", "slopes1")}
        for name, array in (constants | trained | state).items():
            self._hold(name, array)
        self._hold("soap", np.zeros(library.fit_soap_floats(ctypes.byref(fit)), np.float32))
        for half in range(_HALVES):
            self._hold(f"work{half}", _aligned(library.fit_normal_bytes(ctypes.byref(fit))))
        library.fit_begin(ctypes.byref(fit))
        self._helper = ThreadPoolExecutor(1, "gamutmeta-step") if thread_count(_HALVES) == _HALVES else None

    @staticmethod
    def supports(network: Network) -> bool:
        """Whether the machine code knows networks of that size."""
        return len(network.widths) <= _MOST_LAYERS

    def _hold(self, name: str, array: NDArray[Any]) -> None:
        """Give the machine code an array, and keep it."""
        self._held[name] = array
        setattr(self._fit, name, array.ctypes.data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._helper is not None:
            self._helper.shutdown()

    @property
    def _factor(self) -> float:
        """The constant factors of the loss's derivative."""
        return 2 * LOSS_SCALE * OUTPUT_SCALE / (3 * self._batch)

    def load(
        self,
        problem: Problem,
        first: int,
        drawn: NDArray[np.int64] | None = None,
        weights: NDArray[np.float32] | None = None,
    ) -> None:
        """Use samples from step `first` on: the first ones, or those `drawn` with new weights.

        Args:
            problem: all samples.
            first: number of the step.
            drawn: which samples, (n,); None for the first ones. What is no whole batch is left out.
            weights: their weights in the loss, (n,); None for those they have.
        """
        count = len(problem) if drawn is None else len(drawn)
        self._batches, self._first = count // self._batch, first
        blocks = self._batches * -(-self._batch // self._library.fit_lanes())
        size = blocks * self._library.fit_block_bytes()
        if "blocks" not in self._held or len(self._held["blocks"]) < size:
            self._hold("blocks", _aligned(size))
        self._library.fit_load(
            ctypes.byref(self._fit),
            pointer(problem.records, SAMPLE),
            pointer(drawn, np.int64),
            pointer(weights, np.float32),
            ctypes.c_int64(self._batches),
            ctypes.c_float(self._factor),
        )

    def run(self, first: int, count: int, rate_weight: float) -> None:
        """Compute the steps `first` to ``first + count - 1``, on two threads where there are two cores."""
        run = _Run(first=first, count=count, since=self._first, batches=self._batches, rate_weight=rate_weight)
        rates = self._schedule.rates.copy()
        rates[:, 0] *= self._rate_scale
        run.starts, run.rates = self._schedule.starts.ctypes.data, rates.ctypes.data
        arguments = ctypes.byref(self._fit), ctypes.byref(run)
        helped = None if self._helper is None else self._helper.submit(self._library.fit_help, *arguments)
        self._library.fit_run(*arguments)
        if helped is not None:
            helped.result()

    _rate_scale = np.float32(1)

    def rescale(self, factor: float) -> None:
        """Multiply the quantisation step of the grid without changing the values of the grid."""
        self._library.fit_rescale(ctypes.byref(self._fit), ctypes.c_float(factor))
        self._network.grid_step *= factor
        self._rate_scale = np.float32(self._rate_scale / np.float32(factor))

    def squared_errors(self, problem: Problem) -> NDArray[np.float32]:
        """Squared error of each sample, summed over the channels, (N,); the grid as it is, without noise."""
        self._fit.step = self._network.grid_step
        errors = np.empty(len(problem), np.float32)
        middle = len(problem) // _HALVES // _EXAMINED * _EXAMINED

        def work(half: int) -> None:
            part = slice(middle) if half == 0 else slice(middle, None)
            self._library.fit_errors(
                ctypes.byref(self._fit),
                pointer(self._held[f"work{half}"], np.uint8),
                pointer(problem.records[part], SAMPLE),
                ctypes.c_int64(len(errors[part])),
                pointer(errors[part], np.float32),
            )

        map_in_order(work, range(_HALVES))
        return errors

    def normal_equations(self, problem: Problem, count: int) -> tuple[Doubles, Doubles, Doubles]:
        """The least-squares problem of the last layer over the first `count` samples.

        See :class:`gamutmeta.fit.last_layer.LastLayer`.
        """
        self._fit.step = self._network.grid_step
        inside = problem.in_gamut[:count]
        squares = np.einsum("nc,nc->n", problem.target[:count], problem.target[:count]) * problem.weight[:count]
        normals, rights, constants = [], [], []
        for chosen in (~inside, inside):
            sums = self._sums(problem, np.flatnonzero(chosen))
            normals.append(sums[0])
            rights.append(sums[1])
            constants.append(float(squares[chosen].sum(dtype=np.float64)))
        return np.array(normals), np.array(rights), np.array(constants)

    def _sums(self, problem: Problem, order: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
        side = self._network.widths[-2] + 1
        is_gated = bool((self._network.gate_table != 1).any())
        pairs = _PAIRS if is_gated else _PAIRS[:1]
        parts = np.zeros((_HALVES, len(pairs) * side * side + 3 * side))
        middle = len(order) // _HALVES

        def work(half: int) -> None:
            part = order[:middle] if half == 0 else order[middle:]
            self._library.fit_normal(
                ctypes.byref(self._fit),
                pointer(self._held[f"work{half}"], np.uint8),
                pointer(problem.records, SAMPLE),
                pointer(part, np.int64),
                ctypes.c_int64(len(part)),
                ctypes.c_int64(len(pairs)),
                pointer(parts[half], np.float64),
            )

        map_in_order(work, range(_HALVES))
        sums = parts[0] + parts[1]
        squares = np.triu(sums[: len(pairs) * side * side].reshape(len(pairs), side, side))
        squares += np.triu(squares, 1).swapaxes(1, 2)
        matrix = self._network.matrix.astype(np.float64)
        together = matrix @ matrix.T
        normal = np.empty((3, side, 3, side))
        for k, (o, p) in enumerate(_PAIRS):
            normal[o, :, p] = normal[p, :, o] = squares[k if is_gated else 0] * together[o, p]
        return normal.reshape(3 * side, 3 * side), sums[len(pairs) * side * side :]

    def gradient(self, noise_start: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The loss's gradient at the first batch: by the parameters, (m,), and by the grid, (height, width, channels).

        Without that of the rate. For tests.
        """
        at = self._schedule.pool.ctypes.data + 4 * noise_start * self._network.channels
        self._library.fit_gradient(ctypes.byref(self._fit), ctypes.c_void_p(at))
        slopes = self._held["slopes0"]
        grid = slopes[: self._network.nodes * self._network.channels].reshape(self._network.nodes_by_channel.shape)
        copies = self._held["gradient"].copy(), grid.copy()
        slopes[:] = 0
        return copies


def _aligned(size: int) -> NDArray[np.uint8]:
    """Memory whose address is a multiple of 64."""
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size]
