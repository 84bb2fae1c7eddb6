"""What an edit costs: the expanded edit against the same edit of the photograph.

    python -m benchmarks.edits PHOTOGRAPH...

Every photograph is reduced once (preset balanced, PNG and JPEG q95 4:4:4), then cropped, halved, turned and expanded;
edited JPEGs are coded once more. Figures are PSNR in linear ProPhoto of out-of-gamut pixels, clipped and restored.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.arrays import Wide
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import each_photograph
from gamutmeta import edit
from gamutmeta.edit.edited import Edited
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce


def middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The middle half of a picture, as Pillow's box."""
    width, height = size
    return width // 4, height // 4, width - width // 4, height - height // 4


def half(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] // 2, size[1] // 2


def resized(wide: Wide) -> Wide:
    """The photograph at half its size: each ROMM channel resampled in floating point."""
    planes = (Image.fromarray(wide[..., c].astype(np.float32)) for c in range(3))
    halves = [np.asarray(plane.resize(half(plane.size), Image.Resampling.LANCZOS)) for plane in planes]
    result: Wide = np.clip(np.rint(np.stack(halves, -1)), 0, 65535).astype(np.uint16)
    return result


def cropped(wide: Wide) -> Wide:
    left, upper, right, lower = middle((wide.shape[1], wide.shape[0]))
    return wide[upper:lower, left:right]


EDITS: dict[str, tuple[Callable[[Edited], Edited], Callable[[Wide], Wide]]] = {
    "none": (lambda picture: picture, lambda wide: wide),
    "crop to the middle half": (lambda picture: edit.crop(picture, middle(picture.image.size)), cropped),
    "resize to 50 %": (lambda picture: edit.resize(picture, half(picture.image.size)), resized),
    "rotate by 90 degrees": (edit.rotate90, np.rot90),
}


def figures(data: bytes, format_: Any, name: str, wide: Wide) -> dict[str, float]:
    of_picture, of_photograph = EDITS[name]
    done = data if name == "none" else of_picture(Edited.of_file(data)).to_bytes(format_, quality=95)
    reference = of_photograph(wide)
    clipped = measure_quality(reference, expand_pixels(Descriptor(), {}, decode_srgb(done)), strict=True)
    restored = measure_quality(reference, expand(done).array, strict=True)
    return {"clip_og": clipped.psnr_og, "og": restored.psnr_og, "clip": clipped.psnr, "psnr": restored.psnr}


def rows_of(path: Path) -> Iterator[Row]:
    photo = read_photo(path)
    coded = {f: reduce(photo, format=f, device="cpu").to_bytes() for f in ("png", "jpeg")}
    for name in EDITS:
        row = {f: figures(data, f, name, photo.array) for f, data in coded.items()}
        yield {"photograph": path.stem, "edit": name} | row


def document(result: Result) -> str:
    lines = []
    for row in result["rows"]:
        pairs = [row[f] for f in ("png", "jpeg")]
        found = [x for r in pairs for x in (f"{r['clip_og']:.1f}", f"{r['og']:.1f}", f"{r['og'] - r['clip_og']:+.1f}")]
        lines.append([row["photograph"], row["edit"], *found])
    return table(["photograph", "edit", "PNG: clip OG", "OG", "gain", "JPEG: clip OG", "OG", "gain"], lines) + "\n"


BENCHMARK = Benchmark("edits", __doc__, add_photographs, each_photograph(rows_of), document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
