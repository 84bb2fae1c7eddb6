"""The learned start against random ones: preset `paper` on photographs that were not learnt from.

    python -m benchmarks.paper.compare_starts DATA [--steps 400 1200 4000] [--seeds 1] [--name NAME]

Every photograph of the split's unseen list is fitted from both, at equal steps, otherwise as the preset does; PSNR of
out-of-gamut pixels and of the whole picture, lossless coding. Writes ``results/<name>.json`` and ``results/<name>.md``.
Rows that are there already are not measured again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe
from benchmarks.paper.training_set import SPLIT, read_photographs, read_split
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.quality import measure
from gamutmeta.fit.config import preset_named
from gamutmeta.fit.engine import fit
from gamutmeta.model.expand import expand
from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.fit.config import FitConfig

RESULTS = Path(__file__).parents[1] / "results"

Row = dict[str, Any]


def measured(name: str, wide: NDArray[np.uint16], config: FitConfig, seed: int) -> Row:
    """One fit of one photograph."""
    codes, _ = reduce_to_codes(wide, config.adaptation)
    result = fit(codes, wide, config, gate=None, device="cpu", seed=seed)
    tensors = zip(result.descriptor.tensor_specs(), result.tensors, strict=True)
    restored = expand(result.descriptor, {spec.name: tensor.decode() for spec, tensor in tensors}, codes)
    quality = measure(wide, restored, config.adaptation)
    return {
        "photograph": name,
        "start": config.start,
        "steps": config.steps,
        "seed": seed,
        "og": quality.psnr_og,
        "all": quality.psnr,
        "seconds": result.seconds,
    }


def table(rows: Sequence[Row]) -> str:
    """Mean over the seeds: random, learned, and the difference, for each photograph and number of steps."""
    steps = sorted({row["steps"] for row in rows})
    head = "".join(f" random, {n:,} steps | learned | gain |" for n in steps)
    lines = [f"| photograph |{head}", "|" + "---|" * (1 + 3 * len(steps))]
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
        lines.append(f"| {photograph} | {' | '.join(cells)} |")
    means = " | ".join(f" | | {mean(gains[n]):+.2f}" if gains[n] else " | | " for n in steps)
    return "\n".join([*lines, f"| mean | {means.strip()} |"]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of 16-bit ProPhoto photographs")
    parser.add_argument("--steps", type=int, nargs="+", default=[400, 1_200, 4_000])
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--width", type=int, default=32, help="of the hidden layers")
    parser.add_argument("--split", type=Path, default=SPLIT)
    parser.add_argument("--name", default="paper_starts", help="of the result files")
    options = parser.parse_args(arguments)
    path = RESULTS / f"{options.name}.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    done = {(row["photograph"], row["start"], row["steps"], row["seed"]) for row in rows}
    for name, wide in read_photographs(options.data, read_split(options.split).unseen):
        for steps in options.steps:
            for start in ("random", "learned"):
                config = replace(preset_named("paper"), hidden=(options.width, options.width), steps=steps, start=start)
                new = [seed for seed in range(options.seeds) if (name, start, steps, seed) not in done]
                rows += [measured(name, wide, config, seed) for seed in new]
        atomic_write(
            path, (json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n").encode(), overwrite=True
        )
    text = table(rows)
    atomic_write(path.with_suffix(".md"), text.encode(), overwrite=True)
    print(text)


if __name__ == "__main__":
    main()
