"""What a likeness takes for the same picture: re-encoded and resized ones; and what it refuses: edits, other frames.

    python -m benchmarks.likeness PHOTOGRAPH... [--only NAME ...] [--pixels N] [--whole NAME ...]

Every photograph is clipped to sRGB and, where it is larger than --pixels, reduced; those with a name in --whole are
measured at full size, too. A likeness is made of all but the outermost 20 pixels, which other frames show. Distances
are multiples of what is allowed by the measure that differs most: above 1 a picture is refused.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any

from benchmarks.arrays import Codes
from benchmarks.harness import Benchmark, Result, Row, add_photographs, number, table
from benchmarks.likeness_edits import EDGE, Named, accepted, cropped, neither, refused, sized
from benchmarks.pictures import photographs
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.measure.likeness import LIKENESS_BYTES, compare_likeness, likeness_of
from gamutmeta.photo.read import read_photo


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument("--pixels", type=number(1e4), default=2e6, help="of reduced photographs at most (%(default)g)")
    parser.add_argument("--whole", nargs="+", default=[], metavar="NAME", help="photographs to measure whole, too")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    for path in photographs(options):
        codes, _ = reduce_to_codes(read_photo(path).array, Adaptation.BRADFORD)
        height, width = codes.shape[:2]
        share = (options.pixels / (height * width)) ** 0.5
        small = codes if share >= 1 else sized(codes, (round(width * share), round(height * share)))
        whole = share < 1 and any(name in path.stem for name in options.whole)
        for outer in (small, codes) if whole else (small,):
            result["rows"].append(row_of(path.stem, outer))
            yield f"{path.stem} {outer.shape[1]}x{outer.shape[0]}"


def row_of(name: str, outer: Codes) -> Row:
    """Of every edit, its distance and measure."""
    codes = cropped(outer, EDGE, EDGE, EDGE, EDGE)
    likeness, size = likeness_of(codes), (codes.shape[1], codes.shape[0])

    def found(edits: Iterable[Named]) -> dict[str, Any]:
        verdicts = ((edit, compare_likeness(likeness, size, changed)) for edit, changed in edits)
        # A picture of another shape is infinitely far away, which JSON has no number for.
        return {edit: [round(min(v.distance, 999), 3), v.measure] for edit, v in verdicts}

    kinds = {"accept": accepted(codes), "refuse": refused(outer), "neither": neither(codes)}
    return {"photograph": name, "size": size} | {kind: found(edits) for kind, edits in kinds.items()}


def document(result: Result) -> str:
    rows = result["rows"]
    parts = [f"{LIKENESS_BYTES} bytes; {len(rows)} pictures. A distance above 1 is refused."]
    for kind, title in (
        ("accept", "Should be accepted"),
        ("refuse", "Should be refused"),
        ("neither", "Where the borders are"),
    ):
        parts += [f"## {title}", lines_of(rows, kind)]
    return "\n\n".join(parts) + "\n"


def lines_of(rows: list[Row], kind: str) -> str:
    groups: dict[str, list[tuple[float, str, str]]] = {}
    for row in rows:
        for edit, (distance, by) in row[kind].items():
            groups.setdefault(re.sub(r" #\d+$", "", edit), []).append((distance, by, row["photograph"]))
    lines = []
    for edit, cases in groups.items():
        distances = [distance for distance, _, _ in cases]
        far = [distance > 1 for distance in distances]
        worst = min(cases) if kind == "refuse" else max(cases)
        right = sum(far) if kind == "refuse" else len(far) - sum(far)
        value = "another shape" if worst[0] == 999 else f"{worst[0]:.2f} ({worst[1]}, {worst[2]})"
        middle = "another shape" if median(distances) == 999 else f"{median(distances):.2f}"
        lines.append([edit, f"{right} of {len(far)}", middle, value])
    done = "refused" if kind == "refuse" else "accepted"
    last = "smallest" if kind == "refuse" else "largest"
    return table(["what was done", done, "median distance", f"{last} distance"], lines, "lrrl")


BENCHMARK = Benchmark("likeness", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
