"""The photographs to measure, and pictures of any size made of one."""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.arrays import Wide
from benchmarks.harness import Result, Row


def photographs(options: argparse.Namespace) -> list[Path]:
    """The files named on the command line, and the TIFF files of folders named there.

    Args:
        options: ``photographs``, and ``only``: files have one of these in their names.
    """
    found = []
    for place in options.photographs:
        inside = sorted(place.iterdir()) if place.is_dir() else []
        found += [path for path in inside if path.suffix.lower() in {".tif", ".tiff"}] or [place] * place.is_file()
    chosen = [path for path in found if any(name in path.stem for name in options.only)]
    if not chosen:
        sys.exit(f"{', '.join(map(str, options.photographs))}: no such TIFF photographs")
    return chosen


def each_photograph(rows_of: Callable[[Path], Iterable[Row]]) -> Callable[[argparse.Namespace, Result], Iterator[str]]:
    """What measures one photograph after the other, for a :class:`benchmarks.harness.Benchmark`."""

    def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
        for path in photographs(options):
            result["rows"] += rows_of(path)
            yield path.stem

    return measure


def middle(wide: Wide, pixels: int) -> Wide:
    """The middle of a photograph, of its own proportions and at most so many pixels."""
    height, width = wide.shape[:2]
    share = min(1.0, math.sqrt(pixels / (height * width)))
    rows, columns = max(1, int(height * share)), max(1, int(width * share))
    top, left = (height - rows) // 2, (width - columns) // 2
    return wide[top : top + rows, left : left + columns]


def tiled(wide: Wide, megapixels: float) -> Wide:
    """The photograph, repeated to (or cut to) a 3:2 picture of that size; every second copy is mirrored."""
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    width = round(height * 1.5)
    # Where n is the side of a tile: 0, 1, ..., n-1, n-1, ..., 1, 0, 0, 1, ...
    y, x = (
        np.where(i // n % 2, n - 1 - i % n, i % n)
        for i, n in zip((np.arange(height), np.arange(width)), wide.shape, strict=False)
    )
    result = np.empty((height, width, 3), np.uint16)
    for row in range(height):
        result[row] = wide[y[row]][x]
    return result
