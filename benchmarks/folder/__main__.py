"""See the package's docstring."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import benchmarks.folder
from benchmarks.folder import runs
from benchmarks.machine import describe
from benchmarks.tiling import tiled
from gamutmeta.color.threads import core_count
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.folder.runs import Row

RESULTS = Path(__file__).parents[1] / "results"

TESTS = ("headers", "throughput")


def measured(options: argparse.Namespace) -> Iterator[Row]:
    """The rows of both tests."""
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
    source = folder / "source.tif"
    WideImage(tiled(read_photo(path).array, megapixels)).save(source)
    return source


def document(result: dict[str, Any]) -> str:
    """The tables of both tests."""
    machine, rows = result["machine"], result["rows"]
    parts = [
        "# Folders",
        (
            f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}. Times are the best of all "
            f"rounds (and the median), in seconds.{result['note'] and ' '}{result['note']}"
        ),
    ]
    found = [row for row in rows if row["test"] == "headers"]
    if found:
        first = found[0]
        parts.append(
            f"## Payloads of {first['files']:,} files\n\n{first['bytes'] / 1e6:,.0f} MB in all, "
            f"{first['megapixels']:g} megapixels each.\n\n{_headers(found)}"
        )
    found = [row for row in rows if row["test"] == "throughput"]
    if found:
        title = f"## Photographs of {found[0]['megapixels']:g} megapixels"
        parts.append(
            f"{title}\n\nTIFF to JPEG and back to TIFF, {found[0]['images']} at a time.\n\n{_throughput(found)}"
        )
    return "\n\n".join(parts) + "\n"


def _headers(rows: Sequence[Row]) -> str:
    lines = ["| payloads from | cached | seconds | read, MB | from the disk, MB |", "|---|---|---|---|---|"]
    for row in rows:
        name = "`gamutmeta info`, start included" if row["method"] == "info" else row["method"]
        cells = [name, "yes" if row["cached"] else "no", f"{row['best']:.2f} ({row['median']:.2f})"]
        cells += [f"{row[key] / 1e6:,.1f}" for key in ("read", "from_disk")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _throughput(rows: Sequence[Row]) -> str:
    lines = [
        "| task | jobs | threads of each | images per minute | seconds | processor seconds | peak MiB, all processes |",
        "|---" * 7 + "|",
    ]
    for row in rows:
        threads = "its share of the cores" if row["threads"] is None else str(row["threads"])
        cells = [row["task"], str(row["jobs"]), threads, f"{row['images_per_minute']:.1f}"]
        cells += [f"{row['best']:.1f} ({row['median']:.1f})", f"{row['processor']:.1f}", f"{row['peak_mib'] or 0:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def arguments_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.folder",
        description=benchmarks.folder.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--only", nargs="+", choices=TESTS, default=TESTS, metavar="TEST", help=", ".join(TESTS))
    parser.add_argument("--files", type=int, default=1_000, help="of the test headers")
    parser.add_argument("--headers-megapixels", type=float, default=1, help="of each of them")
    parser.add_argument("--images", type=int, default=6, help="of the test throughput")
    parser.add_argument("--megapixels", type=float, default=12, help="of each of them")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, core_count()])
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--quick", action="store_true", help="30 small files and 2 small images, once")
    parser.add_argument("--note", default="", help="what else is to be known, for the result files")
    parser.add_argument("--name", default="folder", help="of the result files")
    options = parser.parse_args(arguments)
    if options.quick:
        options.files, options.images, options.megapixels, options.repeat = 30, 2, 1, 1
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """See the package's docstring."""
    options = arguments_of(arguments)
    rows = []
    for row in measured(options):
        print(json.dumps(row), flush=True)
        rows.append(row)
    about = {"machine": describe(), "photograph": options.photograph.stem, "note": options.note}
    text = document(about | {"rows": rows})
    (RESULTS / f"{options.name}.json").write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n", encoding="utf-8")
    (RESULTS / f"{options.name}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
