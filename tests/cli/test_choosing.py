"""Which files of a folder, how much is said of them, and options that would have no effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from carrots import quick_presets, write_piece
from click.testing import CliRunner, Result
from PIL import Image

from gamutmeta import carriers
from gamutmeta.cli import app, convert
from gamutmeta.photo.read import read_photo


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two photographs in photos/; presets are quick."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    Path("photos/drafts").mkdir(parents=True)
    write_piece(Path("photos/a.tif"))
    write_piece(Path("photos/drafts/b.tif"))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_include_and_exclude() -> None:
    result = run("reduce", "photos", "-o", "web", "--exclude", "drafts", "--dry-run", "--json")
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["photos/a.tif"]
    result = run("reduce", "photos", "-o", "web", "--include", "drafts/*", "--include", "x.*", "-n", "--json")
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["photos/drafts/b.tif"]
    result = run("expand", "photos", "-o", "web", "--include", "*.jpg")
    assert (result.exit_code, "none of the 2 files in photos fits the patterns" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("exclude", "said"),
    [
        ("[!a]*", "no file in photos fits the patterns"),
        ("b.tif", "none of the 2 files in photos fits the patterns"),
    ],
)
def test_what_no_pattern_fits_is_counted(exclude: str, said: str) -> None:
    result = run("reduce", "photos", "-o", "web", "--include", "*.png", "--exclude", exclude)
    assert (result.exit_code, f"Error: {said} of files to include and exclude\n" in result.stderr) == (2, True)
    result = run("reduce", "photos/drafts", "-o", "web", "--include", "*.png", "--exclude", exclude)
    said = "the one file in photos/drafts does not fit the patterns"
    assert (result.exit_code, f"Error: {said} of files to include and exclude\n" in result.stderr) == (2, True)


def test_every_command_that_takes_folders_chooses() -> None:
    run("reduce", "photos", "-o", "web")
    for command in ("info", "validate"):
        result = run(command, "web", "--exclude", "drafts", "--json")
        assert (result.exit_code, [json.loads(line)["file"] for line in result.stdout.splitlines()]) == (
            0,
            ["web/a.jpg"],
        )
        result = run(command, "web", "--include", "drafts/*", "--json")
        assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["web/drafts/b.jpg"]
        result = run(command, "web", "--include", "*.png")
        assert (result.exit_code, "none of the 2 files in web fits the patterns" in result.stderr) == (2, True)
    result = run("strip", "web", "-o", "bare", "--exclude", "drafts", "--json")
    assert [json.loads(line)["output"] for line in result.stdout.splitlines()] == ["bare/a.jpg"]


def test_strip_in_place_takes_folders() -> None:
    run("reduce", "photos", "-o", "web", "--carrier", "com")
    Path("web/drafts/b.jpg.gamut").write_bytes(b"of something else")
    result = run("strip", "web", "--in-place", "--include", "drafts/*.*", "--json")
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["web/drafts/b.jpg"]
    assert (carriers.find("web/a.jpg"), carriers.find("web/drafts/b.jpg")) == (["com"], [])
    assert run("strip", "web", "--in-place").exit_code == 0
    assert carriers.find("web/a.jpg") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("reduce", "photos/a.tif", "-o", "a.jpg", "--exclude", "a*"),
        ("expand", "photos/a.tif", "-o", "a.tif", "--include", "b*"),
        ("show-wide", "photos/a.tif", "-o", "a.jpg", "--exclude", "a*"),
        ("info", "photos/a.tif", "--exclude", "a*"),
        ("validate", "photos/a.tif", "--include", "b*"),
        ("strip", "photos/a.tif", "--in-place", "--exclude", "a*"),
        ("strip", "photos/a.tif", "-o", "a.tif", "--exclude", "a*"),
    ],
)
def test_patterns_without_a_folder_are_refused(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "--include and --exclude choose files in folders, and none of the inputs is a folder" in result.stderr


def test_the_same_folder_twice() -> None:
    first = run("reduce", "photos", "-o", "photos", "--json")
    assert (first.exit_code, len(first.stdout.splitlines())) == (0, 2)
    again = run("reduce", "photos", "-o", "photos", "--json")
    assert again.exit_code == 0
    assert [json.loads(line)["skipped"] for line in again.stdout.splitlines()] == [True, True]


def test_several_inputs_and_a_file() -> None:
    result = run("reduce", "photos/a.tif", "photos/drafts/b.tif", "-o", "x.jpg")
    assert result.exit_code == 2
    assert "x.jpg has the name of a file, but there are several inputs; name a folder, or write x.jpg/" in result.stderr
    assert not Path("x.jpg").exists()


def test_raw_beside_a_picture_is_noted() -> None:
    Path("photos/a.NEF").write_bytes(b"raw")
    result = run("reduce", "photos", "-o", "web", "--dry-run", "--exclude", "drafts")
    assert result.stdout == "photos/a.NEF -> web/a.jpg: would be written\n"
    assert result.stderr.startswith("note: photos/a.NEF: a.tif beside it was left out: the raw photograph")


class TestQuiet:
    def test_nothing_is_said(self) -> None:
        result = run("reduce", "photos", "-o", "web", "-q")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
        result = run("resize", "web/a.jpg", "--size", "40x", "-o", "small.jpg", "--quiet")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")

    def test_but_errors_are(self) -> None:
        Path("photos/a.tif").write_bytes(b"II*\0")
        result = run("reduce", "photos", "-o", "web", "-q")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: photos/a.tif: ")
        assert len(result.stderr.splitlines()) == 1

    def test_and_lines_for_programs(self) -> None:
        result = run("reduce", "photos", "-o", "web", "-q", "--json")
        assert len([json.loads(line) for line in result.stdout.splitlines()]) == 2
        assert result.stderr == ""


class TestResize:
    def test_the_file_is_smaller(self) -> None:
        result = run("reduce", "photos/a.tif", "-o", "a.jpg", "--resize", "48", "--json")
        assert result.exit_code == 0
        assert "notes" not in json.loads(result.stdout)
        with Image.open("a.jpg") as image:
            assert image.size == (48, 32)
        assert run("expand", "a.jpg", "-o", "back.tif").exit_code == 0
        assert read_photo("back.tif").size == (48, 32)

    def test_it_is_noted_where_it_does_nothing(self) -> None:
        result = run("reduce", "photos/a.tif", "-o", "a.jpg", "--resize", "480")
        assert "was not enlarged to 480" in result.stderr
        with Image.open("a.jpg") as image:
            assert image.size == (96, 64)

    def test_records_know_it(self) -> None:
        run("reduce", "photos", "-o", "web")
        result = run("reduce", "photos", "-o", "web", "--resize", "48")
        assert "was made with other settings (resize)" in result.stderr
        assert run("reduce", "photos", "-o", "web").stdout.count("skipped") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("reduce", "photos/a.tif", "-o", "a.png", "--quality", "90"),
            "--quality is for JPEG files, and a.png is none",
        ),
        (
            ("reduce", "photos/a.tif", "-o", "a.tif", "--quality", "95"),
            "--quality is for JPEG files, and a.tif is none",
        ),
        (("reduce", "photos", "-o", "x", "--format", "png", "--subsampling", "4:2:0"), "--subsampling is for JPEG"),
        (("reduce", "photos/a.tif", "-o", "a.png", "--progressive"), "--progressive is for JPEG"),
        (("reduce", "photos/a.tif", "-o", "a.png", "--samples", "plain"), "--samples is for JPEG"),
        (("reduce", "photos/a.tif", "-o", "a.jpg", "--map-bytes", "4000"), "--map-bytes is for --show-wide"),
        (("reduce", "photos/a.tif", "-o", "a.jpg", "--base", "b.jpg", "--resize", "9"), "--resize cannot be used with"),
        (("resize", "photos/a.tif", "-o", "a.png", "--size", "9x", "--quality", "90"), "--quality is for JPEG"),
    ],
)
def test_options_without_effect_are_refused(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_aliases_of_spaces() -> None:
    run("reduce", "photos", "-o", "web", "--assume-space", "linear-p3")
    again = run("reduce", "photos", "-o", "web", "--assume-space", "linear-display-p3")
    assert again.stdout.count("skipped") == 2
    assert run("expand", "web", "-o", "back", "--space", "p3").exit_code == 0
    assert run("expand", "web", "-o", "back", "--space", "display-p3").stdout.count("skipped") == 2
    result = run("expand", "web", "-o", "back", "--space", "p4")
    assert (result.exit_code, "'p4' is not one of 'prophoto'" in result.stderr) == (2, True)


def test_single_files_made_in_the_folder_are_not_reduced_again() -> None:
    """As the README begins: the JPEG and the restored photograph come to lie beside the photograph."""
    assert run("reduce", "photos/a.tif", "-o", "photos/a.jpg").exit_code == 0
    result = run("reduce", "photos", "-o", "web", "--include", "a.*", "--json")
    (line,) = [json.loads(text) for text in result.stdout.splitlines()]
    assert (line["file"], line["output"]) == ("photos/a.tif", "web/a.jpg")
    assert "a.jpg beside it was left out: it carries a payload already" in line["notes"]
    result = run("expand", "photos", "-o", "back", "--include", "a.*")
    assert (result.exit_code, [path.name for path in Path("back").glob("*.tif")]) == (0, ["a.tif"])
    assert "note: photos/a.jpg: a.tif beside it was left out: it carries no payload" in result.stderr


def test_a_folder_that_is_its_own_output_is_restored() -> None:
    assert run("reduce", "photos", "-o", "photos", "--include", "a.*").exit_code == 0
    for place, format_ in (("back", "tiff"), ("photos", "png"), ("photos", "png")):
        result = run("expand", "photos", "-o", place, "--include", "a.*", "--format", format_, "--json")
        (line,) = [json.loads(text) for text in result.stdout.splitlines()]
        assert (result.exit_code, line["file"]) == (0, "photos/a.jpg")
        assert "a.tif beside it was left out: it carries no payload" in line["notes"]


def test_a_folder_of_outputs_in_the_folder() -> None:
    for command, place in (("reduce", "photos/web"), ("show-wide", "photos/web/shown")):
        source = "photos" if command == "reduce" else "photos/web"
        assert run(command, source, "-o", place, "--include", "a.*").exit_code == 0
    for command, source in (("reduce", "photos"), ("show-wide", "photos/web")):
        result = run(command, source, "-o", f"of-{command}", "--include", "a.*", "--json")
        (line,) = [json.loads(text) for text in result.stdout.splitlines()]
        assert line["file"] == f"{source}/{'a.tif' if command == 'reduce' else 'a.jpg'}"
        assert any("was left out: gamutmeta made it from this file" in note for note in line["notes"])
    assert run("strip", "photos", "-o", "bare", "--include", "a.*").exit_code == 0
    assert sorted(path.as_posix() for path in Path("bare").rglob("*.*")) == [
        "bare/a.tif",
        "bare/web/a.jpg",
        "bare/web/shown/a.jpg",
    ]
