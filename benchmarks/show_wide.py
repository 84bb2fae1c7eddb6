"""A gain map that shows wide-gamut colour in stock browsers: what it shows, and what it does on sRGB screens.

    python -m benchmarks.show_wide FOLDER

The middle of every photograph, at most 0.7 megapixels, is reduced to a JPEG (quality 95, 4:4:4, extended samples) with
gain maps of some sizes. Figures are of the Python prediction, which tests/view/test_shown.py compares with Chromium's
pixels. Beside them: a Display P3 JPEG of the same quality, which shows as much as such a file can, and the file without
a map.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.arrays import Codes, Wide
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import middle, photographs
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.convert import convert_space
from gamutmeta.color.gamut import out_of_gamut
from gamutmeta.color.spaces import DISPLAY_P3, PROPHOTO, SRGB, apply_matrix, conversion_matrix, decode_table
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.colour_map import MOST_CODES, made_map
from gamutmeta.pipeline.reduced import Encoding

PIXELS = 700_000
QUALITY = 95
SIZES = (1_500, 4_000)
"""Limits for a map, all told."""

GAIN, INSIDE, SRGB_MEDIAN, SRGB_WORST = 7.5, -0.4, 48.0, 42.0
"""What was aimed at with 4,000 bytes: dB."""


def p3_jpeg(wide: Wide) -> Codes:
    """What a Display P3 JPEG of the same quality shows, Display P3 codes."""
    file = io.BytesIO()
    codes = convert_space(wide, PROPHOTO, DISPLAY_P3, np.uint8)
    Image.fromarray(codes).save(file, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return np.asarray(Image.open(file))


def p3_psnr(shown: Codes, wide: Wide) -> tuple[float, float]:
    """PSNR of Display P3 codes in linear Display P3, outside sRGB and inside."""
    linear = decode_table(PROPHOTO, 65536)[wide]
    outside = out_of_gamut(apply_matrix(conversion_matrix(PROPHOTO, SRGB), linear))
    wanted = np.clip(apply_matrix(conversion_matrix(PROPHOTO, DISPLAY_P3), linear), 0, 1)
    error = np.square(decode_table(DISPLAY_P3, 256)[shown] - wanted)
    return tuple(float(-10 * np.log10(error[mask].mean(dtype=np.float64))) for mask in (outside, ~outside))  # type: ignore[return-value]


def run(path: Path) -> Row:
    wide = np.ascontiguousarray(middle(read_photo(path).convert("prophoto").array, PIXELS))
    samples = reduce_to_sycc(wide, Adaptation.BRADFORD)
    file = Encoding("jpeg", QUALITY, "4:4:4", progressive=False, is_ycc=True).encode(samples, Metadata())
    base = decode_srgb(file)
    row: Row = {"photograph": path.stem, "pixels": wide[..., 0].size, "file_bytes": len(file), "maps": {}}
    og, ig = p3_psnr(p3_jpeg(wide), wide)
    for size in SIZES:
        start = time.process_time()
        made = made_map(base, wide, size)
        if made is None:
            raise ValueError(f"{path.stem}: no map of {size} bytes")
        figures = made.figures
        row |= {"og": figures.p3_psnr_og_plain, "ig": figures.p3_psnr_ig_plain}
        row["maps"][str(size)] = {
            "bytes": figures.map_bytes,
            "og": figures.p3_psnr_og - figures.p3_psnr_og_plain,
            "ig": figures.p3_psnr_ig - figures.p3_psnr_ig_plain,
            "srgb": figures.srgb_psnr,
            "codes": figures.srgb_codes,
            "cpu_seconds": time.process_time() - start,
        }
    row["p3_jpeg"] = {"og": og - row["og"], "ig": ig - row["ig"]}
    return row


def _over(rows: Sequence[Row], size: int, figure: str, pick: Callable[[Sequence[float]], float]) -> float:
    return pick([row["maps"][str(size)][figure] for row in rows])


def _summary(rows: Sequence[Row]) -> str:
    heads = ["limit, bytes", "bytes", "outside sRGB: median, worst", "share of a P3 JPEG's gain: median"]
    heads += ["inside sRGB: median, worst", "sRGB screen, PSNR: median, worst", "largest change, codes: median, worst"]
    lines = []
    for size in SIZES:
        of: Any = lambda figure, pick, size=size: _over(rows, size, figure, pick)  # noqa: E731
        shares = [100 * row["maps"][str(size)]["og"] / row["p3_jpeg"]["og"] for row in rows if row["p3_jpeg"]["og"] > 1]
        lines.append(
            [
                f"{size:,}", f"{of('bytes', median):,.0f}", f"{of('og', median):+.2f}, {of('og', min):+.2f}",
                f"{median(shares):.0f} %", f"{of('ig', median):+.2f}, {of('ig', min):+.2f}",
                f"{of('srgb', median):.1f}, {of('srgb', min):.1f}", f"{of('codes', median):.0f}, {of('codes', max)}",
            ]
        )  # fmt: skip
    p3 = [row["p3_jpeg"] for row in rows]
    lines.append(
        ["Display P3 JPEG", "", f"{median(r['og'] for r in p3):+.2f}, {min(r['og'] for r in p3):+.2f}", "100 %",
         f"{median(r['ig'] for r in p3):+.2f}, {min(r['ig'] for r in p3):+.2f}", "", ""]
    )  # fmt: skip
    return table(heads, lines)


def _details(rows: Sequence[Row]) -> str:
    heads = ["photograph", "without a map: outside, inside", *(f"{size:,} bytes" for size in SIZES), "P3 JPEG"]
    heads += [f"sRGB screen at {SIZES[1]:,}: PSNR, codes"]
    lines = []
    for row in rows:
        maps = [row["maps"][str(size)] for size in SIZES]
        cells = [row["photograph"], f"{row['og']:.1f}, {row['ig']:.1f}"]
        cells += [f"{each['og']:+.2f}, {each['ig']:+.2f}" for each in (*maps, row["p3_jpeg"])]
        lines.append([*cells, f"{maps[2]['srgb']:.1f}, {maps[2]['codes']}"])
    return table(heads, lines)


def _targets(rows: Sequence[Row]) -> str:
    """What was aimed at, and what was reached."""
    size = SIZES[1]
    reached = [
        ("outside sRGB, median", GAIN, _over(rows, size, "og", median), True),
        ("inside sRGB, median", INSIDE, _over(rows, size, "ig", median), True),
        ("sRGB screen, PSNR, median", SRGB_MEDIAN, _over(rows, size, "srgb", median), True),
        ("sRGB screen, PSNR, worst", SRGB_WORST, _over(rows, size, "srgb", min), True),
        ("sRGB screen, largest change, codes, worst", MOST_CODES, _over(rows, size, "codes", max), False),
    ]
    lines = [
        [name, f"{aim:g}", f"{value:.2f}", "yes" if (value >= aim if more else value <= aim) else "no"]
        for name, aim, value, more in reached
    ]
    return table([f"with {size:,} bytes", "aim", "reached", ""], lines)


def document(result: Result) -> str:
    rows = result["rows"]
    seconds = median(row["maps"][str(SIZES[1])]["cpu_seconds"] for row in rows)
    return (
        f"Measured on {result['machine']['processor']}: {len(rows)} photographs of at most {PIXELS / 1e6:.1f} "
        f"megapixels, JPEG quality {QUALITY}, 4:4:4, extended samples. A map takes {seconds:.0f} s of the processor "
        "(median).\n\nGains are dB of PSNR in linear Display P3 over the same file without a map, as a Display P3 "
        "screen shows both; the reference is the photograph clipped to Display P3. On an sRGB screen the picture is "
        "compared with that without a map.\n\n"
        f"{_summary(rows)}\n\nWhat was aimed at:\n\n{_targets(rows)}\n\n"
        f"Every photograph, gain outside sRGB and inside, dB:\n\n{_details(rows)}\n"
    )


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    paths = photographs(options)
    if options.fresh:
        result["rows"] = [row for row in result["rows"] if row["photograph"] not in {path.stem for path in paths}]
    known = {row["photograph"] for row in result["rows"]}
    for path in paths:
        if path.stem not in known:
            result["rows"].append(run(path))
            yield path.stem


BENCHMARK = Benchmark("show_wide", __doc__, add_photographs, measure, document, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
