"""The trainer of the learned starts and of the four networks: one command line, checkpoints once a minute."""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.harness import OUT, command_line
from benchmarks.paper.training_set import SPLIT

_SAVE_SECONDS = 60
"""A checkpoint is kept this often."""


def parser(description: str | None, module: str) -> argparse.ArgumentParser:
    result = command_line(description, module)
    result.add_argument("data", type=Path, help="folder of 16-bit ProPhoto photographs")
    result.add_argument("--split", type=Path, default=SPLIT, help="JSON file with the training list")
    result.add_argument("--quick", action="store_true", help="small: about a minute and a half each on a CPU")
    result.add_argument("--device", default="auto", help="auto, cpu or cuda")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--resume", action="store_true", help="resume from the last checkpoint")
    help_ = "for the weights (build/benchmarks/weights); the tables read those in benchmarks/paper/weights"
    result.add_argument("--out", type=Path, default=OUT / "weights", metavar="FOLDER", help=help_)
    return result


def learn(
    learner: Any, steps: int, checkpoint: Path, facts: Mapping[str, Any], *, resume: bool
) -> tuple[Sequence[float], float]:
    """Take all steps of a learner, with a checkpoint once a minute, which is removed at the end.

    A learner has ``step()``, ``done`` steps, ``state_dict()`` and ``load_state_dict(state)``.

    Returns:
        The figures of the steps done now, and the seconds that all steps took.

    Raises:
        ValueError: if the checkpoint to resume from is of other facts.
    """
    import torch

    from gamutmeta.fit.threads import single_threaded

    seconds, figures = 0.0, list[float]()
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["facts"] != facts:
            raise ValueError(f"{checkpoint} is of other settings or photographs; remove it, or leave out --resume")
        learner.load_state_dict(state["learner"])
        seconds = state["seconds"]
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    start = saved = time.perf_counter()
    with single_threaded():
        while learner.done < steps:
            figures.append(learner.step())
            now = time.perf_counter()
            if now - saved > _SAVE_SECONDS and learner.done < steps:
                saved, partial = now, checkpoint.with_suffix(".partial")
                so_far = {"learner": learner.state_dict(), "facts": facts, "seconds": seconds + now - start}
                torch.save(so_far, partial)
                partial.replace(checkpoint)
                print(f"{checkpoint.stem}: step {learner.done} of {steps}: {mean(figures[-20:]):.4f}", flush=True)
    checkpoint.unlink(missing_ok=True)
    return figures, seconds + time.perf_counter() - start
