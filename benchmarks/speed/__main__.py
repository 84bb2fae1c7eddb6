"""Time and memory of fit, expansion and both pipelines, by the size of the picture, against the paper's model in torch.

    python -m benchmarks.speed PHOTOGRAPH [--megapixels N ...] [--threads N ...] [--repeat N] [--only PART ...]

The photograph is tiled up, mirrored at the seams, to each size. Everything is measured in processes of its own, so that
peak memory is that of one task; the competitors take turns, round by round, so that whatever else the machine does hits
them all. Times are the best and the median of all rounds. Processes are confined to as many cores as they have threads.

Parts:
    expand  in memory, into an array that is there already: gamutmeta with numpy alone and in machine code (a
            `balanced` model on lossless codes, and one without gate on the codes of a JPEG), the paper's model in plain
            torch, and copying input to output, as the measure of what memory allows. Beside them a loop of
            multiply-adds shows what the cores compute at most: with fused instructions, and with two for each, as
            samples that equal numpy's need.
    fit     the presets against the paper's 1,200 steps of 16,384 samples, with the out-of-gamut (OG) PSNR of each.
    pipeline  ``reduce_file`` from TIFF to JPEG and PNG and ``expand_file`` back to TIFF, from the start of Python to
    its
            end, by stage; and the same conversions without gamutmeta (tifffile and Pillow alone).
    start   importing, and the command line's shortest answers.

Parts that are not measured keep their rows in the result file. With ``--check`` the ratios of this run are compared
with the committed ones (``benchmarks/results/<name>.json``); the exit code is 1 if one of them is worse by more than
the tolerance. With seven processes alive the expansion at 100 megapixels needs 8 GB of memory; the disk needs 2 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness import RESULTS, Benchmark, Result, Row, load
from benchmarks.machine import ROOT
from benchmarks.speed import rounds
from benchmarks.speed.figures import TOLERANCE, Figure, compared, figures, growths
from benchmarks.speed.plot import draw
from benchmarks.speed.report import check_note, comparison, document
from benchmarks.speed.tasks import EXPANSIONS, FITS

PARTS = ("expand", "fit", "pipeline", "start")
_FEW_FITS = ("balanced", "paper")
_ALL_FITS_AT = 24
"""Megapixels; at other sizes the slow ones would tell nothing new."""


def rows_of(options: argparse.Namespace) -> Iterator[list[Row]]:
    """The rows of each size, as they come; those of the start last."""
    for megapixels in options.megapixels if set(options.only) - {"start"} else ():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = [sys.executable, "-m", "benchmarks.speed.sources", str(options.photograph.resolve())]
            subprocess.run([*source, str(megapixels), name, *options.only], check=True, cwd=ROOT)
            for part in options.only:
                for threads in options.threads if part != "start" else ():
                    rows = _rows(part, megapixels, folder, threads, options)
                    yield [{"megapixels": megapixels} | row for row in rows]
    if "start" in options.only:
        yield rounds.starts(5 * options.repeat)


def _rows(part: str, megapixels: float, folder: Path, threads: int, options: argparse.Namespace) -> list[Row]:
    if part == "pipeline":
        return rounds.pipelines(folder, threads, options.repeat)
    fits = tuple(FITS) if megapixels == _ALL_FITS_AT else _FEW_FITS
    return rounds.turns(part, fits if part == "fit" else tuple(EXPANSIONS), folder, threads, options.repeat)


def check(committed: Result, rows: Sequence[Row], tolerance: float) -> int:
    """Compare a run with a committed one; the exit code."""
    pairs = compared(figures(rows), [Figure(**figure) for figure in committed["figures"]], tolerance)
    print(comparison(pairs) or "the two runs have no figure in common")
    worse = sum(is_worse for _, _, is_worse in pairs)
    print(f"\n{worse} of {len(pairs)} figures are worse. {check_note(tolerance)}")
    return 1 if worse or not pairs else 0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 12, 24, 50, 100])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="1 megapixel, two rounds")
    parser.add_argument("--check", action="store_true", help="compare with the committed results at the end")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="of ratios of times (%(default)s)")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    """The parts asked for; of the others, rows of an earlier run with the same photograph are kept."""
    if options.quick:
        options.megapixels, options.repeat = [1], 2
    photograph, measured = options.photograph.stem, list[Row]()
    same = result.get("photograph") == photograph
    kept = [row for row in result["rows"] if same and not options.fresh and row["part"] not in options.only]
    result["photograph"] = photograph
    for rows in rows_of(options):
        measured += rows
        result["rows"] = [*kept, *measured]
        result["figures"] = [asdict(figure) for figure in figures(result["rows"])]
        result["growth"] = [growth.to_json() for growth in growths(result["rows"])]
        yield "\n".join(map(json.dumps, rows))
    if options.check and check(load(RESULTS / f"{options.name}.json"), measured, options.tolerance):
        sys.exit("worse than the committed results, see above")


BENCHMARK = Benchmark("speed", __doc__, arguments, measure, document, draw, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
