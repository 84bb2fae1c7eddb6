"""Quality against bytes: gamutmeta at every size, the paper's model, ProPhoto samples and gain maps.

    python -m benchmarks.rate_distortion PHOTOGRAPH... [--only NAME ...] [--methods FAMILY ...] [--jobs N] [--quick]

Every method restores each of the photographs from its sRGB file and some bytes of metadata; figures are PSNR in linear
ProPhoto on [0, 1] and mean CIEDE2000, over all, out-of-gamut (OG) and in-gamut (IG) pixels. Bytes are the difference of
two files, with the metadata and without. Seconds are kept in the JSON alone, as they came; benchmarks.speed measures
them.

Rows that the result file has are not measured again: ``--fresh`` drops those of the families and photographs asked for.
The tables show all rows of the file, so that families can be run one after the other.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.arrays import Codes
from benchmarks.figures import CODINGS, Coding, Original, added_bytes
from benchmarks.harness import Benchmark, Result, Row, add_photographs
from benchmarks.pictures import photographs
from benchmarks.rd.plot import draw
from benchmarks.rd.report import document
from benchmarks.rivals.gain_map import GainMap
from benchmarks.rivals.samples import Samples
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.config import PRESETS, FitConfig, preset_named
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

Point = tuple[str, int | None]
"""A method at a budget."""

CAPS = (400, 620, 960, 1_500, 2_400, 3_800, 6_000, 9_600, 16_000, 28_000, 61_440)
"""With the time of `balanced`; 6,000 bytes with the time of `best` as well."""
_LONG = ("gamutmeta best", 6_000)
GAIN_MAP_BUDGETS = (1_500, 3_000, 6_000, 16_000, 61_440)
SAMPLE_BUDGETS = (*GAIN_MAP_BUDGETS, 135_000)
FAMILIES = ("clipping", "presets", "caps", "reference", "reference-bradford", "samples", "gain-map")
OURS = frozenset({"presets", "caps"})
"""Families that are gamutmeta itself: run on every coding."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """What is asked for: all by default."""

    caps: tuple[int, ...] = CAPS
    gain_map: tuple[int, ...] = GAIN_MAP_BUDGETS
    samples: tuple[int, ...] = SAMPLE_BUDGETS


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work."""

    path: Path
    coding: Coding
    family: str
    budgets: Budgets
    seed: int = 0

    @property
    def place(self) -> Row:
        place = {"photograph": self.path.stem, "coding": self.coding.name}
        return place | {"family": self.family, "seed": self.seed}


def wanted(unit: Unit) -> list[Point]:
    """The points that a unit has: the methods of its family at their budgets."""
    if unit.family == "clipping":
        return [(f"clipping, {name}", None) for name in ("bradford", "cat02")]
    if unit.family in OURS:
        return list(_configs(unit))
    return [(method.name, budget) for method in _rivals(unit) for budget in method.budgets]


def run(unit: Unit, points: Collection[Point]) -> list[Row]:
    photo = read_photo(unit.path).convert("prophoto")
    original = Original(photo.array)
    runs = _clipping if unit.family == "clipping" else _ours if unit.family in OURS else _of_rivals
    place = unit.place | {"pixels": f"{photo.width}x{photo.height}"}
    return [place | row for row in runs(unit, photo, original, points)]


def _row(unit: Unit, point: Point, adaptation: Adaptation, size: int, more: Row) -> Row:
    return {
        "method": point[0],
        "budget": point[1],
        "adaptation": adaptation.value,
        "payload_bytes": size,
        "added_bytes": added_bytes(unit.coding.format, size),
    } | more


