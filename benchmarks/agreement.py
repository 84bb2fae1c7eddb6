"""Photographs through the independent decoders of ``spec/decoders``: do they restore what the package restores?

    python -m benchmarks.agreement FOLDER [--only NAME ...] [--name NAME]

Every photograph is reduced to a PNG and to a JPEG (q95 4:4:4, and q90 4:2:0), from its middle if it is large: the
JavaScript decoder gets at most 1.5 megapixels, the one in plain Python 20,000 pixels. Differences are in codes of 16
bits; the specification allows 1 on 99.9 % of the samples and 2 anywhere. Writes ``results/<name>.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from benchmarks.machine import describe
from gamutmeta.expansion import expand
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce
from spec.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"
DECODERS = Path(__file__).parents[1] / "spec" / "decoders"
PROGRAMS = {
    "JavaScript": (["node", str(DECODERS / "pipe.mjs")], 1_500_000),
    "Python": ([sys.executable, str(DECODERS / "reference.py")], 20_000),
}
"""Command, and how many pixels it gets at most."""

CODINGS: dict[str, dict[str, Any]] = {
    "PNG": {"format": "png"},
    "JPEG q95 4:4:4": {"format": "jpeg"},
    "JPEG q90 4:2:0": {"format": "jpeg", "quality": 90, "subsampling": "4:2:0"},
}
_TIMEOUT = 600.0


def middle(wide: NDArray[np.uint16], pixels: int) -> NDArray[np.uint16]:
    """The middle of a photograph, of its own proportions and at most so many pixels."""
    height, width = wide.shape[:2]
    share = min(1.0, math.sqrt(pixels / (height * width)))
    rows, columns = max(1, int(height * share)), max(1, int(width * share))
    top, left = (height - rows) // 2, (width - columns) // 2
    return wide[top : top + rows, left : left + columns]


def restored(program: Program, file: Path, codes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """What a decoder makes of a file and its decoded codes."""
    height, width = codes.shape[:2]
    pixels = file.with_suffix(".ppm")
    pixels.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + codes.tobytes())
    answer = program.ask({"id": file.name, "operation": "expand", "file": str(file), "pixels": str(pixels)})
    if "samples" not in answer:
        raise RuntimeError(f"{file.name}: {answer}")
    samples = np.frombuffer(base64.b64decode(str(answer["samples"])), ">u2")
    return samples.reshape(height, width, 3).astype(np.uint16)


def compared(program: Program, wide: NDArray[np.uint16], options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Reduce a photograph, restore it by the package and by the program, and count the differences."""
    format_: Literal["png", "jpeg"] = options["format"]
    data = reduce(WideImage(wide, "prophoto"), device="cpu", **options).to_bytes()
    file = folder / f"picture.{format_}"
    file.write_bytes(data)
    with Image.open(io.BytesIO(data)) as image:
        codes = np.asarray(image.convert("RGB"))
    difference = np.abs(restored(program, file, codes).astype(np.int64) - np.asarray(expand(data)))
    return {
        "pixels": int(codes.shape[0] * codes.shape[1]),
        "largest": int(difference.max()),
        "differing": float(np.mean(difference > 0)),
        "beyond_one": float(np.mean(difference > 1)),
    }


def run(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All photographs, codings and decoders."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (command, pixels) in PROGRAMS.items():
            program = Program(command, _TIMEOUT)
            for path in paths:
                wide = np.ascontiguousarray(middle(read_photo(path).array, pixels))
                for coding, options in CODINGS.items():
                    row = {"decoder": name, "photograph": path.stem, "coding": coding}
                    rows.append(row | compared(program, wide, options, Path(folder)))
                    print(rows[-1], flush=True)
            if problem := program.finish():
                raise RuntimeError(f"{name}: {problem}")
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each decoder and coding."""
    lines = [
        "| decoder | coding | photographs | pixels | samples that differ | by more than 1 | largest difference |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name in PROGRAMS:
        for coding in CODINGS:
            of = [row for row in rows if (row["decoder"], row["coding"]) == (name, coding)]
            pixels = sum(row["pixels"] for row in of)
            differing, beyond = (
                sum(row[key] * row["pixels"] for row in of) / max(pixels, 1) for key in ("differing", "beyond_one")
            )
            largest = max((row["largest"] for row in of), default=0)
            lines.append(f"| {name} | {coding} | {len(of)} | {pixels:,} | {differing:.3%} | {beyond:.4%} | {largest} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="photographs with this in their name")
    parser.add_argument("--name", default="agreement", help="of the result files")
    options = parser.parse_args(arguments)
    paths = [
        path
        for path in sorted(options.folder.glob("*.tif"))
        if not options.only or any(name in path.stem for name in options.only)
    ]
    rows = run(paths)
    text = table(rows)
    (RESULTS / f"{options.name}.json").write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")
    (RESULTS / f"{options.name}.md").write_text(text)
    print(text)
    agrees = all(row["largest"] <= 2 and row["beyond_one"] <= 0.001 for row in rows)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
