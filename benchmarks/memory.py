"""What the two streets take: peak memory and seconds of ``reduce_file`` and ``expand_file`` by size of the picture.

    python -m benchmarks.memory PHOTOGRAPH [--megapixels 12 24 50 100] [--name NAME]

The photograph is tiled up, mirrored at the seams, to each size and written as a 16-bit ProPhoto TIFF. Every run is a
process of its own, from the start of Python to its end; its peak is the most memory that it ever had resident. Runs are
repeated for JPEG (q95 4:4:4, preset balanced) and PNG, and back to a 16-bit TIFF. Writes ``results/<name>.json`` and
``results/<name>.md``.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.machine import describe
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"

CHILD = """
import resource, sys, time
start = time.perf_counter()
task, source, target = sys.argv[1:]
if task == "import":
    import gamutmeta.fit.engine
elif task == "reduce":
    from gamutmeta.reduction import reduce_file
    reduce_file(source, target, device="cpu")
else:
    from gamutmeta.expansion import expand_file
    expand_file(source, target)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(peak, time.perf_counter() - start)
"""


def tiled(wide: NDArray[np.uint16], megapixels: float) -> NDArray[np.uint16]:
    """The photograph, repeated to a 3:2 picture of that size; every second copy is mirrored."""
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    width = round(height * 1.5)
    rows, columns = (np.arange(n) for n in (height, width))
    # Where n is the side of a tile: 0, 1, ..., n-1, n-1, ..., 1, 0, 0, 1, ...
    y, x = (np.where(i // n % 2, n - 1 - i % n, i % n) for i, n in zip((rows, columns), wide.shape, strict=False))
    result = np.empty((height, width, 3), np.uint16)
    for row in range(height):
        result[row] = wide[y[row]][x]
    return result


def measured(task: str, source: Path | str = "", target: Path | str = "") -> dict[str, float]:
    """Peak resident memory in MiB and seconds of one task in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, task, str(source), str(target)], check=True, capture_output=True, text=True
    )
    peak, seconds = done.stdout.split()
    return {"peak_mib": round(int(peak) / 2**20), "seconds": round(float(seconds), 1)}


def runs(wide: NDArray[np.uint16], megapixels: float, folder: Path) -> list[dict[str, Any]]:
    """All four runs of one size."""
    source = folder / "source.tif"
    WideImage(tiled(wide, megapixels)).save(source)
    rows: list[dict[str, Any]] = []
    for suffix in ("jpg", "png"):
        reduced, restored = folder / f"reduced.{suffix}", folder / "restored.tif"
        for task, paths in (("reduce", (source, reduced)), ("expand", (reduced, restored))):
            row = {"megapixels": megapixels, "task": task, "format": suffix} | measured(task, *paths)
            row["bytes_per_pixel"] = round(row["peak_mib"] * 2**20 / (megapixels * 1e6), 1)
            rows.append(row)
            print(row, flush=True)
        reduced.unlink()
        restored.unlink()
    source.unlink()
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each size."""
    kinds = [("reduce", "jpg"), ("reduce", "png"), ("expand", "jpg"), ("expand", "png")]
    names = {"jpg": "JPEG", "png": "PNG"}
    heads = [
        f"{'TIFF to ' if task == 'reduce' else ''}{names[f]}{' to TIFF' if task == 'expand' else ''}"
        for task, f in kinds
    ]
    lines = [f"| megapixels | {' | '.join(heads)} |", "|" + "---|" * 5]
    for size in dict.fromkeys(row["megapixels"] for row in rows):
        found = {(row["task"], row["format"]): row for row in rows if row["megapixels"] == size}
        cells = [f"{found[kind]['peak_mib']:,} MiB, {found[kind]['seconds']:.1f} s" for kind in kinds]
        lines.append(f"| {size:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(name: str, result: dict[str, Any]) -> None:
    """The result files, from what the runs gave."""
    imported = result["import_torch"]
    text = f"{table(result['rows'])}\n\nImporting torch takes {imported['peak_mib']} MiB of every reduction."
    if result["note"]:
        text += f" {result['note']}"
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    (RESULTS / f"{name}.md").write_text(f"{text}\n")
    print(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 24, 50, 100])
    parser.add_argument("--note", default="", help="what else is to be known, for the result files")
    parser.add_argument("--name", default="memory", help="of the result files")
    options = parser.parse_args(arguments)
    wide = read_photo(options.photograph).array
    imported = measured("import")
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for size in options.megapixels for row in runs(wide, size, Path(folder))]
    result = {"machine": describe(), "photograph": options.photograph.stem, "import_torch": imported, "rows": rows}
    write(options.name, result | {"note": options.note})


if __name__ == "__main__":
    main()
