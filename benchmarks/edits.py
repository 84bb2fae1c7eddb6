"""What an edit costs: the expanded edit against the same edit of the photograph.

    python -m benchmarks.edits PHOTOGRAPH... [--name NAME]

Every photograph is reduced once (preset balanced, PNG and JPEG q95 4:4:4), then cropped, halved, turned and expanded;
edited JPEGs are coded once more. Figures are PSNR in linear ProPhoto of out-of-gamut pixels, clipped and restored.
Writes ``results/<name>.json`` and ``results/<name>.md``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.machine import describe
from gamutmeta import edit
from gamutmeta.color.quality import measure
from gamutmeta.edited import Edited
from gamutmeta.expansion import expand
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"


def middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The middle half of a picture, as Pillow's box."""
    width, height = size
    return width // 4, height // 4, width - width // 4, height - height // 4


def half(size: tuple[int, int]) -> tuple[int, int]:
    """Half the width and height."""
    return size[0] // 2, size[1] // 2


def resized(wide: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The photograph at half its size: each ROMM channel resampled in floating point."""
    size = half((wide.shape[1], wide.shape[0]))
    planes = [
        np.asarray(Image.fromarray(wide[..., c].astype(np.float32)).resize(size, Image.Resampling.LANCZOS))
        for c in range(3)
    ]
    return np.clip(np.rint(np.stack(planes, -1)), 0, 65535).astype(np.uint16)


def cropped(wide: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The middle half of the photograph."""
    left, upper, right, lower = middle((wide.shape[1], wide.shape[0]))
    return wide[upper:lower, left:right]


EDITS: dict[str, tuple[Callable[[Edited], Edited], Callable[[NDArray[np.uint16]], NDArray[np.uint16]]]] = {
    "none": (lambda picture: picture, lambda wide: wide),
    "crop to the middle half": (lambda picture: edit.crop(picture, middle(picture.image.size)), cropped),
    "resize to 50 %": (lambda picture: edit.resize(picture, half(picture.image.size)), resized),
    "rotate by 90 degrees": (edit.rotate90, np.rot90),
}


def figures(data: bytes, format_: Any, name: str, wide: NDArray[np.uint16]) -> dict[str, float]:
    """One edit of one file."""
    of_picture, of_photograph = EDITS[name]
    done = data if name == "none" else of_picture(Edited.of_file(data)).to_bytes(format_, quality=95)
    reference = of_photograph(wide)
    clipped = measure(reference, expand_pixels(Descriptor(), {}, decode_srgb(done)))
    restored = measure(reference, expand(done).array)
    return {"clip_og": clipped.psnr_og, "og": restored.psnr_og, "clip": clipped.psnr, "psnr": restored.psnr}


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--name", default="edits", help="of the result files")
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    lines = ["| photograph | edit | PNG: clip OG | OG | gain | JPEG: clip OG | OG | gain |", "|" + "---|" * 8]
    for path in options.photographs:
        photo = read_photo(path)
        coded = {f: reduce(photo, format=f, device="cpu").to_bytes() for f in ("png", "jpeg")}
        for name in EDITS:
            row = {f: figures(data, f, name, photo.array) for f, data in coded.items()}
            rows.append({"photograph": path.stem, "edit": name} | row)
            cells = [f"{r['clip_og']:.1f} | {r['og']:.1f} | {r['og'] - r['clip_og']:+.1f}" for r in row.values()]
            lines.append(f"| {path.stem} | {name} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    (RESULTS / f"{options.name}.json").write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")
    (RESULTS / f"{options.name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
