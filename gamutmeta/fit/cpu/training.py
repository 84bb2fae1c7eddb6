"""The fit of one picture from its samples to its tensors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.fit.cpu.draw import draw_by_error
from gamutmeta.fit.cpu.machine import MachineLoops
from gamutmeta.fit.cpu.machine_samples import drawn_by_error, gathered
from gamutmeta.fit.cpu.network import LOSS_SCALE, Network
from gamutmeta.fit.cpu.plain import PlainLoops
from gamutmeta.fit.cpu.problem import Problem
from gamutmeta.fit.cpu.schedule import Schedule
from gamutmeta.fit.last_layer import refined_within
from gamutmeta.fit.protection import Protection
from gamutmeta.fit.rate import RateControl, tensors_within

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.container import Tensor
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.samples import Draw
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["trained"]

_DRAWN = 1 << 18
"""How many samples each draw takes; each of them is used a few times."""


def trained(
    descriptor: Descriptor,
    pixels: Draw,
    config: FitConfig,
    *,
    size: tuple[int, int],
    seed: int,
    library: ctypes.CDLL | None,
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> tuple[Tensor, ...]:
    """Train a model, and give its tensors as they are stored.

    Args:
        descriptor: the model; see :meth:`gamutmeta.fit.cpu.network.Network.supports`.
        pixels: of its samples.
        config: settings of the fit.
        size: of the picture, (height, width).
        seed: of initial values, noise and draws.
        library: the machine code, or None for numpy.
        start: values to start from by name of the tensor; None for random ones.

    Raises:
        FitError: if the container cannot be made small enough.
    """
    rng = np.random.default_rng((seed, 1))  # other numbers than those that drew the samples
    network = Network(descriptor, size[1], size[0], grid_step=config.grid_step)
    network.start(rng)
    if start is not None:
        network.load_tensors(start)
    draw: Callable[..., tuple[NDArray[np.int64], NDArray[np.float32]]]
    if library is None:
        problem, draw = Problem.build(descriptor, pixels.samples(), size), draw_by_error
    else:
        problem, draw = Problem(gathered(pixels, size, library)), partial(drawn_by_error, library=library)
    protection = Protection(pixels)
    schedule, batch = Schedule.of(network, config, rng), min(config.batch, len(problem))
    loops: MachineLoops | PlainLoops = PlainLoops(network, schedule, batch)
    if library is not None and MachineLoops.supports(network):
        loops = MachineLoops(library, network, schedule, batch)
    with loops:
        network.sums = loops.normal_equations
        loops.load(problem.first(max(_DRAWN, batch)), 0)
        rate = RateControl(network, config, loops.rescale)
        redraws = {round(share * config.steps) for share in config.redraws}
        looks = {step + 1 for step in range(config.steps) if rate.is_due(step)}
        done = 0
        for end in sorted(redraws | looks | {config.steps}):
            loops.run(done, end - done, rate.weight)
            done = end
            rate.adjust(end - 1)
            if end in redraws and end < config.steps:
                errors = loops.squared_errors(problem)
                rate.update_error(LOSS_SCALE * float((errors * problem.weight).mean()) / 3)
                protection.update(problem, errors)
                count = min(len(problem), _DRAWN) // batch * batch
                loops.load(problem, end, *draw(errors, protection.weights(problem), count, rng))
        if config.closed_form:
            return refined_within(network, problem, protection, config)
        return tensors_within(network, config, config.max_bytes)
