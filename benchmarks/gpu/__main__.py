"""See the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import benchmarks.gpu
from benchmarks.gpu.card import abilities, describe_card, refusal
from benchmarks.gpu.figures import with_figures
from benchmarks.gpu.tables import document
from benchmarks.machine import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.gpu.figures import Row

RESULTS = Path(__file__).parents[1] / "results"
PARTS = ("card", "expand", "fit", "batch", "pictures", "together", "paper", "folder")
_ONE_SIZE = 24
"""Megapixels of the picture that steps are timed with, whose time does not depend on it, and of all that takes long."""


def measured(options: argparse.Namespace) -> Iterator[Row]:
    """All rows, as they come."""
    from benchmarks.gpu import published, steps, work  # noqa: PLC0415 - needs what refusal() looks for
    from benchmarks.tiling import tiled  # noqa: PLC0415
    from gamutmeta.photo.read import read_photo  # noqa: PLC0415

    if "card" in options.only:
        yield from abilities(options.repeat)
    photograph = read_photo(options.photograph).array
    for megapixels in options.megapixels:
        wide = tiled(photograph, megapixels)
        if "expand" in options.only:
            yield from work.expansions(wide, megapixels, options.repeat)
        if "fit" in options.only:
            yield from work.fits(wide, megapixels, options.repeat)
    wide = tiled(photograph, _ONE_SIZE)
    if "batch" in options.only:
        yield from steps.batches(wide, options.repeat)
    if "pictures" in options.only:
        yield from steps.pictures(wide, options.repeat)
    if "together" in options.only:
        yield from steps.together(wide, _ONE_SIZE, options.repeat)
    if "paper" in options.only:
        yield from published.papers(wide, _ONE_SIZE, options.repeat, options.quick)
    if "folder" in options.only:
        with tempfile.TemporaryDirectory() as name:
            counts = {"images": options.images, "jobs": options.jobs, "repeat": options.repeat}
            yield from work.folders(wide, _ONE_SIZE, Path(name), **counts)


def write(name: str, result: dict[str, Any]) -> str:
    """Write both result files, and return the tables."""
    text = document(result)
    complete = result | {"rows": with_figures(result["rows"])}
    (RESULTS / f"{name}.json").write_text(json.dumps(complete, indent=1) + "\n", encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    return text


def arguments_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=benchmarks.gpu.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 12, 24, 50, 100])
    parser.add_argument("--repeat", type=int, default=5, help="rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", type=float, default=1.0, help="share of the steps of the paper's settings")
    parser.add_argument("--images", type=int, default=16, help="of the folder")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 4, 16], help="of the folder")
    parser.add_argument("--name", default="gpu", help="of the result files")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the package's docstring; the exit code."""
    options = arguments_of(arguments)
    if (reason := refusal()) is not None:
        print(reason, file=sys.stderr)
        return 1
    about = {"card": describe_card(), "machine": describe(), "photograph": options.photograph.stem}
    rows: list[Row] = []
    text = ""
    for row in measured(options):
        print(json.dumps(row), flush=True)
        rows.append(row)
        text = write(options.name, about | {"rows": rows})  # After each: what follows may fail.
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
