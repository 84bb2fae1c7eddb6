"""The photograph that comes with the demonstration, and quick ways to work on a piece of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import gamutmeta.demo
from gamutmeta.fit.config import PRESETS, FitConfig
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from collections.abc import Mapping

CARROTS = Path(gamutmeta.demo.__file__).with_name("carrots.tif")

QUICK = replace(PRESETS["balanced"], name="quick", steps=40, batch=1024, network_rate=2e-2)
"""Fits in a tenth of a second, and well enough to be better than clipping."""


def write_piece(path: Path, *, exif: bytes | None = None) -> Path:
    """A piece of 96x64 pixels with carrots, half of it outside sRGB, as a 16-bit ProPhoto TIFF or PNG."""
    WideImage(read_photo(CARROTS).array[290:354, 500:596], exif=exif).save(path)
    return path


def quick_presets() -> dict[str, FitConfig]:
    """The presets' names, each with a quick fit behind it."""
    return dict.fromkeys(PRESETS, QUICK)


def with_quick_presets(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which every Python process has the quick presets; `folder` is for a file that it needs."""
    here = str(Path(__file__).parent)
    lines = (
        "import gamutmeta.fit.config",
        "from carrots import quick_presets",
        "gamutmeta.fit.config.PRESETS = quick_presets()",
    )
    (folder / "sitecustomize.py").write_text("\n".join(lines))
    paths = [str(folder), here, str(Path(here).parent), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
