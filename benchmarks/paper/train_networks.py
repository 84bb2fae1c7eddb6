"""Train the image-to-image networks of the tables.

    python -m benchmarks.paper.train_networks DATA [--network KEY ...] [--quick] [--width N] [--steps N]
                                              [--device auto] [--seed 0] [--resume] [--out FOLDER]

DATA holds 16-bit ProPhoto photographs; those of the split's training list are learnt from, by crops of 512x512 with at
least a tenth out of gamut. Without further options each network has its paper's width, and 400,000 steps: work for a
GPU. With `--quick` a thin network is trained for about a minute and a half on one CPU core. Whatever is less than the
paper's is called under-trained in the tables. Interrupted, `--resume` goes on, and ends with the same weights.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from benchmarks.machine import describe
from benchmarks.paper.checkpoint import load_arrays, save_arrays
from benchmarks.paper.networks.catalogue import ARCHITECTURES, FULL_STEPS, architecture_named
from benchmarks.paper.networks.store import WEIGHTS, save_generator
from benchmarks.paper.networks.training import Plan, Training
from benchmarks.paper.training_set import SPLIT, load_training, read_split
from gamutmeta.fit.engine import choose_device
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from benchmarks.paper.training_set import Picture

_SAVE_SECONDS = 60
"""A checkpoint is kept this often."""
_RECENT = 20
"""Over how many steps the mean difference is taken."""


def train(
    plan: Plan, pictures: Sequence[Picture], device: torch.device, checkpoint: Path, *, resume: bool
) -> tuple[Training, dict[str, float]]:
    """All steps of a plan.

    Args:
        plan: what, and how long.
        pictures: what to learn from.
        device: where.
        checkpoint: kept once a minute, and removed at the end.
        resume: go on from it, if it is there.

    Returns:
        The training, and ``seconds`` (of all steps) and ``difference`` (mean absolute, of the last 20 done now).

    Raises:
        ValueError: if the checkpoint is of another plan or other photographs.
    """
    training, seconds, differences = Training(plan, pictures, device), 0.0, []
    facts = {"plan": plan.facts(), "photographs": [picture.name for picture in pictures]}
    if resume and checkpoint.exists():
        arrays, found = load_arrays(checkpoint)
        if {name: found.get(name) for name in facts} != facts:
            raise ValueError(f"{checkpoint} is of another plan or other photographs; remove it, or leave out --resume")
        training.resume(arrays)
        seconds = float(found["seconds"])
    start = saved = time.perf_counter()
    with single_threaded():
        while training.done < plan.steps:
            differences.append(training.step())
            now = time.perf_counter()
            if now - saved > _SAVE_SECONDS and training.done < plan.steps:
                save_arrays(checkpoint, training.arrays(), facts | {"seconds": seconds + now - start})
                saved = time.perf_counter()
                recent = mean(differences[-_RECENT:])
                print(f"{plan.key}: step {training.done} of {plan.steps}, mean difference {recent:.4f}", flush=True)
    checkpoint.unlink(missing_ok=True)
    seconds += time.perf_counter() - start
    return training, {"seconds": round(seconds, 1), "difference": mean(differences[-_RECENT:] or [float("nan")])}


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    keys = [architecture.key for architecture in ARCHITECTURES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of 16-bit ProPhoto photographs")
    parser.add_argument("--network", nargs="+", choices=keys, default=keys, metavar="KEY", help=", ".join(keys))
    parser.add_argument("--quick", action="store_true", help="thin networks, a minute and a half each on a CPU")
    parser.add_argument("--width", type=int, help="channels of the first layer, instead of the paper's")
    parser.add_argument("--steps", type=int, help="of the optimiser, instead of 400,000")
    parser.add_argument("--split", type=Path, default=SPLIT, help="JSON file with the training list")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights")
    options = parser.parse_args(arguments)
    device, split = choose_device(options.device), read_split(options.split)
    pictures = load_training(options.data, split)
    for key in options.network:
        architecture = architecture_named(key)
        width = architecture.quick_width if options.quick else architecture.full_width
        steps = architecture.quick_steps if options.quick else FULL_STEPS
        plan = Plan(key, options.width or width, options.steps or steps, seed=options.seed)
        checkpoint = options.out / f"{key}.checkpoint.npz"
        training, figures = train(plan, pictures, device, checkpoint, resume=options.resume)
        facts = plan.facts() | {"photographs": list(split.training), "device": device.type, **figures}
        path = save_generator(options.out, training.generator, facts | {"machine": describe()})
        print(f"{path}: {plan.steps} steps in {figures['seconds']:.0f} s, mean difference {figures['difference']:.4f}")


if __name__ == "__main__":
    main()
