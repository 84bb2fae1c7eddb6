"""Other ways to keep wide colours in a file: bytes, and how close the colours come.

    python -m benchmarks.alternatives PHOTOGRAPH...

Every photograph is written as an sRGB JPEG without and with a payload, and as what else one might use: JPEGs in wider
spaces, AVIF, JPEG XL. Each file is read back as ROMM RGB by the package's own readers, and compared with the
photograph: PSNR in linear ProPhoto of out-of-gamut (OG) and of all pixels.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import each_photograph
from gamutmeta import carriers
from gamutmeta.choices import Preset, Space
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file


@dataclass(frozen=True, slots=True)
class Way:
    """A file that keeps wide colours by itself, as :meth:`gamutmeta.photo.wide.WideImage.save` writes it."""

    title: str
    suffix: str
    space: Space
    depth: int
    quality: int


QUALITY = 95
"""Of every sRGB JPEG."""
PLAIN = f"sRGB JPEG, q{QUALITY}"
PRESETS: tuple[Preset, ...] = ("small", "balanced")
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


def rows_of(path: Path) -> Iterator[Row]:
    photo = read_photo(path)

    def row(title: str, size: int, back: WideImage) -> Row:
        quality = measure_quality(photo.array, back.array, strict=True)
        figures = {"bytes": size, "og": quality.psnr_og, "psnr": quality.psnr, "og_percent": quality.og_percent}
        return {"photograph": path.stem, "pixels": photo.width * photo.height, "way": title} | figures

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "srgb.jpg"
        for preset in PRESETS:
            reduce_file(path, file, preset=preset, quality=QUALITY, samples="plain", device="cpu", overwrite=True)
            if preset == PRESETS[0]:
                plain = carriers.strip(file.read_bytes())
                yield row(PLAIN, len(plain), read_photo(file))
            yield row(f"{PLAIN}, payload {preset}", file.stat().st_size, expand(file))
        for way in WAYS:
            file = (folder / "wide").with_suffix(way.suffix)
            photo.convert(way.space).save(file, depth=way.depth, quality=way.quality, overwrite=True)
            yield row(way.title, file.stat().st_size, read_photo(file))


def document(result: Result) -> str:
    """Medians over the photographs; bytes are relative to the plain sRGB JPEG of the same photograph."""
    plain = {row["photograph"]: row["bytes"] for row in result["rows"] if row["way"] == PLAIN}
    lines = []
    for title in dict.fromkeys(row["way"] for row in result["rows"]):
        mine = [row for row in result["rows"] if row["way"] == title]
        share = median(row["bytes"] / plain[row["photograph"]] for row in mine)
        bits = median(8 * row["bytes"] / row["pixels"] for row in mine)
        decibels = (f"{median(row[name] for row in mine):.1f}" for name in ("og", "psnr"))
        lines.append([title, f"{share:.2f}", f"{bits:.2f}", *decibels])
    heads = ["file", "bytes / sRGB JPEG", "bits per pixel", "OG dB", "whole dB"]
    return f"Medians over {len(plain)} photographs: {', '.join(plain)}.\n\n{table(heads, lines, 'lr')}\n"


BENCHMARK = Benchmark("alternatives", __doc__, add_photographs, each_photograph(rows_of), document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
