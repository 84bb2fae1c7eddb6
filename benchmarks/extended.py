"""JPEGs with extended samples against plain ones: with no payload, and with payloads of several sizes.

    python -m benchmarks.extended PHOTOGRAPH... [--only NAME ...] [--codings NAME ...] [--quick]

Extended samples hold colours outside sRGB in the JPEG's own YCbCr. Every photograph is written both ways at every
quality and chroma subsampling, and restored from the samples alone and with payloads. Figures are PSNR in linear
ProPhoto over out-of-gamut (OG), in-gamut (IG) and all pixels; how the file looks against exact clipping (PSNR of its
codes, CIEDE2000 of a sample of pixels); and its size. The same again at equal bytes of the whole file: there, the plain
JPEG's figure is interpolated between its qualities at the size of the extended one.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.figures import DE_PIXELS, Coding, added_bytes, payload_of
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import middle, photographs
from benchmarks.rivals.method import linear_of
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.subsampling import BLOCKS, fit_subsampled
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.fit.gate import gate_for
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab
from gamutmeta.measure.quality import Quality
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, encode_srgb_file
from gamutmeta.photo.read import read_photo

QUALITIES = (75, 85, 90, 95, 100)
CODINGS = tuple(
    Coding(f"q{quality} {chroma}", "jpeg", quality, chroma) for chroma in ("4:4:4", "4:2:0") for quality in QUALITIES
)
CAPS = (400, 1_500, 6_000)
"""Of payloads, bytes; 0, none, is measured as well."""

PIXELS = 700_000
"""Of larger photographs the middle is taken."""


def run(wide: Wide, coding: Coding, config: FitConfig) -> Row:
    """One photograph, coded one way, plain and extended."""
    exact, _ = reduce_to_codes(wide, config.adaptation)
    data = {"plain": coding.encode(exact), "extended": _encode_extended(wide, coding, config.adaptation)}
    row: Row = {"quality": coding.quality, "subsampling": coding.subsampling}
    for samples, file in data.items():
        shown = decode_srgb(file)
        codes = shown if samples == "plain" else decode_sycc(file)
        row[samples] = {
            "file_bytes": len(file),
            **_seen(shown, exact),
            "0": _restored(wide, codes, _alone(samples), {}),
        }
        for cap in CAPS:
            row[samples][str(cap)] = _fitted(wide, codes, samples, config.within(cap))
    return row


def _encode_extended(wide: Wide, coding: Coding, adaptation: Adaptation) -> bytes:
    codes = reduce_to_sycc(wide, adaptation)
    if coding.subsampling in BLOCKS:
        codes = fit_subsampled(codes, BLOCKS[coding.subsampling], adaptation)
    return encode_srgb_file(codes, quality=coding.quality, subsampling=coding.subsampling, is_ycc=True)


def _alone(samples: str) -> Descriptor:
    return Descriptor(samples=SampleCoding.SRGB if samples == "plain" else SampleCoding.SYCC)


def _fitted(wide: Wide, codes: Codes, samples: str, config: FitConfig) -> Row:
    from gamutmeta.fit.engine import fit

    kind = _alone(samples).samples
    gate = gate_for(wide, codes, config.adaptation) if kind is SampleCoding.SRGB else None
    payload = payload_of(codes, fit(codes, wide, config, gate=gate, samples=kind, device="cpu"), "jpeg")
    return _restored(wide, codes, payload.descriptor, payload.weights()) | {"bytes": len(payload.to_bytes())}


def _restored(wide: Wide, codes: Codes, descriptor: Descriptor, weights: Mapping[str, Floats]) -> Row:
    quality = measure_quality(wide, expand(descriptor, weights, codes), strict=True)
    figures = {"og": quality.psnr_og, "ig": in_gamut(quality), "whole": quality.psnr}
    return {name: round(value, 4) for name, value in figures.items()} | {"bytes": 0}


def in_gamut(quality: Quality) -> float:
    """PSNR of the in-gamut pixels, dB."""
    share = quality.og_percent / 100
    inside = (quality.rmse**2 - share * quality.rmse_og**2) / (1 - share) if share < 1 else 0.0
    return -10 * math.log10(max(inside, 1e-12))


def _seen(shown: Codes, exact: Codes) -> Row:
    """How far a file's picture is from exact clipping."""
    pixels = len(shown.reshape(-1, 3))
    drawn = np.sort(np.random.default_rng(0).choice(pixels, min(DE_PIXELS, pixels), replace=False))
    lab = [_lab(codes.reshape(-1, 3)[drawn]) for codes in (exact, shown)]
    difference = delta_e_2000(*lab)
    error = float(np.mean(np.square(shown.astype(np.int16) - exact, dtype=np.float64)))
    return {
        "seen_psnr": round(20 * math.log10(255) - 10 * math.log10(max(error, 1e-12)), 4),
        "seen_de": round(float(difference.mean()), 4),
        "seen_de_99": round(float(np.percentile(difference, 99)), 4),
    }


