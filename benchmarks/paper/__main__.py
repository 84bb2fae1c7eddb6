"""The paper's tables: every method, measured side by side.

    python -m benchmarks.paper DATA [--rows ROW ...] [--codings CODING ...] [--device auto] [--quick SHARE]
                               [--crop N] [--only NAME ...] [--method MODULE:CLASS ...]

DATA is a folder of 16-bit ProPhoto pictures (TIFF or PNG), or one that benchmarks.paper.make_dataset made; a picture
that names no colour space is taken for ProPhoto. Rows are keys of methods, groups, "table1", "table2", "table3",
"figure8" or "all".

Every measurement is kept in a cache and made once: a long table can be made in pieces, with other rows, pictures or
machines, and taken up again after a stop; a long optimisation goes on from where it was stopped, but for a minute. Any
number of processes may run at once: none measures what another is at. --known adds the rows of tables made elsewhere.
The cache knows a method's version, but not what else a change of the code makes stale: --fresh measures again. The
tables show all that the cache has of these pictures, whatever --rows says; without any row (``--rows`` alone) nothing
is measured. With --quick 0.1 methods are given a tenth of their own optimisation steps, which every table says; where
there are several, a method's largest share is shown.

A rival of your own is measured with the others by ``--method my.module:Class``; what such a class has to have is told
in benchmarks/paper/README.md.

Writes into the folder ``paper`` of --out: ``tables.md``, ``tables.json``, for each picture ``NAME.png`` with error maps
and chromaticity diagrams of the out-of-gamut colours, and ``ablations.png`` and ``.svg`` with Tables 2 and 3 and
Figure 8.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Benchmark, Result, matplotlib_defaults, number, save_figure

CODINGS = ("rounded", "truncated", "jpeg")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--rows", nargs="*", default=["all"], metavar="ROW", help="what to measure; all by default")
    parser.add_argument("--method", nargs="+", default=[], metavar="MODULE:CLASS", help="further methods")
    parser.add_argument("--codings", nargs="+", default=CODINGS, choices=CODINGS, metavar="CODING",
                        help=f"of {', '.join(CODINGS)}; all by default")  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=number(1, kind=int), default=1, help="of torch, on the CPU")
    parser.add_argument("--quick", type=number(1e-9, 1), default=1.0, metavar="SHARE", help="of the optimisation steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crop", type=number(1, kind=int), metavar="N", help="measure the central N x N pixels alone")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="pictures with this in their name")
    parser.add_argument(
        "--row-by-row", action="store_true", help="all pictures of a row before the next, as they are named"
    )
    parser.add_argument("--known", type=Path, metavar="JSON", help="tables.json whose rows count as measured")
    parser.add_argument(
        "--progress", action="store_true", help="measure nothing; say how far it is, and how long it takes"
    )
    parser.add_argument("--fresh", action="store_true", help="measure again what the cache has of this")
    parser.add_argument("--cache", type=Path, help="folder of measurements; by default in the user's cache folder")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    """What the cache lacks; the result has all that it has of these pictures."""
    from benchmarks.paper.run import Run  # torch

    run = Run.of(options)
    if options.progress:
        print(*run.progress(), sep="\n")
        sys.exit(0)
    yield from run.measure()
    result["rows"] = list(run.known(run.names()))
    if not result["rows"]:
        sys.exit("nothing was measured of these pictures yet")
    result |= {"absent": dict(run.registry.absent), "device": run.setting.device}
    with matplotlib_defaults():
        for name, figure in run.photographs(result):
            save_figure(figure, options.out / "paper" / f"{name}.png")
    if run.failed:
        sys.exit("\n".join([f"{len(run.failed)} measurements failed:", *run.failed]))


def document(result: Result) -> str:
    from benchmarks.paper.report import tables

    return tables.document(result)


def draw_ablations(result: Result) -> Any:
    from benchmarks.paper.report import plots

    return plots.draw_ablations(result)


BENCHMARK = Benchmark(
    "paper/tables", __doc__, arguments, measure, document, draw_ablations, plot="ablations", module="paper"
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
