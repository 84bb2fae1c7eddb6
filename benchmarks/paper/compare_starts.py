"""The learned start against random ones: preset `paper` on photographs that were not learnt from.

    python -m benchmarks.paper.compare_starts DATA [--steps 400 1200 4000] [--seeds 1]

Every photograph of the split's unseen list is fitted from both, at equal steps, otherwise as the preset does; PSNR of
out-of-gamut pixels and of the whole picture, lossless coding. Rows that the result file has are not measured again.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean

from benchmarks.arrays import Wide
from benchmarks.harness import Benchmark, Result, Row, table
from benchmarks.paper.training_set import SPLIT, read_photographs, read_split
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.model.expand import expand


def measured(wide: Wide, config: FitConfig, place: Row) -> Row:
    """One fit of one photograph, with the start and the seed of its `place`."""
    from benchmarks.paper.reptile import payload_start
    from gamutmeta.fit.engine import fit

    codes, _ = reduce_to_codes(wide, config.adaptation)
    start = payload_start(config.hidden[0]) if place["start"] == "learned" else None
    result = fit(codes, wide, config, gate=None, device="cpu", seed=place["seed"], start=start)
    tensors = zip(result.descriptor.tensor_specs(), result.tensors, strict=True)
    restored = expand(result.descriptor, {spec.name: tensor.decode() for spec, tensor in tensors}, codes)
    quality = measure_quality(wide, restored, config.adaptation, strict=True)
    return place | {"og": quality.psnr_og, "all": quality.psnr, "seconds": result.seconds}


def document(result: Result) -> str:
    """Mean over the seeds: random, learned, and the difference, for each photograph and number of steps."""
    rows = result["rows"]
    steps = sorted({row["steps"] for row in rows})
    heads = [head for n in steps for head in (f"random, {n:,} steps", "learned", "gain")]
    lines = []
    gains: dict[int, list[float]] = {n: [] for n in steps}
    for photograph in sorted({row["photograph"] for row in rows}):
        cells = []
        for n in steps:
            found = {
                start: [r["og"] for r in rows if (r["photograph"], r["steps"], r["start"]) == (photograph, n, start)]
                for start in ("random", "learned")
            }
            if not all(found.values()):
                cells += ["", "", ""]
                continue
            random, learned = mean(found["random"]), mean(found["learned"])
            gains[n].append(learned - random)
            cells += [f"{random:.2f}", f"{learned:.2f}", f"{learned - random:+.2f}"]
        lines.append([photograph, *cells])
    means = " | ".join(f" | | {mean(gains[n]):+.2f}" if gains[n] else " | | " for n in steps)
    return "\n".join([table(["photograph", *heads], lines), f"| mean | {means.strip()} |"]) + "\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, help="folder of 16-bit ProPhoto photographs")
    parser.add_argument("--steps", type=int, nargs="+", default=[400, 1_200, 4_000])
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--width", type=int, default=32, choices=(32, 64), help="of the hidden layers")
    parser.add_argument("--split", type=Path, default=SPLIT)


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    from benchmarks.paper.reptile import start_photographs

    rows: list[Row] = [] if options.fresh else result["rows"]
    result["rows"] = rows
    unseen = read_split(options.split).unseen
    if seen := sorted(start_photographs(options.width) & set(unseen)):
        sys.exit(f"the start was learned from {', '.join(seen)}, which {options.split} lists as unseen")
    for name, wide in read_photographs(options.data, unseen):
        for steps in options.steps:
            for start in ("random", "learned"):
                config = replace(preset_named("paper"), hidden=(options.width, options.width), steps=steps)
                places = [{"photograph": name, "start": start, "steps": steps, "seed": k} for k in range(options.seeds)]
                new = [place for place in places if not any(row.items() >= place.items() for row in rows)]
                rows += [measured(wide, config, place) for place in new]
        yield name


BENCHMARK = Benchmark(
    "paper_starts", __doc__, arguments, measure, document, resumes=True, module="paper.compare_starts"
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
