"""JPEG at every quality and chroma subsampling: the gate chosen from the picture, fixed gates, and other decoders.

    python -m benchmarks.jpeg PHOTOGRAPH... [--only NAME ...] [--quick]

Figures are gains over clipping of the decoded JPEG in dB of PSNR in linear ProPhoto, over out-of-gamut (OG), in-gamut
(IG) and all pixels, with the preset balanced. "Moved" is what of the restored OG PSNR is lost where the reader's
decoder gives other codes than the fit saw: codes changed at random by up to 1 or 2, libjxl, and 4:2:0 chroma repeated
instead of interpolated; the same for the clipped picture beside it.
"""

import argparse
import io
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Self

import numpy as np
from PIL import Image

from benchmarks.arrays import Codes, Wide
from benchmarks.figures import Coding, payload_of
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import photographs
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container import Payload
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.fit.gate import gate_for
from gamutmeta.measure.quality import Quality
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo

_CHROMA_TO_RGB = np.array([[0, -0.344136, 1.772], [1.402, -0.714136, 0]], np.float32)
"""Cb and Cr, less 128, to what is added to Y (ITU-T T.871, section 7)."""


def perturbed(codes: Codes, most: int, seed: int = 0) -> Codes:
    """Every code changed by -most..most, each alike likely and independent of the others.

    That is worse than a decoder's rounding, which leaves half of the codes as they are.
    """
    change = np.random.default_rng(seed).integers(-most, most, codes.shape, np.int16, endpoint=True)
    changed: Codes = np.clip(codes + change, 0, 255).astype(np.uint8)
    return changed


def by_libjxl(data: bytes) -> Codes:
    """Decode a JPEG to uint8 (H, W, 3) with libjxl: its own inverse DCT in floating point, upsampling and rounding.

    The file's coefficients are taken over into JPEG XL as they are.
    """
    import imagecodecs  # an extra

    codes: Codes = imagecodecs.jpegxl_decode(imagecodecs.jpegxl_encode_jpeg(data))
    return codes


def by_plain_upsampling(data: bytes) -> Codes:
    """Decode a 4:2:0 JPEG to uint8 (H, W, 3), its chroma samples repeated instead of interpolated.

    That is libjpeg without "fancy upsampling". At half the size, libjpeg delivers 4:2:0 chroma sample for sample.
    """
    full, half = _ycbcr(data, 1), _ycbcr(data, 2)
    repeated = half.repeat(2, axis=0).repeat(2, axis=1)[: full.shape[0], : full.shape[1]]
    # Pillow's own conversion rounds down, libjpeg's does not.
    rgb = full[..., :1] + (repeated[..., 1:] - np.float32(128)) @ _CHROMA_TO_RGB
    result: Codes = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return result


