"""Learn the start weights of the paper's model.

    python -m benchmarks.paper.train_meta DATA [--width 32 64] [--quick] [--device auto] [--seed 0] [--resume]

DATA holds 16-bit ProPhoto photographs; those of the split's training list are learnt from. Writes ``paper-<width>.npz``
(float16, without pickle) and the recipe beside it as ``paper-<width>.json``, by default into the package. Interrupted,
it goes on from its last checkpoint with ``--resume``, and ends with the same weights.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np

import gamutmeta.fit.starts
from benchmarks.machine import describe
from benchmarks.paper.checkpoint import load_arrays, save_arrays
from benchmarks.paper.meta.reptile import Recipe, Reptile
from benchmarks.paper.meta.weights import to_package
from benchmarks.paper.training_set import SPLIT, load_training, read_split
from gamutmeta.fit.engine import choose_device
from gamutmeta.fit.threads import single_threaded
from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from benchmarks.paper.training_set import Picture

PACKAGE = Path(gamutmeta.fit.starts.__file__).parent
_CHECKPOINT_EVERY = 500
_QUICK = 20
"""`--quick` makes so many times fewer steps."""


def learn(
    recipe: Recipe, pictures: Sequence[Picture], device: torch.device, checkpoint: Path, *, resume: bool
) -> tuple[Reptile, list[float], float]:
    """All steps of a recipe.

    Args:
        recipe: how.
        pictures: what to learn from.
        device: where.
        checkpoint: kept every 500 steps, and removed at the end.
        resume: go on from it, if it is there.

    Returns:
        The training, the loss before adaptation at the steps done now, and the seconds all steps took.

    Raises:
        ValueError: if the checkpoint is of another recipe or other photographs.
    """
    training, losses, seconds = Reptile(recipe, pictures, device), [], 0.0
    facts = {"recipe": recipe.facts(), "photographs": [picture.name for picture in pictures]}
    if resume and checkpoint.exists():
        arrays, found = load_arrays(checkpoint)
        if {name: found.get(name) for name in facts} != facts:
            raise ValueError(
                f"{checkpoint} is of another recipe or other photographs; remove it, or leave out --resume"
            )
        training.resume(arrays)
        seconds = float(found["seconds"])
    with single_threaded():
        while training.done < recipe.steps:
            start = time.perf_counter()
            losses.append(training.step())
            seconds += time.perf_counter() - start
            if training.done % _CHECKPOINT_EVERY == 0 and training.done < recipe.steps:
                save_arrays(checkpoint, training.arrays(), facts | {"seconds": seconds})
                print(f"width {recipe.width}: step {training.done}, loss {mean(losses[-_CHECKPOINT_EVERY:]):.4f}")
    checkpoint.unlink(missing_ok=True)
    return training, losses, seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of 16-bit ProPhoto photographs")
    parser.add_argument("--width", type=int, nargs="+", default=[32, 64], help="of the hidden layers")
    parser.add_argument("--split", type=Path, default=SPLIT, help="JSON file with the training list")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the steps; needs --out")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--out", type=Path, help="folder for the weights; the package's by default")
    options = parser.parse_args(arguments)
    if options.quick and options.out is None:
        parser.error("--quick makes no weights for the package: name a folder with --out")
    out, split, device = options.out or PACKAGE, read_split(options.split), choose_device(options.device)
    pictures = load_training(options.data, split)
    for width in options.width:
        recipe = Recipe(width, seed=options.seed)
        if options.quick:
            recipe = Recipe(width, seed=options.seed, steps=recipe.steps // _QUICK)
        checkpoint = out / f"paper-{width}.checkpoint.npz"
        training, losses, seconds = learn(recipe, pictures, device, checkpoint, resume=options.resume)
        save_start(out, training, split.training, {"seconds": round(seconds, 1), "loss": mean(losses[-100:])}, device)
        print(f"width {width}: {recipe.steps} steps in {seconds:.0f} s, written to {out}")


def save_start(
    out: Path, training: Reptile, photographs: Sequence[str], figures: dict[str, float], device: torch.device
) -> None:
    """Write the weights, then the recipe."""
    recipe = training.recipe
    weights = to_package([weight.cpu().numpy() for weight in training.start])
    out.mkdir(parents=True, exist_ok=True)
    atomic_write(
        out / f"paper-{recipe.width}.npz",
        lambda file: np.savez(file, allow_pickle=False, **{k: w.astype(np.float16) for k, w in weights.items()}),
        overwrite=True,
    )
    facts = {
        "model": f"the paper's: 120 Fourier features -> {recipe.width} -> {recipe.width} -> 3, no biases",
        "method": "Reptile: inner steps of gradient descent on a crop, outer steps of Adam",
        "made by": "python -m benchmarks.paper.train_meta",
        "recipe": recipe.facts(),
        "photographs": list(photographs),
        "device": device.type,
        **figures,
        "machine": describe(),
    }
    atomic_write(out / f"paper-{recipe.width}.json", (json.dumps(facts, indent=1) + "\n").encode(), overwrite=True)


if __name__ == "__main__":
    main()
