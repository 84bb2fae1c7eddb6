"""Payloads fitted to sRGB pictures that somebody else made of the photograph: mapped, toned, sharpened.

    python -m benchmarks.base PHOTOGRAPH... [--only NAME ...] [--bases NAME ...] [--quick]

The benchmark makes the pictures itself, as editors do: a perceptual rendition, which compresses saturated colours
instead of clipping them; one with more contrast and saturation; and one with all of that, sharpened. Each is coded,
given to `reduce(base=...)` with the preset balanced (6,000 bytes), and restored. Figures are PSNR in linear ProPhoto
against the photograph, over out-of-gamut (OG), in-gamut and all pixels: of the base read as sRGB, and restored.
"""

import argparse
import io
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.arrays import Floats, Wide
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import middle, photographs
from gamutmeta.carriers import strip
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.transfer import encode_srgb
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

PIXELS = 350_000
"""Of larger photographs the middle is taken."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_KNEE = 0.8
"""Share of the way from grey to the gamut's boundary at which compression begins."""
_CONTRAST, _SATURATION = 0.6, 1.12


def clipped(wide: Wide) -> Floats:
    """Encoded sRGB on [0, 1], clipped."""
    return _encoded(np.clip(_linear(wide), 0, 1))


def mapped(wide: Wide) -> Floats:
    """Encoded sRGB on [0, 1], with saturated colours compressed towards grey of the same luminance."""
    linear = _linear(wide)
    grey = np.clip(linear @ _LUMINANCE, 0, 1)[..., None]
    way = linear - grey
    room = np.where(way > 0, 1 - grey, grey) / np.maximum(np.abs(way), 1e-6)
    taken = 1 / np.maximum(room.min(-1, keepdims=True), 1e-6)
    bent = _KNEE + (1 - _KNEE) * (1 - np.exp(-(taken - _KNEE) / (1 - _KNEE)))
    return _encoded(np.clip(grey + way * np.where(taken > _KNEE, bent / np.maximum(taken, 1e-6), 1), 0, 1))


def toned(encoded: Floats) -> Floats:
    """More contrast, by a curve, and more saturation; encoded sRGB on [0, 1]."""
    curved = encoded + _CONTRAST * encoded * (1 - encoded) * (2 * encoded - 1)
    luma = (curved @ _LUMA)[..., None]
    return np.clip(luma + _SATURATION * (curved - luma), 0, 1)


def _linear(wide: Wide) -> Floats:
    return apply_matrix(reduction_matrix(Adaptation.BRADFORD), decode_table(PROPHOTO, 65536)[wide])


def _encoded(linear: Floats) -> Floats:
    return np.asarray(encode_srgb(linear), np.float32)


def _picture(encoded: Floats) -> Image.Image:
    return Image.fromarray(np.rint(encoded * 255).astype(np.uint8))


