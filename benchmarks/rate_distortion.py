"""Quality against bytes: gamutmeta at every size, the paper's model, ProPhoto samples and gain maps.

    python -m benchmarks.rate_distortion FOLDER [--only NAME ...] [--methods FAMILY ...] [--jobs N] [--quick]

The folder holds wide-gamut photographs (16-bit TIFF). Every method restores each of them from its sRGB file and some
bytes of metadata; figures are PSNR in linear ProPhoto on [0, 1] and mean CIEDE2000, over all, out-of-gamut (OG) and
in-gamut (IG) pixels. Bytes are the difference of two files, with the metadata and without. Seconds are kept in the JSON
alone, as they came; benchmarks.speed measures them.

Rows are kept in a cache as they are measured, and are not measured again: ``--fresh`` drops those of the families and
photographs asked for. The results show everything in the cache, so that families can be run one after the other.
Writes ``results/<name>.json``, ``.md``, ``.png`` and ``.svg`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe
from benchmarks.rd.cache import Cache, key_of
from benchmarks.rd.coding import CODINGS
from benchmarks.rd.plot import draw
from benchmarks.rd.runs import FAMILIES, OURS, Budgets, Unit, run, wanted
from benchmarks.rd.tables import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rd.runs import Point, Row

RESULTS = Path(__file__).parent / "results"
QUICK = Budgets(caps=(960, 2_400, 16_000), gain_map=(3_000, 16_000), samples=(3_000, 16_000))
DEFAULT_FAMILIES = tuple(name for name in FAMILIES if name != "reference-bradford")


def photographs(folder: Path, only: Sequence[str]) -> list[Path]:
    """The TIFF files of a folder whose names contain one of `only`; all of them if that is empty."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".tif", ".tiff"})
    return [path for path in found if not only or any(name in path.stem for name in only)]


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


def missing(unit: Unit, cache: Cache) -> list[Point]:
    """The points of a unit that the cache lacks."""
    known = {key_of(row) for row in cache.rows()}
    place = {"photograph": unit.path.stem, "coding": unit.coding.name, "family": unit.family, "seed": unit.seed}
    return [
        (method, budget)
        for method, budget in wanted(unit)
        if key_of(place | {"method": method, "budget": budget}) not in known
    ]


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows by photograph and coding, then as the families have them, in whatever order they were measured."""
    codings = [coding.name for coding in CODINGS]
    points = [(family, *point) for family in FAMILIES for point in wanted(Unit(Path(), CODINGS[0], family, Budgets()))]
    places = {point: i for i, point in enumerate(points)}

    def place(row: Row) -> tuple[str, int, int]:
        point = row["family"], row["method"], row["budget"]
        return row["photograph"], codings.index(row["coding"]), places.get(point, len(places))

    return sorted(rows, key=place)


def default_cache(name: str) -> Path:
    """Where rows are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gamutmeta-benchmarks" / f"{name}.jsonl"


def write(rows: Sequence[Row], name: str) -> str:
    """Write all result files, and return the table."""
    machine = describe()
    text = document(rows, machine)
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    # A row a line: the file is long, and its differences should be readable.
    content = f'{{"machine": {json.dumps(machine)},\n"rows": [\n{lines}\n]}}\n'
    (RESULTS / f"{name}.json").write_text(content, encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    draw(rows, [RESULTS / f"{name}.{suffix}" for suffix in ("png", "svg")])
    return text


def arguments_of(arguments: Sequence[str] | None) -> Any:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="photographs with this in their name")
    parser.add_argument("--methods", nargs="+", default=DEFAULT_FAMILIES, choices=FAMILIES, metavar="FAMILY",
                        help=f"of {', '.join(FAMILIES)}; clipping is always among them")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes of one thread each; more blur the seconds")
    parser.add_argument("--quick", action="store_true", help="PNG alone, and few budgets")
    parser.add_argument("--fresh", action="store_true", help="measure again what the cache has of these")
    parser.add_argument("--cache", type=Path, help="the file that keeps rows; by default in the user's cache folder")
    parser.add_argument("--name", help="of the result files")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    options = arguments_of(arguments)
    name = options.name or ("rate_distortion_quick" if options.quick else "rate_distortion")
    cache = Cache(options.cache or default_cache(name))
    paths = photographs(options.folder, options.only)
    if not paths:
        sys.exit(f"{options.folder}: no such TIFF photographs")
    every = units(paths, options.methods, quick=options.quick)
    if options.fresh:
        places = {(unit.path.stem, unit.coding.name, unit.family) for unit in every}
        cache.drop(lambda row: (row["photograph"], row["coding"], row["family"]) in places)
    work = [(unit, points) for unit in every if (points := missing(unit, cache))]
    start = time.perf_counter()
    for count, (unit, rows) in enumerate(measured(work, options.jobs), 1):
        cache.add(rows)
        place = f"{unit.path.stem}, {unit.coding.name}, {unit.family}"
        print(f"[{count}/{len(work)}, {time.perf_counter() - start:.0f} s] {place}: {len(rows)} rows", flush=True)
    print(write(ordered(cache.rows()), name))


if __name__ == "__main__":
    main()