def _ycbcr(data: bytes, smaller: int) -> Codes:
    """The picture before its conversion to RGB, at 1 / `smaller` of its size, rounded up."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", (image.width // smaller, image.height // smaller))
        return np.array(image)


# --- the benchmark ---------------------------------------------------------------------------------------------------

GATES: tuple[int | None, ...] = (8, 16, 32, 64, 128, 255, None)
BEFORE: Mapping[str, int] = {"4:4:4": 32, "4:2:2": 128, "4:2:0": 128}
"""The constants before the gate was chosen from the picture."""

CODINGS = tuple(
    Coding(f"q{quality} {chroma}", "jpeg", quality, chroma)
    for quality in (70, 80, 90, 95, 100)
    for chroma in ("4:4:4", "4:2:2", "4:2:0")
)
QUICK = tuple(coding for coding in CODINGS if coding.name in {"q80 4:2:0", "q95 4:4:4"})


@dataclass(frozen=True, slots=True)
class Coded:
    """A photograph, ROMM uint16 (H, W, 3), as a JPEG: the file, its codes, uint8, and their quality as they are."""

    wide: Wide
    data: bytes
    codes: Codes
    clipped: Quality

    @classmethod
    def build(cls, wide: Wide, data: bytes) -> Self:
        codes = decode_srgb(data)
        return cls(wide, data, codes, measure_quality(wide, expand(Descriptor(), {}, codes), strict=True))

    def payload(self, config: FitConfig, gate: int | None) -> Payload:
        from gamutmeta.fit.engine import fit

        return payload_of(self.codes, fit(self.codes, self.wide, config, gate=gate, device="cpu"), "jpeg")

    def restored(self, payload: Payload, codes: Codes | None = None) -> Quality:
        """How well a model restores the photograph from these codes (None: from those it was fitted to)."""
        seen = self.codes if codes is None else codes
        return measure_quality(self.wide, expand(payload.descriptor, payload.weights(), seen), strict=True)

    def gains(self, payload: Payload) -> Row:
        quality = self.restored(payload)
        return {
            "gate": payload.descriptor.gate,
            "og": quality.psnr_og - self.clipped.psnr_og,
            "whole": quality.psnr - self.clipped.psnr,
            "ig": _in_gamut(quality) - _in_gamut(self.clipped),
            "bytes": len(payload.to_bytes()),
        }

    def moved(self, payload: Payload, codes: Codes) -> Row:
        """What OG PSNR is lost, with the model and without, where the decoder gives these codes."""
        clipped = measure_quality(self.wide, expand(Descriptor(), {}, codes), strict=True)
        return {
            "loss": self.restored(payload).psnr_og - self.restored(payload, codes).psnr_og,
            "clip_loss": self.clipped.psnr_og - clipped.psnr_og,
            "codes": float(np.abs(codes - self.codes.astype(np.int16)).mean()),
        }


def run(wide: Wide, coding: Coding, config: FitConfig, gates: Sequence[int | None]) -> Row:
    """One photograph, coded one way: the chosen gate, fixed ones, other decoders, and a progressive file."""
    codes, _ = reduce_to_codes(wide, config.adaptation)
    coded = Coded.build(wide, coding.encode(codes))
    progressive = coding.encode(codes, progressive=True)
    if not np.array_equal(decode_srgb(progressive), coded.codes):
        sys.exit(f"{coding.name}: the progressive file has other pixels than the baseline one")
    chosen = gate_for(wide, coded.codes, config.adaptation)
    payloads = {
        gate: coded.payload(config, gate) for gate in dict.fromkeys((chosen, BEFORE[coding.subsampling], *gates))
    }
    others = {"±1": perturbed(coded.codes, 1), "±2": perturbed(coded.codes, 2), "libjxl": by_libjxl(coded.data)}
    if coding.subsampling == "4:2:0":
        others["repeated"] = by_plain_upsampling(coded.data)
    return {
        "quality": coding.quality,
        "subsampling": coding.subsampling,
        "file_bytes": len(coded.data),
        "progressive_bytes": len(progressive),
        "og_percent": coded.clipped.og_percent,
        "clip_og": coded.clipped.psnr_og,
        "clip": coded.clipped.psnr,
        "chosen": coded.gains(payloads[chosen]),
        "before": coded.gains(payloads[BEFORE[coding.subsampling]]),
        "fixed": [coded.gains(payloads[gate]) for gate in gates],
        "moved": {name: coded.moved(payloads[chosen], other) for name, other in others.items()},
    }


def best(row: Row) -> Row:
    """Of a row's fixed gates the one that gains most, OG and whole together."""
    fixed: Sequence[Row] = row["fixed"]
    return max(fixed, key=lambda gains: gains["og"] + gains["whole"])


def _in_gamut(quality: Quality) -> float:
    """PSNR of the in-gamut pixels, dB."""
    share = quality.og_percent / 100
    inside = (quality.rmse**2 - share * quality.rmse_og**2) / (1 - share) if share < 1 else 0.0
    return -10 * math.log10(max(inside, 1e-12))


def _gate(gate: int | None) -> str:
    return "none" if gate is None else str(gate)


def _name(row: Row) -> str:
    return f"q{row['quality']} {row['subsampling']}"


