"""The commands crop, resize and rotate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import QUICK, write_piece
from click.testing import CliRunner, Result
from photo_files import exif_block
from PIL import Image

import gamutmeta
from gamutmeta.cli import app

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photo.jpg and photo.png of 96x64 pixels, and side.png, which is shown as 64x96."""
    folder = tmp_path_factory.mktemp("made")
    photo = write_piece(folder / "photo.tif")
    for name in ("photo.jpg", "photo.png"):
        gamutmeta.reduce_file(photo, folder / name, preset=QUICK, device="cpu")
    side = write_piece(folder / "side.tif", exif=exif_block(orientation=6))
    gamutmeta.reduce_file(side, folder / "side.png", preset=QUICK, device="cpu")
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("photo.jpg", "photo.png", "side.png"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def wide(name: str) -> NDArray[np.int64]:
    return gamutmeta.expand(name).array.astype(np.int64)


def test_crop() -> None:
    result = run("crop", "photo.png", "--box", "10,20,60,64", "-o", "part.png")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("photo.png -> part.png: payload ")
    assert np.abs(wide("part.png") - wide("photo.png")[20:64, 10:60]).max() <= 2


@pytest.mark.parametrize(("size", "expected"), [("48x40", (48, 40)), ("48x", (48, 32)), ("x16", (24, 16))])
def test_resize(size: str, expected: tuple[int, int]) -> None:
    assert run("resize", "photo.jpg", "--size", size, "-o", "small.jpg").exit_code == 0
    assert gamutmeta.expand("small.jpg").size == expected


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotate(degrees: int) -> None:
    assert run("rotate", "photo.png", "--degrees", str(degrees), "-o", "turned.tif").exit_code == 0
    assert np.abs(wide("turned.tif") - np.rot90(wide("photo.png"), degrees // 90)).max() <= 2


@pytest.mark.parametrize(("direction", "axis"), [("horizontal", 1), ("vertical", 0)])
def test_flip(direction: str, axis: int) -> None:
    assert run("rotate", "photo.png", "--flip", direction, "-o", "flipped.png").exit_code == 0
    assert np.abs(wide("flipped.png") - np.flip(wide("photo.png"), axis)).max() <= 2


def test_upright() -> None:
    assert run("rotate", "side.png", "--upright", "-o", "upright.png").exit_code == 0
    assert gamutmeta.expand("upright.png").orientation == 1
    assert np.abs(wide("upright.png") - np.rot90(wide("side.png"), -1)).max() <= 2


def test_boxes_are_those_of_the_picture_as_shown() -> None:
    assert run("crop", "side.png", "--box", "0,60,64,96", "-o", "part.png").exit_code == 0
    assert np.abs(wide("part.png") - np.rot90(wide("side.png"), -1)[60:]).max() <= 2
    assert gamutmeta.expand("part.png").orientation == 1


def test_json() -> None:
    result = run("resize", "photo.jpg", "--size", "48x", "-o", "small.jpg", "--json")
    report = json.loads(result.stdout)
    assert (report["file"], report["output"], report["carrier"]) == ("photo.jpg", "small.jpg", "app11")
    assert report["file_bytes"] == Path("small.jpg").stat().st_size
    assert report["payload_bytes"] < report["file_bytes"]
    assert result.stderr == ""


def test_quality_carrier_and_folder() -> None:
    assert run("rotate", "photo.jpg", "--degrees", "90", "-o", "high.jpg").exit_code == 0
    command = ("rotate", "photo.jpg", "--degrees", "90", "--quality", "20", "--carrier", "sidecar", "-o", "low/")
    assert run(*command).exit_code == 0
    assert Path("low/photo.jpg").stat().st_size < Path("high.jpg").stat().st_size / 2
    assert Path("low/photo.jpg.gamut").exists()
    assert gamutmeta.expand("low/photo.jpg").size == (64, 96)


def test_a_lossless_fit_in_a_jpeg_is_warned_of() -> None:
    result = run("rotate", "photo.png", "--degrees", "90", "-o", "x.jpg")
    assert result.exit_code == 0
    assert "warning: photo.png: the payload was fitted to lossless samples" in result.stderr


def test_nothing_is_overwritten_unless_asked() -> None:
    Path("part.png").write_bytes(b"mine")
    command = ("crop", "photo.png", "--box", "10,20,60,64", "-o", "part.png")
    result = run(*command)
    assert (result.exit_code, Path("part.png").read_bytes()) == (1, b"mine")
    assert "exists" in result.stderr
    assert run(*command, "--overwrite").exit_code == 0
    assert gamutmeta.expand("part.png").size == (50, 44)


def test_failures() -> None:
    result = run("crop", "photo.png", "--box", "10,20,60,65", "-o", "part.png", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "photo"
    Image.new("RGB", (20, 20)).save("plain.png")
    result = run("rotate", "plain.png", "--degrees", "90", "-o", "part.png", "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (1, "carrier.none")
    assert not Path("part.png").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("crop", "photo.png", "-o", "x.png"),
        ("crop", "photo.png", "--box", "1,2,3", "-o", "x.png"),
        ("crop", "photo.png", "--box", "1,2,3,four", "-o", "x.png"),
        ("resize", "photo.png", "--size", "x", "-o", "x.png"),
        ("resize", "photo.png", "--size", "40", "-o", "x.png"),
        ("resize", "photo.png", "--size", "4x4x4", "-o", "x.png"),
        ("rotate", "photo.png", "-o", "x.png"),
        ("rotate", "photo.png", "--degrees", "45", "-o", "x.png"),
        ("rotate", "photo.png", "--degrees", "90", "--upright", "-o", "x.png"),
        ("rotate", "photo.png", "--degrees", "90", "-o", "photo.png"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
    assert not Path("x.png").exists()
