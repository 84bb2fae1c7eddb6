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
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.coding import CODINGS
from benchmarks.harness import Benchmark, Result, Row, add_photographs
from benchmarks.pictures import photographs
from benchmarks.rd.plot import draw
from benchmarks.rd.report import document
from benchmarks.rd.runs import FAMILIES, OURS, Budgets, Point, Unit, run, wanted

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