def means(rows: Sequence[Row]) -> str:
    """Means over the photographs, a line for each coding; decoders' losses as restored / clipped."""
    moved = ("±1", "±2", "libjxl", "repeated")
    heads = ["coding", "clip OG", "gates chosen", "OG gain", "whole gain", "IG", "bytes", "constants before: OG, whole"]
    heads += ["best fixed gate of each: OG, whole", *(f"moved: {name}" for name in moved)]
    lines = []
    for coding in dict.fromkeys(map(_name, rows)):
        these = [row for row in rows if _name(row) == coding]
        chosen = [row["chosen"] for row in these]
        widths = sorted({c["gate"] for c in chosen if c["gate"] is not None})
        none = sum(c["gate"] is None for c in chosen)
        gates = [f"{widths[0]}-{widths[-1]}" if len(widths) > 1 else str(widths[0])] if widths else []
        gates += [f"none x{none}"] if none else []
        cells = [coding, f"{mean(row['clip_og'] for row in these):.2f}", ", ".join(gates)]
        cells += [f"{mean(c[key] for c in chosen):+.2f}" for key in ("og", "whole", "ig")]
        cells += [f"{mean(c['bytes'] for c in chosen):,.0f}"]
        for others in ([row["before"] for row in these], [best(row) for row in these]):
            cells += [", ".join(f"{mean(c[key] for c in others):+.2f}" for key in ("og", "whole"))]
        for name in moved:
            losses = [row["moved"][name] for row in these if name in row["moved"]]
            pair = [f"{mean(loss[key] for loss in losses):.2f}" for key in ("loss", "clip_loss")] if losses else []
            cells += [" / ".join(pair)]
        lines.append(cells)
    return table(heads, lines)


def details(rows: Sequence[Row]) -> str:
    """A line for each photograph and coding: OG and whole gain of the chosen gate and of every fixed one."""
    gates = [_gate(gains["gate"]) for gains in rows[0]["fixed"]]
    lines = []
    for row in rows:
        pairs = [f"{gains['og']:+.2f}, {gains['whole']:+.2f}" for gains in (row["chosen"], *row["fixed"])]
        pairs[0] = f"{_gate(row['chosen']['gate'])}: {pairs[0]}"
        lines.append([row["photograph"], _name(row), f"{row['og_percent']:.1f}", f"{row['clip_og']:.2f}", *pairs])
    return table(["photograph", "coding", "OG %", "clip OG", "chosen", *gates], lines)


def document(result: Result) -> str:
    machine, rows = result["machine"], result["rows"]
    smaller = mean(1 - row["progressive_bytes"] / row["file_bytes"] for row in rows)
    return (
        f"Measured on {machine['processor']}, torch {machine['libraries']['torch']}: "
        f"{len({row['photograph'] for row in rows})} photographs, preset balanced, {result['steps']:,} steps. Gains "
        "over clipping of the decoded file, dB, means over the photographs. The best "
        "fixed gate is picked for each photograph by its result, with the luck of the draw in it. Moved: OG PSNR lost "
        "under other decoders, restored / clipped.\n\n"
        f"{means(rows)}\n\nProgressive files have the pixels of the baseline ones everywhere, and are "
        f"{100 * smaller:.1f} % smaller.\n\nEvery photograph, OG and whole gain by gate:\n\n{details(rows)}\n"
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument("--quick", action="store_true", help="two codings, two fixed gates, a fifth of the steps")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    config = preset_named("balanced")
    codings, gates = CODINGS, GATES
    if options.quick:
        codings, gates, config = QUICK, (32, None), replace(config, steps=config.steps // 5)
    result["steps"] = config.steps
    for path in photographs(options):
        wide = read_photo(path).convert("prophoto").array
        for coding in codings:
            result["rows"].append({"photograph": path.stem} | run(wide, coding, config, gates))
            yield f"{path.stem}, {coding.name}"


BENCHMARK = Benchmark("jpeg", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