def _lab(codes: Codes) -> Any:
    """CIE Lab of sRGB codes, (n, 3)."""
    return prophoto_to_lab(linear_of(expand(Descriptor(), {}, codes[None])[0]))


# --- tables ----------------------------------------------------------------------------------------------------------


def _coding(row: Row) -> str:
    return f"q{row['quality']} {row['subsampling']}"


def _median(values: Sequence[float]) -> str:
    return f"{median(values):+.2f}" if values else ""


def at_equal_bytes(rows: Sequence[Row], row: Row, cap: int, figure: str) -> float | None:
    """How much better the extended file of a row is than a plain one of its size with a payload of the same cap.

    The plain file's figure is interpolated over the logarithm of its size between the qualities measured; None beyond.
    """
    same = [r for r in rows if (r["photograph"], r["subsampling"]) == (row["photograph"], row["subsampling"])]
    points = sorted((_file_bytes(r["plain"], cap), r["plain"][str(cap)][figure]) for r in same)
    size = _file_bytes(row["extended"], cap)
    if len(points) < 2 or not points[0][0] <= size <= points[-1][0]:
        return None
    sizes, figures = zip(*points, strict=True)
    plain = np.interp(math.log(size), np.log(sizes), figures)
    return float(row["extended"][str(cap)][figure] - plain)


def _file_bytes(side: Row, cap: int) -> int:
    return int(side["file_bytes"]) + added_bytes("jpeg", side[str(cap)]["bytes"])


def _pictures(rows: Sequence[Row]) -> str:
    """How the files look, and how large they are; medians, and the worst growth."""
    heads = ["coding", "photographs", "file growth, %: median, worst", "PSNR against exact clipping: plain, extended"]
    heads += ["mean CIEDE2000: plain, extended", "99th percentile: plain, extended"]
    lines = []
    for coding in dict.fromkeys(map(_coding, rows)):
        these = [row for row in rows if _coding(row) == coding]
        growth = [100 * (row["extended"]["file_bytes"] / row["plain"]["file_bytes"] - 1) for row in these]
        cells = [coding, str(len(these)), f"{median(growth):+.1f}, {max(growth):+.1f}"]
        for key, digits in (("seen_psnr", 1), ("seen_de", 3), ("seen_de_99", 2)):
            cells += [", ".join(f"{median(row[s][key] for row in these):.{digits}f}" for s in ("plain", "extended"))]
        lines.append(cells)
    return table(heads, lines)


def _gains(rows: Sequence[Row], figure: str) -> str:
    """Medians of what the extended files gain over clipping and over plain files with payloads."""
    heads = ["coding", "samples alone over clipping"]
    heads += [f"{cap:,} bytes over plain with {cap:,}" for cap in CAPS]
    heads += [f"{cap:,} over plain with {CAPS[-1]:,}: median, worst" for cap in CAPS]
    heads += [f"{cap:,} at equal file bytes" for cap in CAPS]
    lines = []
    for coding in dict.fromkeys(map(_coding, rows)):
        these = [row for row in rows if _coding(row) == coding]

        def over(cap: int, plain_cap: int, these: Sequence[Row] = these) -> list[float]:
            return [row["extended"][str(cap)][figure] - row["plain"][str(plain_cap)][figure] for row in these]

        cells = [coding, _median(over(0, 0)), *(_median(over(cap, cap)) for cap in CAPS)]
        cells += [f"{_median(over(cap, CAPS[-1]))}, {min(over(cap, CAPS[-1])):+.2f}" for cap in CAPS]
        for cap in CAPS:
            found = [at_equal_bytes(rows, row, cap, figure) for row in these]
            cells += [_median([value for value in found if value is not None])]
        lines.append(cells)
    return table(heads, lines)


