"""Photographs through the independent decoders of ``spec/decoders``: do they restore what the package restores?

    python -m benchmarks.agreement PHOTOGRAPH... [--only NAME ...]

Every photograph is reduced to a PNG and to a JPEG (q95 4:4:4, and q90 4:2:0), from its middle if it is large: the
JavaScript decoder gets at most 1.5 megapixels, the one in plain Python 20,000 pixels. Differences are in codes of 16
bits; the specification allows 1 on 99.9 % of the samples and 2 anywhere, and the exit code is 1 if there are more.
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.arrays import Codes, Wide
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.machine import ROOT
from benchmarks.pictures import middle, photographs
from gamutmeta import carriers
from gamutmeta.container import decode
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.photo.pixels import decode_srgb, decode_sycc
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce
from spec.program import Program

_DECODERS = ROOT / "spec" / "decoders"
PROGRAMS = {
    "JavaScript": (["node", str(_DECODERS / "pipe.mjs")], 1_500_000),
    "Python": ([sys.executable, str(_DECODERS / "reference.py")], 20_000),
}
"""Command, and how many pixels it gets at most."""

CODINGS: dict[str, dict[str, Any]] = {
    "PNG": {"format": "png"},
    "JPEG q95 4:4:4": {"format": "jpeg", "samples": "plain"},
    "JPEG q90 4:2:0": {"format": "jpeg", "quality": 90, "subsampling": "4:2:0", "samples": "plain"},
}
_TIMEOUT = 600.0


def restored(program: Program, file: Path, codes: Codes) -> Wide:
    """What a decoder makes of a file and its decoded codes."""
    height, width = codes.shape[:2]
    pixels = file.with_suffix(".ppm")
    pixels.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + codes.tobytes())
    answer = program.ask({"id": file.name, "operation": "expand", "file": str(file), "pixels": str(pixels)})
    if "samples" not in answer:
        raise RuntimeError(f"{file.name}: {answer}")
    samples = np.frombuffer(base64.b64decode(str(answer["samples"])), ">u2")
    return samples.reshape(height, width, 3).astype(np.uint16)


def compared(program: Program, wide: Wide, options: dict[str, Any], folder: Path) -> Row:
    """Reduce a photograph, restore it by the package and by the program, and count the differences."""
    format_: Literal["png", "jpeg"] = options["format"]
    data = reduce(WideImage(wide, "prophoto"), device="cpu", **options).to_bytes()
    file = folder / f"picture.{format_}"
    file.write_bytes(data)
    payload = decode(carriers.extract(data).container)
    codes = (decode_sycc if payload.descriptor.samples is SampleCoding.SYCC else decode_srgb)(data)
    difference = np.abs(restored(program, file, codes).astype(np.int64) - np.asarray(expand(data)))
    return {
        "pixels": int(codes.shape[0] * codes.shape[1]),
        "largest": int(difference.max()),
        "differing": float(np.mean(difference > 0)),
        "beyond_one": float(np.mean(difference > 1)),
    }


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    rows: list[Row] = result["rows"]
    with tempfile.TemporaryDirectory() as folder:
        for name, (command, pixels) in PROGRAMS.items():
            program = Program(command, _TIMEOUT)
            for path in photographs(options):
                wide = np.ascontiguousarray(middle(read_photo(path).array, pixels))
                for coding, how in CODINGS.items():
                    row = {"decoder": name, "photograph": path.stem, "coding": coding}
                    rows.append(row | compared(program, wide, how, Path(folder)))
                    yield str(rows[-1])
            if problem := program.finish():
                raise RuntimeError(f"{name}: {problem}")
    if any(row["largest"] > 2 or row["beyond_one"] > 0.001 for row in rows):
        sys.exit("the decoders differ by more than the specification allows")


def document(result: Result) -> str:
    """One line for each decoder and coding."""
    lines = []
    for name in PROGRAMS:
        for coding in CODINGS:
            of = [row for row in result["rows"] if (row["decoder"], row["coding"]) == (name, coding)]
            pixels = sum(row["pixels"] for row in of)
            differing, beyond = (
                sum(row[key] * row["pixels"] for row in of) / max(pixels, 1) for key in ("differing", "beyond_one")
            )
            largest = max((row["largest"] for row in of), default=0)
            cells = [name, coding, str(len(of)), f"{pixels:,}", f"{differing:.3%}", f"{beyond:.4%}", str(largest)]
            lines.append(cells)
    heads = ["decoder", "coding", "photographs", "pixels", "samples that differ", "by more than 1"]
    return table([*heads, "largest difference"], lines, "llr") + "\n"


BENCHMARK = Benchmark("agreement", __doc__, add_photographs, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
