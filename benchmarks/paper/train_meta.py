"""Learn the start weights of the paper's model.

    python -m benchmarks.paper.train_meta DATA [--width 32 64] [--styles neutral vivid-1.2 ...] [--steps N] [--quick]
                                            [--device auto] [--seed 0] [--resume]

DATA holds 16-bit ProPhoto photographs; those of the split's training list are learnt from, in each of the styles.
Writes ``paper-<width>.npz`` (float16, without pickle) and the recipe beside it as ``paper-<width>.json``. `--quick`
does a twentieth of the steps. Interrupted, `--resume` continues from the last checkpoint, and ends with
the same weights.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from statistics import mean

from benchmarks.harness import number
from benchmarks.machine import describe
from benchmarks.paper.dataset.photographs import Style
from benchmarks.paper.learning import learn, parser
from benchmarks.paper.training_set import load_training, read_split, save_weights

_QUICK = 20
"""`--quick` makes so many times fewer steps."""


def main(arguments: Sequence[str] | None = None) -> int:
    command = parser(__doc__, "paper.train_meta")
    command.add_argument("--width", type=int, nargs="+", default=[32, 64], help="of the hidden layers")
    help_ = "as of make_dataset, on top of what the photographs have (neutral vivid-1.2 vivid-1.4)"
    command.add_argument("--styles", nargs="+", default=["neutral", "vivid-1.2", "vivid-1.4"], help=help_)
    command.add_argument("--steps", type=number(1, kind=int), help="outer steps; 10,000 by default")
    options = command.parse_args(arguments)
    from benchmarks.paper.reptile import Recipe, Reptile, to_payload
    from gamutmeta.fit.torch_engine import choose_device

    split, device = read_split(options.split), choose_device(options.device)
    styles = [Style.named(name) for name in dict.fromkeys(options.styles)]
    pictures = load_training(options.data, split, styles)
    for width in options.width:
        recipe = Recipe(width, seed=options.seed)
        if options.steps is not None:
            recipe = replace(recipe, steps=options.steps)
        if options.quick:
            recipe = replace(recipe, steps=recipe.steps // _QUICK)
        training = Reptile(recipe, pictures, device)
        facts = {"recipe": asdict(recipe), "photographs": list(split.training), "styles": options.styles}
        path = options.out / f"paper-{width}.npz"
        losses, seconds = learn(training, recipe.steps, path.with_suffix(".pt"), facts, resume=options.resume)
        about = {
            "model": f"the paper's: 120 Fourier features -> {width} -> {width} -> 3, no biases",
            "method": "Reptile: inner steps of gradient descent on a crop, outer steps of Adam",
            "made by": "python -m benchmarks.paper.train_meta",
        }
        figures = {"device": device.type, "seconds": round(seconds, 1), "loss": mean(losses[-100:] or [float("nan")])}
        weights = to_payload([weight.cpu().numpy() for weight in training.start])
        save_weights(path, weights, about | facts | figures | {"machine": describe()}, inside=False)
        print(f"width {width}: {recipe.steps} steps in {seconds:.0f} s, written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
