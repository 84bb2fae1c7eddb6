"""Endings of outputs: which kind of file they ask for, in every command that writes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from carrots import quick_presets, write_piece
from click.testing import CliRunner, Result
from PIL import Image

from gamutmeta.cli import app, convert
from gamutmeta.photo.kinds import KINDS, SUFFIXES


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with photo.tif and photo.jpg, which is made of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    write_piece(Path("photo.tif"))
    assert run("reduce", "photo.tif", "-o", "photo.jpg").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize("suffix", KINDS["jpeg"].suffixes)
def test_every_name_of_a_jpeg_is_one(suffix: str) -> None:
    for command in (
        ("expand", "photo.jpg", "--quality", "90"),
        ("expand", "photo.jpg", "--format", "jpeg"),
        ("reduce", "photo.tif", "--format", "jpeg", "--quality", "90"),
        ("resize", "photo.jpg", "--size", "40x", "--quality", "90"),
        ("show-wide", "photo.jpg"),
        ("strip", "photo.jpg"),
    ):
        output = f"x{suffix.upper()}"
        result = run(*command, "-o", output, "--overwrite")
        assert (command, result.exit_code, result.stderr if result.exit_code else "") == (command, 0, "")
        with Image.open(output) as image:
            assert image.format in {"JPEG", "MPO"}


@pytest.mark.parametrize("suffix", [suffix for suffix, kind in SUFFIXES.items() if kind in {"tiff", "heic"}])
def test_other_kinds_have_several_names_as_well(suffix: str) -> None:
    assert run("expand", "photo.jpg", "-o", f"x{suffix}").exit_code == 0
    start = Path(f"x{suffix}").read_bytes()[:12]
    assert start.startswith(b"II*\0") if SUFFIXES[suffix] == "tiff" else start[4:] == b"ftypheix"


def test_what_is_not_encoded_anew_keeps_its_kind() -> None:
    run("extract", "photo.jpg", "-o", "photo.gamut")
    run("strip", "photo.jpg", "-o", "bare.jpg")
    for ending in ("png", "TIF", "heic"):
        for command in (("strip", "photo.jpg"), ("attach", "bare.jpg", "photo.gamut")):
            result = run(*command, "-o", f"x.{ending}")
            assert result.exit_code == 1
            said = f"x.{ending}: the file stays a JPEG; let the name end in .jpg, .jpeg, .jfif, .jpe, .mpo"
            assert said in result.stderr
            assert not Path(f"x.{ending}").exists()
    # A name that says nothing, or the file's own, is nobody's lie.
    assert run("strip", "photo.jpg", "-o", "backup.old").exit_code == 0
    Path("photo.jpg").rename("photo.png")
    assert run("strip", "photo.png", "--in-place").exit_code == 0


@pytest.mark.parametrize("ending", [".gif", ".webp", ".dng", ""])
def test_endings_of_no_kind_are_wrong_usage(ending: str) -> None:
    for command, said in (
        (("reduce", "photo.tif"), "must end in .jpg"),
        (("expand", "photo.jpg"), "a photograph can be written as .tif"),
        (("resize", "photo.jpg", "--size", "40x"), "must end in .jpg"),
        (("show-wide", "photo.jpg"), "let the name end in .jpg"),
        (("view", "photo.jpg"), "must end in .html"),
    ):
        result = run(*command, "-o", f"x{ending}")
        assert (command, result.exit_code) == (command, 2)
        assert said in result.stderr
        assert not Path(f"x{ending}").exists()


def test_a_page_goes_to_standard_output() -> None:
    result = run("view", "photo.jpg", "-o", "-", "--json")
    assert (result.exit_code, result.stdout[:15].lower()) == (0, "<!doctype html>")


def test_strip_notes_a_sidecar() -> None:
    run("reduce", "photo.tif", "-o", "s.jpg", "--carrier", "sidecar")
    for place in (("-o", "bare.jpg"), ("--in-place",)):
        result = run("strip", "s.jpg", *place)
        assert result.exit_code == 0
        assert "note: s.jpg: there was no payload\n" in result.stderr
        assert "the sidecar s.jpg.gamut beside it stays, and restores the colours" in result.stderr
    assert "sidecar" not in run("strip", "s.jpg", "-o", "b.jpg", "--remove", "map").stderr
