"""Which software keeps the colours outside sRGB that a JPEG's own samples hold: docs/extended.md says what is found."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from interop.demand import demand

pytest.importorskip("torch")
pytest.importorskip("click")

from benchmarks.interop.extended import CARRIERS, examine_extended, extended_sample, is_asked
from benchmarks.interop.tools import environment, resolve
from benchmarks.interoperability import OPERATIONS, RESULTS
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.sycc import outside, reduce_to_sycc
from gamutmeta.photo.pixels import decode_sycc, encode_srgb_file
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.interop.operations import Operation

RECORDED: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
ROWS = {(row["carrier"], row["tool"], row["operation"]): row for row in RECORDED["extended"]}
CASES = [(carrier, operation) for carrier in CARRIERS for operation in OPERATIONS if is_asked(operation)]

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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("carrier", "operation"),
    [pytest.param(*case, id=f"{case[0]}-{case[1].tool}-{case[1].label}") for case in CASES],
)
def test_operation(carrier: str, operation: Operation) -> None:
    demand(operation.tool)
    found = examine_extended(operation, carrier)
    assert found is not None
    assert found.use != "damaged"
    # What is used without a note is what it was, and the samples alone are worth what they were.
    if found.use == "exact":
        assert found.samples == "exact"
    # A picture that was turned or cropped is another one.
    if operation.kind == "turn":
        assert found.use in {"refused", "dropped"}
    elif found.samples == "exact":
        assert found.use in {"exact", "dropped"}
        assert found.psnr_og_samples == pytest.approx(extended_sample().figures["samples"])
    if carrier in operation.keeps:
        assert found.use == "exact"
    recorded = ROWS[carrier, operation.tool, operation.label]
    if found.version == recorded["version"]:
        assert (found.samples, found.use, found.code) == (recorded["samples"], recorded["use"], recorded["code"])


def test_what_was_recorded_is_what_there_is_to_do() -> None:
    assert list(ROWS) == [(carrier, operation.tool, operation.label) for carrier, operation in CASES]
    assert all(RECORDED["versions"][row["tool"]] == row["version"] for row in ROWS.values())