def _in_gamut_table(rows: Sequence[Row]) -> str:
    """In-gamut PSNR against plain conversion of the plain file: the median and the worst photograph."""
    heads = ["coding", "plain, 6,000 bytes", "samples alone", *(f"extended, {cap:,} bytes" for cap in CAPS)]
    lines = []
    for coding in dict.fromkeys(map(_coding, rows)):
        these = [row for row in rows if _coding(row) == coding]
        cells = [coding]
        for samples, cap in (("plain", CAPS[-1]), ("extended", 0), *(("extended", cap) for cap in CAPS)):
            gains = [row[samples][str(cap)]["ig"] - row["plain"]["0"]["ig"] for row in these]
            cells += [f"{median(gains):+.2f}, {min(gains):+.2f}"]
        lines.append(cells)
    return table(heads, lines)


def _details(rows: Sequence[Row]) -> str:
    heads = [
        "photograph",
        "coding",
        "clipped OG",
        f"plain {CAPS[-1]:,}",
        "samples alone",
        *(f"{cap:,}" for cap in CAPS),
    ]
    lines = []
    for row in rows:
        pairs = [row["plain"]["0"], row["plain"][str(CAPS[-1])], *(row["extended"][str(cap)] for cap in (0, *CAPS))]
        lines.append([row["photograph"], _coding(row), *(f"{pair['og']:.2f}, {pair['whole']:.2f}" for pair in pairs)])
    return table(heads, lines)


def _place(row: Row) -> tuple[str, bool, int]:
    """Rows were measured in any order."""
    return row["photograph"], row["subsampling"] != "4:4:4", row["quality"]


def document(result: Result) -> str:
    machine, rows = result["machine"], sorted(result["rows"], key=_place)
    return (
        f"Measured on {machine['processor']}, torch {machine['libraries']['torch']}: "
        f"{len({row['photograph'] for row in rows})} photographs of at most {PIXELS / 1e6:.1f} megapixels, time and "
        f"steps ({result['steps']:,}) of the preset balanced at every size. dB of PSNR in linear ProPhoto, medians "
        "over the photographs.\n\nHow the files look, against the exactly clipped picture, and their size:\n\n"
        f"{_pictures(rows)}\n\nOut-of-gamut pixels, dB gained:\n\n{_gains(rows, 'og')}\n\n"
        f"All pixels, dB gained:\n\n{_gains(rows, 'whole')}\n\n"
        f"In-gamut pixels against plain conversion of the plain JPEG, dB, median and worst:\n\n{_in_gamut_table(rows)}"
        f"\n\nEvery photograph, OG and whole PSNR:\n\n{_details(rows)}\n"
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    names = [coding.name for coding in CODINGS]
    parser.add_argument("--codings", nargs="+", default=names, choices=names, metavar="CODING", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    config = preset_named("balanced")
    if options.quick:
        config = replace(config, steps=config.steps // 10)
    result["steps"] = config.steps
    codings = [coding for coding in CODINGS if coding.name in options.codings]
    paths = photographs(options)
    wanted = {(path.stem, coding.name) for path in paths for coding in codings}
    if options.fresh:
        result["rows"] = [row for row in result["rows"] if (row["photograph"], _coding(row)) not in wanted]
    known = {(row["photograph"], _coding(row)) for row in result["rows"]}
    for path in paths:
        todo = [coding for coding in codings if (path.stem, coding.name) not in known]
        if not todo:
            continue
        wide = np.ascontiguousarray(middle(read_photo(path).convert("prophoto").array, PIXELS))
        for coding in todo:
            result["rows"].append({"photograph": path.stem} | run(wide, coding, config))
            yield f"{path.stem}, {coding.name}"


BENCHMARK = Benchmark("extended", __doc__, arguments, measure, document, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
