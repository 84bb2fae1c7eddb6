"""Folders: what finding a thousand payloads reads, and how many photographs a minute are reduced and restored.

    python -m benchmarks.folder PHOTOGRAPH [--only headers throughput] [--files N] [--images N] [--repeat N] [--quick]

The photograph is tiled up to the size of each test.

    headers     payloads are taken out of JPEG, PNG and TIFF files, in turns: from the whole file as bytes, from the
                file mapped into memory, and from the open file by reading its headers, as gamutmeta does. Bytes are
                those that read() gave, and those that came from the disk when nothing of the files was in the
                system's cache. Last the command ``gamutmeta info`` on the folder.
    throughput  ``gamutmeta reduce`` and ``expand`` on copies of one photograph, with one or more jobs: with the
                threads that each job takes by itself, and with as many for each as there are cores.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.folder import runs
from benchmarks.harness import Benchmark, Result, Row, table
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.runtime.threads import core_count

PARTS = ("headers", "throughput")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
                        help=", ".join(PARTS))  # fmt: skip
    parser.add_argument("--files", type=int, default=1_000, help="of the part headers")
    parser.add_argument("--headers-megapixels", type=float, default=1, help="of each of them")
    parser.add_argument("--images", type=int, default=6, help="of the part throughput")
    parser.add_argument("--megapixels", type=float, default=12, help="of each of them")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, core_count()])
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--quick", action="store_true", help="30 small files and 2 small images, once")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    if options.quick:
        options.files, options.images, options.megapixels, options.repeat = 30, 2, 1, 1
    result["photograph"] = options.photograph.stem
    for row in rows_of(options):
        result["rows"].append(row)
        yield json.dumps(row)


def rows_of(options: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder, copies = Path(name), Path(name, "copies")
        copies.mkdir()
        if "headers" in options.only:
            source = _photograph(options.photograph, options.headers_megapixels, folder)
            samples = [folder / f"sample.{suffix}" for suffix in ("jpg", "png", "tif")]
            for sample in samples:
                reduce_file(source, sample, device="cpu")
            for row in runs.headers(samples, options.files, options.repeat, copies):
                yield {"megapixels": options.headers_megapixels} | row
    with tempfile.TemporaryDirectory() as name:
        if "throughput" in options.only:
            source = _photograph(options.photograph, options.megapixels, Path(name))
            variants = runs.variants(options.jobs)
            for row in runs.throughput(source, options.images, variants, options.repeat, Path(name)):
                yield {"megapixels": options.megapixels} | row


def _photograph(path: Path, megapixels: float, folder: Path) -> Path:
    from benchmarks.pictures import tiled

    source = folder / "source.tif"
    WideImage(tiled(read_photo(path).array, megapixels)).save(source)
    return source


def document(result: Result) -> str:
    machine = result["machine"]
    headers, throughput = ([row for row in result["rows"] if row["test"] == part] for part in PARTS)
    parts = [
        "# Folders",
        (
            f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}. Times are the best of all "
            f"rounds (and the median), in seconds.{result['note'] and ' '}{result['note']}"
        ),
    ]
    if headers:
        first = headers[0]
        size = f"{first['bytes'] / 1e6:,.0f} MB in all, {first['megapixels']:g} megapixels each."
        parts += [f"## Payloads of {first['files']:,} files", size, _headers(headers)]
    if throughput:
        parts.append(f"## Photographs of {throughput[0]['megapixels']:g} megapixels")
        parts.append(f"TIFF to JPEG and back to TIFF, {throughput[0]['images']} at a time.")
        parts.append(_throughput(throughput))
    return "\n\n".join(parts) + "\n"


def _headers(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        name = "`gamutmeta info`, start included" if row["method"] == "info" else row["method"]
        sizes = (f"{row[key] / 1e6:,.1f}" for key in ("read", "from_disk"))
        lines.append([name, "yes" if row["cached"] else "no", f"{row['best']:.2f} ({row['median']:.2f})", *sizes])
    return table(["payloads from", "cached", "seconds", "read, MB", "from the disk, MB"], lines)


def _throughput(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        threads = "its share of the cores" if row["threads"] is None else str(row["threads"])
        cells = [row["task"], str(row["jobs"]), threads, f"{row['images_per_minute']:.1f}"]
        cells += [f"{row['best']:.1f} ({row['median']:.1f})", f"{row['processor']:.1f}", f"{row['peak_mib'] or 0:,}"]
        lines.append(cells)
    heads = ["task", "jobs", "threads of each", "images per minute", "seconds", "processor seconds"]
    return table([*heads, "peak MiB, all processes"], lines)


BENCHMARK = Benchmark("folder", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
