"""Fit and expansion on one NVIDIA GPU, against the paper's model in plain torch and in torch.compile on the same GPU.

    python -m benchmarks.gpu PHOTOGRAPH [--megapixels N ...] [--repeat N] [--only PART ...] [--quick SHARE]
        [--images N] [--jobs N ...]

The photograph is tiled up, mirrored at the seams, to each size; from `batch` on to 24 megapixels alone. Needs torch
with CUDA and Triton, and refuses without.

Parts:
    card    what the card can do: copying within its memory, and products of matrices in float32, TF32 and bfloat16.
    expand  from codes to pixels: arrays that stay on the GPU, with either precision of the kernel; from main memory and
            back; the paper's model on the GPU, in plain torch and compiled. Bytes are those of codes and pixels, read
            and written once; operations are those of the model on the pixels it acts on.
    fit     the `balanced` preset on the GPU against the paper's 1,200 steps of 16,384 samples there.
    batch   milliseconds of one step of the fit by samples per step: by Triton's kernels with products of matrices in
            float32, three times TF32 and TF32, and by torch's operations; recorded, and piece by piece.
    pictures
            the same by pictures that take the step together: 1, 4 and 16.
    together
            fitting so many pictures together, all of it.
    paper   the paper's own sizes and settings by benchmarks/paper: 23 and 53 KB, 9,000 steps from random weights and
            1,200 from learned ones. `--quick` takes a share of them.
    folder  pictures per minute through the command, decoding and encoding included, on the GPU and on the CPU, and
            which share of the time was the fit's.

Times within the GPU are those of its own events, else those of the clock; the best and the median of all rounds after
one that does not count.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gpu.card import abilities, describe_card, refusal
from benchmarks.gpu.report import document, with_figures
from benchmarks.harness import Benchmark, Result, Row

PARTS = ("card", "expand", "fit", "batch", "pictures", "together", "paper", "folder")
_ONE_SIZE = 24
"""Megapixels of the picture that steps are timed with, whose time does not depend on it, and of all that takes long."""


def rows_of(options: argparse.Namespace) -> Iterator[Row]:
    from benchmarks.gpu import work  # need what refusal() looks for
    from benchmarks.pictures import tiled
    from gamutmeta.photo.read import read_photo

    if "card" in options.only:
        yield from abilities(options.repeat)
    photograph = read_photo(options.photograph).array
    for megapixels in options.megapixels:
        wide = tiled(photograph, megapixels)
        if "expand" in options.only:
            yield from work.expansions(wide, megapixels, options.repeat)
        if "fit" in options.only:
            yield from work.fits(wide, megapixels, options.repeat)
    wide = tiled(photograph, _ONE_SIZE)
    if "batch" in options.only:
        yield from work.batches(wide, options.repeat)
    if "pictures" in options.only:
        yield from work.pictures(wide, options.repeat)
    if "together" in options.only:
        yield from work.together(wide, _ONE_SIZE, options.repeat)
    if "paper" in options.only:
        yield from work.papers(wide, _ONE_SIZE, options.repeat, options.quick)
    if "folder" in options.only:
        with tempfile.TemporaryDirectory() as name:
            counts = {"images": options.images, "jobs": options.jobs, "repeat": options.repeat}
            yield from work.folders(wide, _ONE_SIZE, Path(name), **counts)


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    if (reason := refusal()) is not None:
        sys.exit(reason)
    result |= {"card": describe_card(), "photograph": options.photograph.stem}
    rows: list[Row] = []
    for row in rows_of(options):
        rows.append(row)
        result["rows"] = with_figures(rows)
        yield json.dumps(row)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 12, 24, 50, 100])
    parser.add_argument("--repeat", type=int, default=5, help="rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", type=float, default=1.0, help="share of the steps of the paper's settings")
    parser.add_argument("--images", type=int, default=16, help="of the folder")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 4, 16], help="of the folder")


BENCHMARK = Benchmark("gpu", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
