"""Which software keeps the colours outside sRGB that a JPEG's own samples hold: docs/extended.md says what is found."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import CARROTS
from interop.demand import demand

from benchmarks.interop.tools import environment, resolve
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.sycc import outside, reduce_to_sycc
from gamutmeta.photo.pixels import decode_sycc, encode_srgb_file
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path

EXACT = {
    "jpegtran -optimize": ("libjpeg-turbo", ["jpegtran", "-optimize", "-outfile", "out.jpg", "in.jpg"]),
    "jpegtran -progressive": ("libjpeg-turbo", ["jpegtran", "-progressive", "-outfile", "out.jpg", "in.jpg"]),
    "jpegoptim": ("jpegoptim", ["jpegoptim", "--quiet", "--strip-all", "--stdout", "in.jpg"]),
    "exiftool -all=": ("ExifTool", ["exiftool", "-all=", "-o", "out.jpg", "in.jpg"]),
    "jhead -purejpg": ("jhead", ["jhead", "-purejpg", "out.jpg"]),
}
"""What changes the file and not its coefficients."""

LOST = {
    "ImageMagick": ("ImageMagick", ["convert", "in.jpg", "-quality", "95", "out.jpg"]),
    "GraphicsMagick": ("GraphicsMagick", ["gm", "convert", "in.jpg", "-quality", "95", "out.jpg"]),
    "libvips": ("libvips", ["vips", "copy", "in.jpg", "out.jpg[Q=95,strip]"]),
}
"""What goes through RGB, whose clamping clips them."""


@pytest.fixture(scope="module")
def extended() -> bytes:
    """A piece of the demonstration's photograph, a tenth of which lies far outside sRGB."""
    wide = np.ascontiguousarray(read_photo(CARROTS).array[60:316, 180:500])
    return encode_srgb_file(reduce_to_sycc(wide, Adaptation.BRADFORD), "jpeg", is_ycc=True)


def far_outside(data: bytes) -> float:
    """Percent of the pixels that lie outside by more than coding noise makes."""
    return float(100 * outside(decode_sycc(data), margin=24).mean())


def run(tool: str, line: list[str], folder: Path, data: bytes) -> bytes:
    demand(tool)
    (folder / "in.jpg").write_bytes(data)
    if "in.jpg" not in line:
        (folder / "out.jpg").write_bytes(data)
    program = resolve(line[0])
    assert program is not None
    done = subprocess.run(
        [*program, *line[1:]], cwd=folder, env=environment(), capture_output=True, check=True, timeout=60
    )
    return done.stdout if "--stdout" in line else (folder / "out.jpg").read_bytes()


@pytest.mark.parametrize("name", EXACT)
def test_lossless_changes_keep_the_samples(name: str, extended: bytes, tmp_path: Path) -> None:
    changed = run(*EXACT[name], tmp_path, extended)
    assert changed != extended
    assert np.array_equal(decode_sycc(changed), decode_sycc(extended))


def test_jpeg_xl_and_back(extended: bytes, tmp_path: Path) -> None:
    demand("libjxl")
    (tmp_path / "in.jpg").write_bytes(extended)
    for line in (["cjxl", "--lossless_jpeg=1", "in.jpg", "x.jxl"], ["djxl", "x.jxl", "back.jpg"]):
        program = resolve(line[0])
        assert program is not None
        subprocess.run([*program, *line[1:]], cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert (tmp_path / "back.jpg").read_bytes() == extended


@pytest.mark.parametrize("name", LOST)
def test_what_goes_through_rgb_clips_them(name: str, extended: bytes, tmp_path: Path) -> None:
    assert far_outside(extended) > 5
    assert far_outside(run(*LOST[name], tmp_path, extended)) < 0.2
