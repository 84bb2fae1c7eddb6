"""`reduce --base`: onto the user's own sRGB export, one or a folder of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from carrots import quick_presets, write_piece
from click.testing import CliRunner, Result
from PIL import Image, ImageEnhance

from gamutmeta import carriers
from gamutmeta.cli import app, convert
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path

ICC = profile_bytes("srgb")


def run(*arguments: str | Path) -> Result:
    """Run a command; a defect is raised instead of being taken for exit code 1."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a photograph and a toned export of it; presets are quick."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    wide = read_photo(write_piece(tmp_path / "photo.tif"))
    codes = reduce_to_codes(wide.array, Adaptation.BRADFORD)[0]
    toned = ImageEnhance.Contrast(ImageEnhance.Color(Image.fromarray(codes)).enhance(0.8)).enhance(1.15)
    toned.save(tmp_path / "export.jpg", quality=93, subsampling=0, icc_profile=ICC)
    toned.save(tmp_path / "export.png", icc_profile=ICC)
    return tmp_path


def test_the_export_gets_the_payload(folder: Path) -> None:
    result = run("reduce", "photo.tif", "--base", "export.jpg", "-o", "out.jpg", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["base"] == "export.jpg"
    assert report["psnr_og"] > report["psnr_clip_og"] + 3
    data = (folder / "out.jpg").read_bytes()
    assert carriers.strip(data) == (folder / "export.jpg").read_bytes()
    assert run("expand", "out.jpg", "-o", "restored.tif").exit_code == 0
    verified = json.loads(run("verify", "out.jpg", "--reference", "photo.tif", "--json").stdout)
    assert verified["psnr_og"] == report["psnr_og"]
    assert verified["psnr_clip_og"] == report["psnr_clip_og"]


@pytest.mark.usefixtures("folder")
def test_the_words_for_people_name_the_base() -> None:
    result = run("reduce", "photo.tif", "--base", "export.jpg", "-o", "out.jpg")
    assert result.exit_code == 0
    assert result.stdout.startswith("photo.tif onto export.jpg -> out.jpg: out of gamut ")


@pytest.mark.parametrize(
    "option",
    [
        ("--quality", "95"),
        ("--subsampling", "4:4:4"),
        ("--progressive",),
        ("--format", "jpeg"),
    ],
)
def test_options_of_coding_are_refused_even_with_their_defaults(folder: Path, option: tuple[str, ...]) -> None:
    result = run("reduce", "photo.tif", "--base", "export.jpg", "-o", folder / "out.jpg", *option)
    assert result.exit_code == 2
    assert f"{option[0]} cannot be used with --base, which stays as it is coded" in result.stderr
    assert not (folder / "out.jpg").exists()


def test_another_kind_of_output_fails_with_a_remedy(folder: Path) -> None:
    result = run("reduce", "photo.tif", "--base", "export.png", "-o", folder / "out.jpg")
    assert result.exit_code == 1
    assert "the base export.png is a PNG and stays as it is; name a PNG as output, not a JPEG" in result.stderr


def test_a_folder_of_bases(folder: Path) -> None:
    photos, exports = folder / "photos", folder / "exports"
    for name in ("a", "b"):
        for place in (photos, exports):
            (place).mkdir(exist_ok=True)
        (photos / f"{name}.tif").write_bytes((folder / "photo.tif").read_bytes())
    (exports / "a.jpg").write_bytes((folder / "export.jpg").read_bytes())
    (exports / "b.png").write_bytes((folder / "export.png").read_bytes())
    command = ("reduce", "photos", "--base", "exports", "-o", "web", "--json")
    first = run(*command)
    assert first.exit_code == 0
    assert sorted(path.name for path in (folder / "web").iterdir() if path.is_file()) == ["a.jpg", "b.png"]
    assert carriers.strip((folder / "web/b.png").read_bytes()) == (exports / "b.png").read_bytes()
    again = [json.loads(line) for line in run(*command).stdout.splitlines()]
    assert [line["skipped"] for line in again] == [True, True]
    assert [line["base"] for line in again] == ["exports/a.jpg", "exports/b.png"]
    with Image.open(exports / "a.jpg") as picture:
        picture.load()
        picture.save(exports / "a.jpg", quality=80, icc_profile=ICC)
    changed = run(*command)
    assert changed.exit_code == 1
    assert "was made from another version of a.tif or of its base a.jpg" in changed.stdout
    assert run(*command, "--overwrite").exit_code == 0
    assert carriers.strip((folder / "web/a.jpg").read_bytes()) == (exports / "a.jpg").read_bytes()


def test_one_base_for_several_photographs_is_wrong_usage(folder: Path) -> None:
    result = run("reduce", "photo.tif", "photo.tif", "--base", "export.jpg", "-o", folder / "web")
    assert result.exit_code == 2
    assert "cannot be the base of several photographs" in result.stderr


def test_a_base_that_is_another_picture_fails(folder: Path) -> None:
    with Image.open(folder / "export.png") as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "mirrored.png", icc_profile=ICC)
    result = run("reduce", "photo.tif", "--base", "mirrored.png", "-o", folder / "out.png")
    assert result.exit_code == 1
    assert "base mirrored.png: it shows another picture or crop" in result.stderr
    assert not (folder / "out.png").exists()
