"""See the package's docstring."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import benchmarks.speed
from benchmarks.machine import describe
from benchmarks.process import ROOT
from benchmarks.speed import rounds
from benchmarks.speed.figures import TOLERANCE, Figure, compared, figures, growths
from benchmarks.speed.plot import draw
from benchmarks.speed.tables import check_note, comparison, document
from benchmarks.speed.tasks import EXPANSIONS, FITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.speed.rounds import Row

RESULTS = Path(__file__).parents[1] / "results"

PARTS = ("expand", "fit", "street", "start")
_FEW_FITS = ("balanced", "paper")
_ALL_FITS_AT = 24
"""Megapixels; at other sizes the slow ones would tell nothing new."""


def measured(options: argparse.Namespace) -> Iterator[list[Row]]:
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
    if part == "street":
        return rounds.streets(folder, threads, options.repeat)
    fits = tuple(FITS) if megapixels == _ALL_FITS_AT else _FEW_FITS
    return rounds.turns(part, fits if part == "fit" else tuple(EXPANSIONS), folder, threads, options.repeat)


def write(name: str, result: dict[str, Any]) -> str:
    """Write all result files, and return the tables."""
    rows = result["rows"]
    text = document(result)
    head = json.dumps({key: value for key, value in result.items() if key != "rows"}, indent=1)
    parts = {
        "rows": rows,
        "figures": [f.to_json() for f in figures(rows)],
        "growth": [g.to_json() for g in growths(rows)],
    }
    # A row a line: the file is long, and its differences should be readable.
    lists = [f'"{key}": [\n' + ",\n".join(json.dumps(item) for item in items) + "\n]" for key, items in parts.items()]
    (RESULTS / f"{name}.json").write_text(
        head.removesuffix("\n}") + ",\n" + ",\n".join(lists) + "\n}\n", encoding="utf-8"
    )
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    draw(rows, [RESULTS / f"{name}.{suffix}" for suffix in ("png", "svg")])
    return text


def kept(name: str, photograph: str, parts: Sequence[str]) -> list[Row]:
    """Rows of an earlier run with the same photograph, for the parts that are not measured now."""
    path = RESULTS / f"{name}.json"
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"photograph": None}
    if earlier["photograph"] != photograph:
        return []
    return [row for row in earlier["rows"] if row["part"] not in parts]


def check(name: str, rows: Sequence[Row], tolerance: float) -> int:
    """Compare a run with the committed one; the exit code."""
    committed = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    pairs = compared(figures(rows), [Figure(**figure) for figure in committed["figures"]], tolerance)
    print(comparison(pairs) or "the two runs have no figure in common")
    worse = sum(is_worse for _, _, is_worse in pairs)
    print(f"\n{worse} of {len(pairs)} figures are worse. {check_note(tolerance)}")
    return 1 if worse or not pairs else 0


def arguments_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=benchmarks.speed.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 12, 24, 50, 100])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="1 megapixel, two rounds")
    parser.add_argument("--check", action="store_true", help="compare with the committed results, and write nothing")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="of ratios of times (%(default)s)")
    parser.add_argument("--note", default="", help="what else is to be known, for the result files")
    parser.add_argument("--name", default="speed", help="of the result files")
    options = parser.parse_args(arguments)
    if options.quick:
        options.megapixels, options.repeat = [1], 2
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """See the package's docstring; the exit code."""
    options = arguments_of(arguments)
    about = {"machine": describe(), "photograph": options.photograph.stem, "note": options.note}
    rows = [] if options.check else kept(options.name, options.photograph.stem, options.only)
    text = ""
    for found in measured(options):
        for row in found:
            print(json.dumps(row), flush=True)
        rows += found
        if not options.check:  # After each step: all of them take hours.
            text = write(options.name, about | {"rows": rows})
    if options.check:
        return check(options.name, rows, options.tolerance)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