def _sharpened(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.UnsharpMask(radius=1, percent=60, threshold=2))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of base: the picture, and how it is coded."""

    make: Callable[[Wide], Image.Image]
    format: str
    options: Mapping[str, object]

    def coded(self, wide: Wide) -> bytes:
        file = io.BytesIO()
        self.make(wide).save(file, self.format, **self.options)
        return file.getvalue()


_Q95, _Q90 = {"quality": 95, "subsampling": "4:4:4"}, {"quality": 90, "subsampling": "4:2:0"}

BASES = {
    "mapped, PNG": Kind(lambda wide: _picture(mapped(wide)), "PNG", {}),
    "toned, JPEG q95 4:4:4": Kind(lambda wide: _picture(toned(clipped(wide))), "JPEG", _Q95),
    "mapped, toned, sharpened, JPEG q90 4:2:0": Kind(
        lambda wide: _sharpened(_picture(toned(mapped(wide)))), "JPEG", _Q90
    ),
}


def run(wide: Wide, kind: Kind, config: FitConfig) -> Row:
    """One base of one photograph."""
    from gamutmeta.pipeline.reduce import reduce

    data = kind.coded(wide)
    result = reduce(WideImage(wide), base=data, preset=config, device="cpu")
    if strip(result.to_bytes()) != data:
        raise AssertionError("the base did not stay as it was")
    report, descriptor = result.report, result.payload.descriptor
    share = (report.og_percent or 0) / 100
    return {
        "file_bytes": len(data),
        "payload_bytes": report.payload_bytes,
        "samples": str(descriptor.samples),
        "gate": descriptor.gate,
        "clip": _figures(report.psnr_clip_og, report.psnr_clip, share),
        "restored": _figures(report.psnr_og, report.psnr, share),
    }


def _figures(og: float | None, whole: float | None, share: float) -> Row:
    og, whole = og or 0.0, whole or 0.0
    inside = (10 ** (-whole / 10) - share * 10 ** (-og / 10)) / max(1 - share, 1e-12)
    return {
        "og": round(og, 4),
        "ig": round(-10 * math.log10(max(inside, 1e-12)), 4),
        "whole": round(whole, 4),
    }


# --- tables ----------------------------------------------------------------------------------------------------------


def _gains(rows: Sequence[Row]) -> str:
    heads = ["base", "photographs", "OG: base, restored", "in-gamut: base, restored", "all: base, restored"]
    heads += ["OG gain: median, worst", "in-gamut gain: median, worst", "payload bytes"]
    lines = []
    for name in dict.fromkeys(row["base"] for row in rows):
        these = [row for row in rows if row["base"] == name]
        cells = [name, str(len(these))]
        for key in ("og", "ig", "whole"):
            before, after = (median(row[side][key] for row in these) for side in ("clip", "restored"))
            cells.append(f"{before:.1f}, {after:.1f}")
        for key in ("og", "ig"):
            gains = [row["restored"][key] - row["clip"][key] for row in these]
            cells.append(f"{median(gains):+.1f}, {min(gains):+.1f}")
        lines.append([*cells, f"{median(row['payload_bytes'] for row in these):,.0f}"])
    return table(heads, lines)


def _details(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        pairs = [f"{row['clip'][key]:.2f}, {row['restored'][key]:.2f}" for key in ("og", "ig", "whole")]
        lines.append([row["photograph"], row["base"], *pairs])
    return table(["photograph", "base", "OG: base, restored", "in-gamut", "all"], lines)


def document(result: Result) -> str:
    machine, rows = result["machine"], result["rows"]
    return (
        f"Measured on {machine['processor']}, torch {machine['libraries']['torch']}: "
        f"{len({row['photograph'] for row in rows})} photographs of at most {PIXELS / 1e6:.2f} megapixels, preset "
        f"balanced (6,000 bytes, {result['steps']:,} steps). dB of PSNR in linear ProPhoto against the photograph, "
        f"medians.\n\n{_gains(rows)}\n\nEvery photograph:\n\n{_details(rows)}\n"
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    names = ", ".join(BASES)
    parser.add_argument("--bases", nargs="+", default=list(BASES), choices=BASES, metavar="BASE", help=names)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    config = preset_named("balanced")
    if options.quick:
        config = replace(config, steps=config.steps // 10)
    result["steps"] = config.steps
    paths = photographs(options)
    wanted = {(path.stem, name) for path in paths for name in options.bases}
    if options.fresh:
        result["rows"] = [row for row in result["rows"] if (row["photograph"], row["base"]) not in wanted]
    known = {(row["photograph"], row["base"]) for row in result["rows"]}
    for path in paths:
        todo = [name for name in options.bases if (path.stem, name) not in known]
        if not todo:
            continue
        wide = np.ascontiguousarray(middle(read_photo(path).convert("prophoto").array, PIXELS))
        for name in todo:
            result["rows"].append({"photograph": path.stem, "base": name} | run(wide, BASES[name], config))
            yield f"{path.stem}, {name}"


BENCHMARK = Benchmark("base", __doc__, arguments, measure, document, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
