"""Make a data set of 16-bit ProPhoto photographs.

    python -m benchmarks.paper.make_dataset PLACE [PLACE ...] -o FOLDER [options]

PLACE is a photograph, raw or of any other kind that gamutmeta reads, or a folder of such. What is made, and how the
paper's own data set is laid out, is told in ``dataset/README.md``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import command_line, number
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import SPACES
from gamutmeta.errors import GamutMetaError


def _parser() -> argparse.ArgumentParser:
    parser = command_line(__doc__, "paper.make_dataset")
    percent = number(0, 100)
    parser.add_argument("places", metavar="PLACE", type=Path, nargs="+", help="photograph, or folder of photographs")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to make; must not exist")
    styles = "neutral, or vivid-N: saturation times N in linear ProPhoto (neutral vivid-1.4)"
    parser.add_argument("--styles", nargs="+", default=["neutral", "vivid-1.4"], help=styles)
    parser.add_argument("--min-og", type=percent, default=10.0, help="least out-of-gamut share, percent (10)")
    parser.add_argument("--test-share", type=percent, default=10.0, help="scenes for testing, percent (10)")
    parser.add_argument("--crop", type=int, default=512, choices=(128, 256, 512, 1024), help="side in pixels (512)")
    parser.add_argument("--crops", type=number(0, kind=int), default=16, help="at most, of a picture (16)")
    parser.add_argument("--assume-space", choices=SPACES, help="of files that name none (srgb)")
    parser.add_argument("--adaptation", type=Adaptation, choices=list(Adaptation), default=Adaptation.CAT02)
    parser.add_argument("--seed", type=int, default=0, help="of the split and the crops (0)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    from benchmarks.paper.dataset.build import Recipe, build
    from benchmarks.paper.dataset.photographs import Style

    try:
        recipe = Recipe(
            styles=tuple(map(Style.named, dict.fromkeys(options.styles))),
            min_og=options.min_og,
            test_share=options.test_share / 100,
            crop=options.crop,
            crops=options.crops,
            assume_space=options.assume_space,
            adaptation=options.adaptation,
            seed=options.seed,
        )
        rows, failures = build(options.places, options.output, recipe)
    except (GamutMetaError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for kind, split in (("picture", "test"), ("picture", "train"), ("crop", "train")):
        print(f"{sum((row.kind, row.split) == (kind, split) for row in rows):6} {split} {kind}s")
    if failures:
        print(f"error: {failures} files could not be read, see above", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
