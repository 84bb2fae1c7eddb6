"""Other ways to keep wide colours in a file: bytes, and how close the colours come.

    python -m benchmarks.alternatives PHOTOGRAPH... [--name NAME]

Every photograph is written as an sRGB JPEG without and with a payload, and as what else one might use: JPEGs in wider
spaces, AVIF, JPEG XL. Each file is read back as ROMM RGB by the package's own readers, and measured against the
photograph: PSNR in linear ProPhoto of out-of-gamut (OG) and of all pixels. Writes ``results/<name>.json`` and
``results/<name>.md``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe
from gamutmeta import carriers
from gamutmeta.color.quality import measure
from gamutmeta.expansion import expand
from gamutmeta.photo.read import read_photo
from gamutmeta.reduction import reduce_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gamutmeta.photo.wide import WideImage

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Way:
    """A file that keeps wide colours by itself, as :meth:`gamutmeta.photo.wide.WideImage.save` writes it."""

    title: str
    suffix: str
    space: str
    depth: int
    quality: int


QUALITY = 95
"""Of every sRGB JPEG."""
PLAIN = f"sRGB JPEG, q{QUALITY}"
PRESETS = ("small", "balanced")
WAYS = (
    Way("Display P3 JPEG, q95", ".jpg", "display-p3", 8, 95),
    Way("Rec.2020 JPEG, q95", ".jpg", "rec2020", 8, 95),
    Way("ProPhoto JPEG, q95", ".jpg", "prophoto", 8, 95),
    Way("Rec.2020 AVIF, 10 bits, q90", ".avif", "rec2020", 10, 90),
    Way("Rec.2020 AVIF, 10 bits, q98", ".avif", "rec2020", 10, 98),
    Way("Rec.2020 JPEG XL, 16 bits, q90", ".jxl", "rec2020", 16, 90),
    Way("Rec.2020 JPEG XL, 16 bits, q98", ".jxl", "rec2020", 16, 98),
    Way("ProPhoto JPEG XL, 16 bits, lossless", ".jxl", "prophoto", 16, 100),
)


def rows_of(path: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """One photograph in every way."""
    photo = read_photo(path)

    def row(title: str, size: int, back: WideImage) -> dict[str, Any]:
        quality = measure(photo.array, back.array)
        figures = {"bytes": size, "og": quality.psnr_og, "psnr": quality.psnr, "og_percent": quality.og_percent}
        return {"photograph": path.stem, "pixels": photo.width * photo.height, "way": title} | figures

    file = folder / "srgb.jpg"
    for preset in PRESETS:
        reduce_file(path, file, preset=preset, quality=QUALITY, device="cpu", overwrite=True)
        if preset == PRESETS[0]:
            plain = carriers.strip(file.read_bytes())
            yield row(PLAIN, len(plain), read_photo(file))
        yield row(f"{PLAIN}, payload {preset}", file.stat().st_size, expand(file))
    for way in WAYS:
        file = (folder / "wide").with_suffix(way.suffix)
        photo.convert(way.space).save(file, depth=way.depth, quality=way.quality, overwrite=True)
        yield row(way.title, file.stat().st_size, read_photo(file))


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Medians over the photographs; bytes are relative to the plain sRGB JPEG of the same photograph."""
    plain = {row["photograph"]: row["bytes"] for row in rows if row["way"] == PLAIN}
    lines = ["| file | bytes / sRGB JPEG | bits per pixel | OG dB | whole dB |", "|---|---:|---:|---:|---:|"]
    for title in dict.fromkeys(row["way"] for row in rows):
        mine = [row for row in rows if row["way"] == title]
        cells = [
            f"{statistics.median(row['bytes'] / plain[row['photograph']] for row in mine):.2f}",
            f"{statistics.median(8 * row['bytes'] / row['pixels'] for row in mine):.2f}",
            *(f"{statistics.median(row[name] for row in mine):.1f}" for name in ("og", "psnr")),
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--name", default="alternatives", help="of the result files")
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for path in options.photographs:
            rows += rows_of(path, Path(folder))
            print(path.stem, flush=True)
    names = ", ".join(path.stem for path in options.photographs)
    lines = [f"Medians over {len(options.photographs)} photographs: {names}.", "", *table(rows)]
    (RESULTS / f"{options.name}.json").write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")
    (RESULTS / f"{options.name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
