"""A shoulder for lossless files: what a visible change within a budget restores.

    python -m benchmarks.shoulder PHOTOGRAPH... [--only NAME ...] [--caps BYTES ...] [--quick]

With ``--visible-change`` the last codes of a PNG or TIFF hold colours outside sRGB, and its picture differs a little
from exact clipping. Every photograph is reduced with no change allowed and with each budget, and restored. Figures are
PSNR in linear ProPhoto over out-of-gamut (OG), in-gamut (IG) and all pixels; how the picture looks against exact
clipping (CIEDE2000); and the size of the PNG without its payload.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from benchmarks.arrays import Codes, Wide
from benchmarks.extended import in_gamut
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import middle, photographs
from gamutmeta.color.shoulder import Shoulder
from gamutmeta.container import Payload
from gamutmeta.fit.config import RUNGS, FitConfig, preset_named
from gamutmeta.measure.quality import Quality
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.measure.visible import VisibleChange
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.photo.pixels import encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.fitted import measured
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.shoulder import with_shoulder

BUDGETS = (0.5, 1.0)
"""The 99th percentile of CIEDE2000 that is allowed."""

CAPS = (6_000, 1_500)
"""Of payloads, bytes."""

PIXELS = 1_100_000
"""Of larger photographs the middle is taken."""


def run(wide: Wide, config: FitConfig) -> Row:
    """One photograph with payloads of one size, exactly clipped and at every budget."""
    plain = reduce(WideImage(wide), preset=config, device="cpu")
    clipped = _strict(wide, plain.pixels, replace(plain.payload, descriptor=Descriptor(), tensors=()))
    kept = measured(plain.payload, wide, plain.pixels)
    nothing = VisibleChange(0.0, 0.0)
    row: Row = {
        "cap": config.max_bytes,
        "clipped": {"og": round(clipped.psnr_og, 4), "ig": round(in_gamut(clipped), 4)},
        "0": _figures(wide, plain.pixels, plain.payload, nothing),
    }
    for budget in BUDGETS:
        options = ReduceOptions(preset=config, visible_change=budget, device="cpu")
        # The second half of reduce(), which begins with this very payload.
        found = with_shoulder(wide, plain.pixels, (plain.payload, kept), config, options).found
        made = (plain.pixels, plain.payload, nothing) if found is None else (found.pixels, found.payload, found.change)
        row[f"{budget:g}"] = _figures(wide, *made)
    return row


def _strict(wide: Wide, pixels: Codes, payload: Payload) -> Quality:
    """With the paper's mask, which is not the one that reduce() decides by."""
    return measure_quality(wide, expand(payload.descriptor, payload.weights(), pixels), strict=True)


def _figures(wide: Wide, pixels: Codes, payload: Payload, change: VisibleChange) -> Row:
    shoulder, quality = payload.descriptor.shoulder, _strict(wide, pixels, payload)
    return {
        "og": round(quality.psnr_og, 4),
        "ig": round(in_gamut(quality), 4),
        "whole": round(quality.psnr, 4),
        "bytes": len(payload.to_bytes()),
        "png_bytes": len(encode_srgb_file(pixels, "png")),
        "seen": round(change.mean, 4),
        "seen_99": round(change.percentile_99, 4),
        "shoulder": "" if shoulder is None else shoulder.to_bytes().hex(),
    }


# --- tables ----------------------------------------------------------------------------------------------------------


def _gain(row: Row, budget: float, figure: str) -> float:
    return float(row[f"{budget:g}"][figure] - row["0"][figure])