def _clipping(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    for name, _ in points:
        adaptation = Adaptation(name.removeprefix("clipping, "))
        codes = unit.coding.decoded(photo.array, adaptation)
        restored = expand_pixels(Descriptor(adaptation=adaptation), {}, codes)
        yield _row(unit, (name, None), adaptation, 0, original.figures(restored, adaptation))


def _configs(unit: Unit) -> dict[Point, FitConfig]:
    if unit.family == "presets":
        return {(f"gamutmeta {name}", None): preset_named(name) for name in PRESETS}
    found: dict[Point, FitConfig] = {
        ("gamutmeta", cap): preset_named("balanced").within(cap) for cap in unit.budgets.caps
    }
    if _LONG[1] in unit.budgets.caps:
        found[_LONG] = preset_named("best").within(_LONG[1])
    return found


def _ours(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    from gamutmeta.pipeline.reduce import reduce

    for point, config in _configs(unit).items():
        if point not in points:
            continue
        result = reduce(photo, preset=config, device="cpu", seed=unit.seed, **unit.coding.options)
        codes = result.pixels if result.coded is None else decode_srgb(result.coded)
        start = time.perf_counter()
        restored = expand_pixels(result.payload.descriptor, result.payload.weights(), codes)
        seconds, report = time.perf_counter() - start, result.report
        yield _row(unit, point, config.adaptation, len(result.payload.to_bytes()), {
            "note": report.model,
            "notes": list(report.notes),
            "fit_seconds": None if report.fit_seconds is None else round(report.fit_seconds, 3),
            "expand_seconds": round(seconds, 3),
        } | original.figures(restored, config.adaptation))  # fmt: skip


def _rivals(unit: Unit) -> list[GainMap] | list[Samples] | list[Any]:
    if unit.family == "samples":
        return [Samples(unit.budgets.samples)]
    if unit.family == "gain-map":
        return [GainMap(unit.budgets.gain_map)]
    from benchmarks.rivals.reference import Reference, Training

    training = Training(Adaptation.BRADFORD if unit.family == "reference-bradford" else Adaptation.CAT02)
    return [Reference(training, "float32"), Reference(training, "float16"), Reference(training, "int8")]


def _of_rivals(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    codes: Codes | None = None
    for method in _rivals(unit):
        for budget in method.budgets:
            if (method.name, budget) not in points:
                continue
            if codes is None:  # one adaptation for the whole family
                codes = unit.coding.decoded(photo.array, method.adaptation)
            metadata = method.fit(photo.array, codes, budget, unit.seed)
            start = time.perf_counter()
            restored = method.expand(codes, metadata.data)
            more: dict[str, Any] = {
                "note": metadata.note,
                "fit_seconds": round(metadata.seconds, 3),
                "expand_seconds": round(time.perf_counter() - start, 3),
            }
            figures = original.figures(restored, method.adaptation)
            yield _row(unit, (method.name, budget), method.adaptation, len(metadata.data), more | figures)


# --- the benchmark ---------------------------------------------------------------------------------------------------

QUICK = Budgets(caps=(960, 2_400, 16_000), gain_map=(3_000, 16_000), samples=(3_000, 16_000))
DEFAULT_FAMILIES = tuple(name for name in FAMILIES if name != "reference-bradford")


def units(paths: Sequence[Path], families: Sequence[str], *, quick: bool) -> list[Unit]:
    """What is to be run, small steps first: a photograph, a coding and a family each."""
    codings = [coding for coding in CODINGS if not quick or coding.format == "png"]
    return [
        Unit(path, coding, family, QUICK if quick else Budgets())
        for path in paths
        for coding in codings
        for family in ("clipping", *(name for name in families if name != "clipping"))
        if coding.rivals or family == "clipping" or family in OURS
    ]


def measured(work: Sequence[tuple[Unit, list[Point]]], jobs: int) -> Iterator[tuple[Unit, list[Row]]]:
    """Run every unit, on so many processes of one thread each."""
    if jobs == 1:
        yield from ((unit, run(unit, points)) for unit, points in work)
        return
    # A forked child would inherit the threads of numpy and torch in whatever state they are.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(run, unit, points): unit for unit, points in work}
        for done in as_completed(running):
            yield running[done], done.result()


def missing(unit: Unit, rows: Sequence[Row]) -> list[Point]:
    """The points of a unit that the rows lack."""
    known = {(row["method"], row["budget"]) for row in rows if row.items() >= unit.place.items()}
    return [point for point in wanted(unit) if point not in known]


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows by photograph and coding, then as the families have them, in whatever order they were measured."""
    codings = [coding.name for coding in CODINGS]
    points = [(family, *point) for family in FAMILIES for point in wanted(Unit(Path(), CODINGS[0], family, Budgets()))]
    places = {point: i for i, point in enumerate(points)}

    def place(row: Row) -> tuple[str, int, int]:
        point = row["family"], row["method"], row["budget"]
        return row["photograph"], codings.index(row["coding"]), places.get(point, len(places))

    return sorted(rows, key=place)


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument("--methods", nargs="+", default=DEFAULT_FAMILIES, choices=FAMILIES, metavar="FAMILY",
                        help=f"of {', '.join(FAMILIES)}; clipping is always among them")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes of one thread each; more blur the seconds")
    parser.add_argument("--quick", action="store_true", help="PNG alone, and few budgets")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    every = units(photographs(options), options.methods, quick=options.quick)
    if options.fresh:
        dropped = [unit.place.items() for unit in every]
        result["rows"] = [row for row in result["rows"] if not any(row.items() >= place for place in dropped)]
    work = [(unit, points) for unit in every if (points := missing(unit, result["rows"]))]
    start = time.perf_counter()
    for count, (unit, rows) in enumerate(measured(work, options.jobs), 1):
        result["rows"] = ordered([*result["rows"], *rows])
        place = f"{unit.path.stem}, {unit.coding.name}, {unit.family}"
        yield f"[{count}/{len(work)}, {time.perf_counter() - start:.0f} s] {place}: {len(rows)} rows"


BENCHMARK = Benchmark("rate_distortion", __doc__, arguments, measure, document, draw, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
