"""Train the image-to-image networks of the tables.

    python -m benchmarks.paper.train_networks DATA [--network KEY ...] [--quick] [--width N] [--steps N]
                                              [--device auto] [--seed 0] [--resume] [--out FOLDER]

DATA holds 16-bit ProPhoto photographs; those of the split's training list are learnt from, by crops of 512x512 with at
least a tenth out of gamut. Without further options each network has its paper's width, and 400,000 steps: work for a
GPU. With `--quick` a thin network is trained for about a minute and a half on one CPU core. Whatever is less than the
paper's is called under-trained in the tables. Interrupted, `--resume` continues, and ends with the same weights.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from statistics import mean

from benchmarks.machine import describe
from benchmarks.paper.learning import learn, parser
from benchmarks.paper.training_set import load_training, read_split

_KEYS = ("gamutnet", "pix2pix", "pix2pixhd", "asapnet")


def main(arguments: Sequence[str] | None = None) -> int:
    command = parser(__doc__, "paper.train_networks")
    command.add_argument("--network", nargs="+", choices=_KEYS, default=_KEYS, metavar="KEY", help=", ".join(_KEYS))
    command.add_argument("--width", type=int, help="channels of the first layer, instead of the paper's")
    command.add_argument("--steps", type=int, help="of the optimiser, instead of 400,000")
    options = command.parse_args(arguments)
    from benchmarks.paper.networks.store import save_generator
    from benchmarks.paper.networks.training import FULL_STEPS, Plan, Training, architecture_named
    from gamutmeta.fit.torch_engine import choose_device

    device, split = choose_device(options.device), read_split(options.split)
    pictures = load_training(options.data, split)
    for key in options.network:
        known = architecture_named(key)
        width, steps = (known.quick_width, known.quick_steps) if options.quick else (known.full_width, FULL_STEPS)
        plan = Plan(key, options.width or width, options.steps or steps, seed=options.seed)
        training = Training(plan, pictures, device)
        facts = asdict(plan) | {"photographs": list(split.training)}
        differences, seconds = learn(training, plan.steps, options.out / f"{key}.pt", facts, resume=options.resume)
        figures = {"seconds": round(seconds, 1), "difference": mean(differences[-20:] or [float("nan")])}
        about = facts | {"device": device.type} | figures | {"machine": describe()}
        path = save_generator(options.out, training.generator, about)
        print(f"{path}: {plan.steps} steps in {seconds:.0f} s, mean difference {figures['difference']:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