def _summary(rows: Sequence[Row]) -> str:
    """Medians, and the worst photograph, against the same file exactly clipped."""
    heads = ["payload, bytes", "visible change", "OG: median, worst", "whole: median, worst"]
    heads += ["IG against plain conversion: median, worst; clipped", "PNG size: median, largest"]
    heads += ["CIEDE2000: mean, largest mean", "99th percentile: median, largest", "with a shoulder"]
    lines = []
    for cap in sorted({row["cap"] for row in rows}, reverse=True):
        for budget in BUDGETS:
            these = [row for row in rows if row["cap"] == cap]
            sides = [row[f"{budget:g}"] for row in these]
            cells = [f"{cap:,}", f"{budget:g}"]
            for figure in ("og", "whole"):
                gains = [_gain(row, budget, figure) for row in these]
                cells += [f"{median(gains):+.2f}, {min(gains):+.2f}"]
            inside = [side["ig"] - row["clipped"]["ig"] for side, row in zip(sides, these, strict=True)]
            without = median(row["0"]["ig"] - row["clipped"]["ig"] for row in these)
            cells += [f"{median(inside):+.2f}, {min(inside):+.2f}; {without:+.2f}"]
            sizes = [side["png_bytes"] / row["0"]["png_bytes"] for side, row in zip(sides, these, strict=True)]
            cells += [f"x{median(sizes):.3f}, x{max(sizes):.3f}"]
            for figure, digits in (("seen", 3), ("seen_99", 2)):
                seen = [side[figure] for side in sides]
                cells += [f"{median(seen):.{digits}f}, {max(seen):.{digits}f}"]
            cells += [f"{sum(bool(side['shoulder']) for side in sides)} of {len(sides)}"]
            lines.append(cells)
    return table(heads, lines)


def _details(rows: Sequence[Row]) -> str:
    heads = ["photograph", "bytes", "clipped OG", "0: OG, whole"]
    heads += [f"{budget:g}: OG, whole; IG; PNG; codes" for budget in BUDGETS]
    lines = []
    for row in rows:
        cells = [row["photograph"], f"{row['cap']:,}", f"{row['clipped']['og']:.2f}"]
        cells += [f"{row['0']['og']:.2f}, {row['0']['whole']:.2f}"]
        for budget in BUDGETS:
            side = row[f"{budget:g}"]
            inside = side["ig"] - row["clipped"]["ig"]
            size = side["png_bytes"] / row["0"]["png_bytes"]
            gains = f"{_gain(row, budget, 'og'):+.2f}, {_gain(row, budget, 'whole'):+.2f}"
            cells += [f"{gains}; {inside:+.2f}; x{size:.3f}; {_in_words(side['shoulder'])}"]
        lines.append(cells)
    return table(heads, lines)


def _in_words(shoulder: str) -> str:
    return str(Shoulder.from_bytes(bytes.fromhex(shoulder))).removeprefix("shoulder of ") if shoulder else "none"


def document(result: Result) -> str:
    machine, rows = result["machine"], result["rows"]
    return (
        f"Measured on {machine['processor']}, torch {machine['libraries']['torch']}: "
        f"{len({row['photograph'] for row in rows})} photographs of at most {PIXELS / 1e6:.1f} megapixels, steps of the"
        f" preset balanced ({result['steps']:,}), one seed. dB of PSNR in linear ProPhoto, gained over the same file"
        f" with visible change 0.\n\n{_summary(rows)}\n\nEvery photograph: PSNR of clipping and at visible change 0;"
        " then gains, in-gamut PSNR against plain conversion, size of the PNG, and stretched codes of red/green/blue:"
        f"\n\n{_details(rows)}\n"
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument(
        "--caps", nargs="+", type=int, default=list(CAPS), choices=RUNGS, metavar="BYTES", help="sizes of payloads"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    config = preset_named("balanced")
    if options.quick:
        config = replace(config, steps=config.steps // 10)
    result["steps"] = config.steps
    paths = photographs(options)
    wanted = {(path.stem, cap) for path in paths for cap in options.caps}
    if options.fresh:
        result["rows"] = [row for row in result["rows"] if (row["photograph"], row["cap"]) not in wanted]
    known = {(row["photograph"], row["cap"]) for row in result["rows"]}
    for cap in options.caps:
        for path in paths:
            if (path.stem, cap) not in known:
                wide = np.ascontiguousarray(middle(read_photo(path).convert("prophoto").array, PIXELS))
                result["rows"].append({"photograph": path.stem} | run(wide, config.within(cap)))
                yield f"{path.stem}, {cap:,} bytes"


BENCHMARK = Benchmark("shoulder", __doc__, arguments, measure, document, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
