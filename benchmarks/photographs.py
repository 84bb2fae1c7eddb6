"""Every photograph of a folder through every preset and coding: decibels, bytes and seconds.

    python -m benchmarks.photographs FOLDER [--name NAME]

The folder holds wide-gamut photographs (16-bit TIFF). Writes ``results/<name>.json`` and ``results/<name>.md`` beside
this file. The figures are those of :class:`gamutmeta.Report`: PSNR in linear ProPhoto on [0, 1], measured on the
decoded sRGB picture after the payload has gone through its bytes, over all pixels and over out-of-gamut (OG) pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe
from gamutmeta.color.quality import measure
from gamutmeta.expansion import expand
from gamutmeta.photo.read import read_photo
from gamutmeta.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.photo.wide import WideImage

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Setting:
    """One column of the table."""

    name: str
    preset: str
    options: dict[str, Any]


SETTINGS = (
    Setting("small, PNG", "small", {"format": "png"}),
    Setting("balanced, PNG", "balanced", {"format": "png"}),
    Setting("best, PNG", "best", {"format": "png"}),
    Setting("balanced, JPEG q95 4:4:4", "balanced", {"format": "jpeg", "quality": 95, "subsampling": "4:4:4"}),
    Setting("paper, PNG", "paper", {"format": "png"}),
)


def run(photo: WideImage, setting: Setting, device: str) -> dict[str, object]:
    """One photograph through one setting; the figures are checked against a fresh expansion of the file's bytes."""
    reduction = reduce(photo, preset=setting.preset, device=device, **setting.options)
    data = reduction.to_bytes()
    again = measure(photo.array, expand(data).array, reduction.payload.descriptor.adaptation)
    if again.psnr != reduction.report.psnr:
        sys.exit(f"the file restores {again.psnr} dB, but {reduction.report.psnr} dB were reported")
    return reduction.report.to_json() | {"file_bytes": len(data)}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The figures as a Markdown table, one photograph a row."""
    names = [setting.name for setting in SETTINGS]
    heads = ["photograph", "pixels", "OG %"]
    for name in names:
        heads += [f"{name}: clip OG", "OG", "gain", "whole gain", "bytes", "fit s"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [row["photograph"], row["pixels"], f"{row['settings'][names[0]]['og_percent']:.1f}"]
        for name in names:
            r = row["settings"][name]
            cells += [
                f"{r['psnr_clip_og']:.2f}",
                f"{r['psnr_og']:.2f}",
                f"{r['psnr_og'] - r['psnr_clip_og']:+.2f}",
                f"{r['psnr'] - r['psnr_clip']:+.2f}",
                f"{r['payload_bytes']:,}",
                f"{r.get('fit_seconds', 0):.2f}",
            ]
        lines.append("| " + " | ".join(cells) + " |")
    for label, middle in (("median", median), ("mean", mean)):
        cells = [f"**{label}**", "", ""]
        for name in names:
            every = [row["settings"][name] for row in rows]
            cells += [
                f"{middle(r['psnr_clip_og'] for r in every):.2f}",
                f"{middle(r['psnr_og'] for r in every):.2f}",
                f"{middle(r['psnr_og'] - r['psnr_clip_og'] for r in every):+.2f}",
                f"{middle(r['psnr'] - r['psnr_clip'] for r in every):+.2f}",
                f"{middle(r['payload_bytes'] for r in every):,.0f}",
                f"{middle(r.get('fit_seconds', 0) for r in every):.2f}",
            ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="photographs", help="of the result files")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    options = parser.parse_args(arguments)
    rows = []
    for path in sorted(p for p in options.folder.iterdir() if p.suffix.lower() in {".tif", ".tiff"}):
        photo = read_photo(path)
        settings = {setting.name: run(photo, setting, options.device) for setting in SETTINGS}
        rows.append({"photograph": path.stem, "pixels": f"{photo.width}x{photo.height}", "settings": settings})
        print(table(rows[-1:]).splitlines()[-3], flush=True)
    if not rows:
        sys.exit(f"{options.folder}: no TIFF photographs")
    machine = describe()
    text = table(rows)
    (RESULTS / f"{options.name}.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    heading = (
        f"Measured on {machine['processor']}, {machine['cores']} cores, torch {machine['libraries']['torch']}.\n\n"
    )
    (RESULTS / f"{options.name}.md").write_text(heading + text + "\n")
    print(text)


if __name__ == "__main__":
    main()
