"""Long optimisations that can be stopped: a checkpoint once a minute, from which the same steps go on.

Who measures names the file (:func:`checkpoint`); who optimises takes the steps of :func:`resumed`, and knows no file.
What was drawn, and so the result, is that of an optimisation that was never stopped.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import torch

_SAVE_SECONDS = 60


@dataclass(slots=True)
class Checkpoint:
    """A file to stop at and to go on from; and whether anything did go on from it, so that seconds are not whole."""

    path: Path
    went_on: bool = False


_PLACE: ContextVar[Checkpoint | None] = ContextVar("checkpoint", default=None)


@contextmanager
def checkpoint(path: Path) -> Iterator[Checkpoint]:
    """Within, the one optimisation that is run keeps its checkpoints in this file; removed where all went well."""
    place = Checkpoint(path)
    token = _PLACE.set(place)
    try:
        yield place
        path.unlink(missing_ok=True)
    finally:
        _PLACE.reset(token)


def resumed(
    steps: int,
    parameters: Sequence[torch.Tensor],
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> Iterator[int]:
    """Numbers of the steps that are still to be done; what the arguments hold is first set to where they were left.

    Outside of :func:`checkpoint`, these are all steps, and nothing is kept.
    """
    place = _PLACE.get()
    first = 0 if place is None or not place.path.exists() else _load(place, parameters, optimiser, generator)
    saved = time.monotonic()
    for step in range(first, steps):
        if place is not None and time.monotonic() - saved > _SAVE_SECONDS:
            _save(place, step, parameters, optimiser, generator)
            saved = time.monotonic()
        yield step


def done_steps(path: Path) -> int | None:
    """How many steps a checkpoint has behind it; None if there is no such file."""
    try:
        return int(torch.load(path, weights_only=True)["step"])
    except FileNotFoundError:
        return None


def _save(
    place: Checkpoint,
    step: int,
    parameters: Sequence[torch.Tensor],
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> None:
    place.path.parent.mkdir(parents=True, exist_ok=True)
    partial = place.path.with_suffix(".partial")
    values = [parameter.detach() for parameter in parameters]
    state = {"step": step, "parameters": values, "optimiser": optimiser.state_dict(), "drawn": generator.get_state()}
    torch.save(state, partial)
    partial.replace(place.path)


def _load(
    place: Checkpoint,
    parameters: Sequence[torch.Tensor],
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> int:
    state = torch.load(place.path, weights_only=True)
    with torch.no_grad():
        for parameter, stored in zip(parameters, state["parameters"], strict=True):
            parameter.copy_(stored)
    optimiser.load_state_dict(state["optimiser"])
    generator.set_state(state["drawn"])
    place.went_on = True
    return int(state["step"])
