"""The demonstration: its files, its picture, and the photograph that comes along."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from carrots import CARROTS, QUICK, quick_presets, with_quick_presets, write_piece
from click.testing import CliRunner
from PIL import Image

from gamutmeta.cli import app
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.icc import profile_bytes
from gamutmeta.demo import demonstrate
from gamutmeta.demo.comparison import draw_comparison
from gamutmeta.demo.sheet import Panel, Scale, draw_sheet
from gamutmeta.errors import OutputExistsError, PhotoError
from gamutmeta.measure.colormap import heat_colours
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.comparison import Comparison
from gamutmeta.pipeline.expand import expand_file


class TestPhotograph:
    def test_is_16_bit_prophoto_with_profile(self) -> None:
        wide = read_photo(CARROTS)
        assert (wide.size, wide.notes) == ((600, 400), ())
        with tifffile.TiffFile(CARROTS) as tiff:
            assert tiff.pages.first.dtype == np.uint16
            assert tiff.pages.first.iccprofile

    def test_needs_no_extra(self) -> None:
        code = (
            "import sys; sys.modules['imagecodecs'] = None\n"
            "from gamutmeta import read_photo\n"
            "print(read_photo(sys.argv[1]).array.sum(dtype='uint64'))"
        )
        output = subprocess.run(
            [sys.executable, "-c", code, CARROTS], capture_output=True, text=True, check=True
        ).stdout
        assert int(output) == int(read_photo(CARROTS).array.sum(dtype=np.uint64))

    def test_comes_with_its_licence(self) -> None:
        notice = CARROTS.with_name("NOTICE").read_text(encoding="utf-8")
        assert "carrots.tif" in notice
        assert "Industrial Light & Magic" in notice
        assert "Redistributions in binary form must reproduce the above" in notice


class TestDemonstrate:
    def test_writes_three_files(self, tmp_path: Path) -> None:
        result = demonstrate(write_piece(tmp_path / "mine.tif"), tmp_path / "out", preset=QUICK)
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "comparison.png",
            "mine-restored.tif",
            "mine.jpg",
        ]
        assert result.reduction.output == str(result.srgb)
        assert read_photo(result.restored).size == (96, 64)
        with Image.open(result.comparison) as picture:
            assert picture.info["icc_profile"] == profile_bytes("display-p3")

    def test_overwrites_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "comparison.png").write_bytes(b"precious")
        with pytest.raises(OutputExistsError):
            demonstrate(write_piece(tmp_path / "a.tif"), tmp_path, preset=QUICK)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "comparison.png"]
        assert (tmp_path / "comparison.png").read_bytes() == b"precious"

    def test_does_not_replace_the_photograph(self, tmp_path: Path) -> None:
        read_photo(write_piece(tmp_path / "a.tif")).save(tmp_path / "mine.jpg", depth=8)
        before = (tmp_path / "mine.jpg").read_bytes()
        with pytest.raises(PhotoError, match="the output would replace the photograph itself"):
            demonstrate(tmp_path / "mine.jpg", tmp_path, preset=QUICK, overwrite=True)
        assert (tmp_path / "mine.jpg").read_bytes() == before

    def test_restores_what_expand_restores(self, tmp_path: Path) -> None:
        result = demonstrate(write_piece(tmp_path / "mine.tif"), tmp_path / "out", preset=QUICK)
        expand_file(result.srgb, tmp_path / "again.tif")
        assert result.restored.read_bytes() == (tmp_path / "again.tif").read_bytes()

    def test_a_photograph_with_no_colour_outside_srgb(self, tmp_path: Path) -> None:
        WideImage(np.full((30, 40, 3), 30_000, np.uint16)).save(tmp_path / "grey.tif")
        result = demonstrate(tmp_path / "grey.tif", tmp_path, preset=QUICK)
        assert result.reduction.og_percent == 0
        assert result.comparison.exists()


def test_it_needs_the_command_line_alone(tmp_path: Path) -> None:
    """`make demo` installs no more."""
    extras = "imagecodecs", "pillow_heif", "pyvips", "OpenImageIO", "rawpy", "matplotlib", "imageio", "torch"
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({extras}))\n"
        "from gamutmeta.__main__ import main; sys.argv[1:] = ['demo']; sys.exit(main())"
    )
    environment = with_quick_presets(tmp_path, os.environ)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    # So short a fit may be of no use, which a note tells.
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "Reducing carrots.tif to an sRGB JPEG ...")
    assert (tmp_path / "demo-output" / "comparison.png").is_file()


class TestCommand:
    @pytest.fixture(autouse=True)
    def _quick(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("gamutmeta.fit.config.PRESETS", quick_presets())

    def test_on_the_photograph_that_comes_along(self) -> None:
        result = CliRunner().invoke(app, ["demo"], catch_exceptions=False)
        assert result.exit_code == 0
        assert "PSNR outside sRGB        21.9 dB" in result.stdout
        for name in ("carrots.jpg", "carrots-restored.tif", "comparison.png"):
            assert f"demo-output/{name}" in result.stdout
            assert Path("demo-output", name).is_file()

    def test_json(self) -> None:
        write_piece(Path("mine.tif"))
        result = CliRunner().invoke(app, ["demo", "mine.tif", "-o", "x", "--json"])
        report = json.loads(result.stdout)
        assert (report["file"], report["restored"]) == ("mine.tif", "x/mine-restored.tif")
        assert report["psnr_og"] > report["psnr_clip_og"]

    def test_a_note_is_printed(self) -> None:
        WideImage(np.full((30, 40, 3), 30_000, np.uint16)).save("grey.tif")
        result = CliRunner().invoke(app, ["demo", "grey.tif", "-o", "x"])
        assert "note: grey.tif: the photograph is grey" in result.stderr

    def test_twice(self) -> None:
        write_piece(Path("mine.tif"))
        assert CliRunner().invoke(app, ["demo", "mine.tif", "-o", "x"]).exit_code == 0
        again = CliRunner().invoke(app, ["demo", "mine.tif", "-o", "x"])
        assert (again.exit_code, again.stdout) == (1, "")
        assert "x/mine.jpg exists" in again.stderr
        assert CliRunner().invoke(app, ["demo", "mine.tif", "-o", "x", "--overwrite"]).exit_code == 0


def piece(tmp_path: Path) -> WideImage:
    return read_photo(write_piece(tmp_path / "piece.tif"))


class TestComparison:
    def draw(self, original: WideImage, restored: WideImage) -> Image.Image:
        clipped = original.convert("srgb").convert("prophoto")
        adaptation = Adaptation.BRADFORD
        pictures = Comparison(original=original, clipped=clipped, restored=restored, adaptation=adaptation)
        return draw_comparison(pictures, ("first", "second", "third"))

    def test_a_perfect_restoration_has_a_black_error_map(self, tmp_path: Path) -> None:
        original = piece(tmp_path)
        sheet = np.asarray(self.draw(original, original))
        below = sheet[40 + 66 + 400 + 24 + 66 :][:400]
        clipped_map, restored_map = below[:, 40:640], below[:, 664:1264]
        assert (restored_map == heat_colours(np.zeros(1))).all()
        assert (clipped_map.max(-1) > 100).any()

    def test_orientation_turns_every_panel(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x112] = 6
        block = exif.tobytes()
        original = piece(tmp_path)
        turned = WideImage(original.array, exif=block if block.startswith(b"Exif\0\0") else b"Exif\0\0" + block)
        assert turned.orientation == 6
        flat, upright = self.draw(original, original), self.draw(turned, turned)
        assert (flat.width, upright.height - flat.height) == (2 * 40 + 3 * 600 + 2 * 24, 2 * 200)
        left = np.asarray(flat)[106:506, 40:640]
        assert (np.asarray(upright)[106:706, 40:440] == np.rot90(left, -1)).all()

    def test_is_the_same_every_time(self, tmp_path: Path) -> None:
        original = piece(tmp_path)
        assert self.draw(original, original).tobytes() == self.draw(original, original).tobytes()


class TestSheet:
    def test_pictures_are_pasted_unchanged(self) -> None:
        pictures = [Image.new("RGB", (600, 50), colour) for colour in ("red", "lime", "blue")]
        panels = [Panel("title", "detail", picture) for picture in pictures]
        sheet = np.asarray(draw_sheet([panels], Scale(4, "unit", "note")))
        for k, picture in enumerate(pictures):
            left = 40 + k * 624
            assert (sheet[106:156, left : left + 600] == np.asarray(picture)).all()

    def test_can_be_saved(self) -> None:
        panels = [Panel("title", "detail", Image.new("RGB", (10, 10)))] * 3
        draw_sheet([panels, panels], Scale(4, "unit", "note")).save(io.BytesIO(), "PNG")
