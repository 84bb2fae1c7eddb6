"""Gain maps on the command line: reduce, show-wide, strip, info, validate, crop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from carrots import CARROTS, quick_presets
from click.testing import CliRunner, Result

from gamutmeta.cli import app, convert
from gamutmeta.formats.second_picture import find_colour_map, without_colour_map
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

pytest.importorskip("torch")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with photo.tif, plain.jpg and shown.jpg."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    WideImage(read_photo(CARROTS).array[290:354, 500:596]).save(tmp_path / "photo.tif")
    assert run("reduce", "photo.tif", "-o", "plain.jpg").exit_code == 0
    assert run("reduce", "photo.tif", "-o", "shown.jpg", "--show-wide").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def one(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_reports_for_people_and_programs(folder: Path) -> None:
    assert folder.is_dir()
    text = run("show-wide", "plain.jpg", "-o", "x.jpg").stdout
    assert "gain map" in text
    assert "Display P3: out of gamut +" in text
    assert "sRGB: within" in text
    figures = one(run("show-wide", "plain.jpg", "-o", "y.jpg", "--json"))["gain_map"]
    assert isinstance(figures, dict)
    assert set(figures) == {
        "map_bytes", "p3_psnr_og", "p3_psnr_og_plain", "p3_psnr_ig", "p3_psnr_ig_plain", "srgb_psnr", "srgb_codes",
    }  # fmt: skip
    assert Path("x.jpg").read_bytes() == Path("y.jpg").read_bytes()


def test_jpegs_by_their_other_names(folder: Path) -> None:
    (folder / "in").mkdir()
    for ending in ("jfif", "jpe", "mpo"):
        (folder / f"in/{ending}.{ending}").write_bytes((folder / "plain.jpg").read_bytes())
    assert run("show-wide", "in", "-o", "out").exit_code == 0
    assert sorted(path.name for path in (folder / "out").glob("[!.]*")) == ["jfif.jfif", "jpe.jpe", "mpo.mpo"]
    assert (folder / "out/mpo.mpo").read_bytes() == (folder / "out/jfif.jfif").read_bytes()
    assert run("rotate", "in/jfif.jfif", "--degrees", "90", "-o", "turned/").exit_code == 0
    assert (folder / "turned/jfif.jfif").read_bytes().startswith(b"\xff\xd8\xff")


def test_limits(folder: Path) -> None:
    assert folder.is_dir()
    assert run("reduce", "photo.tif", "-o", "x.jpg", "--show-wide", "--map-bytes", "1200").exit_code == 0
    found = find_colour_map(Path("x.jpg").read_bytes())
    assert found is not None
    assert found.size <= 1200
    for command in (["reduce", "photo.tif", "--show-wide"], ["show-wide", "plain.jpg"]):
        result = run(*command, "-o", "y.jpg", "--map-bytes", "999")
        assert result.exit_code == 2
        assert "--map-bytes" in result.output


def test_only_jpegs(folder: Path) -> None:
    assert folder.is_dir()
    result = run("reduce", "photo.tif", "-o", "x.png", "--show-wide")
    assert (result.exit_code, "--show-wide is for JPEG files, and x.png is none" in result.output) == (2, True)
    result = run("show-wide", "photo.tif", "-o", "x.jpg")
    assert (result.exit_code, "in a JPEG only" in result.output) == (1, True)


def test_a_folder_is_resumed(folder: Path) -> None:
    (folder / "in").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / "in" / name).write_bytes((folder / "plain.jpg").read_bytes())
    assert run("show-wide", "in", "-o", "out").exit_code == 0
    assert (folder / "out/a.jpg").read_bytes() == (folder / "out/b.jpg").read_bytes()
    assert find_colour_map((folder / "out/a.jpg").read_bytes()) is not None
    again = run("show-wide", "in", "-o", "out", "--json")
    assert [json.loads(line)["skipped"] for line in again.stdout.splitlines()] == [True, True]
    assert run("show-wide", "in", "-o", "out", "--map-bytes", "2000").exit_code == 1
    result = run("show-wide", "in", "-o", "out", "--sidecar", "x.gamut")
    assert (result.exit_code, "one file only" in result.output) == (2, True)


def test_strip_removes_what_is_asked_for(folder: Path) -> None:
    plain = (folder / "plain.jpg").read_bytes()
    result = run("strip", "shown.jpg", "-o", "a.jpg", "--remove", "map")
    assert "gain map" in result.stderr
    assert (folder / "a.jpg").read_bytes() == plain
    run("strip", "shown.jpg", "-o", "b.jpg")
    assert find_colour_map((folder / "b.jpg").read_bytes()) is not None
    run("strip", "plain.jpg", "-o", "c.jpg")
    run("strip", "shown.jpg", "-o", "d.jpg", "--remove", "both")
    assert (folder / "d.jpg").read_bytes() == (folder / "c.jpg").read_bytes()
    assert without_colour_map((folder / "b.jpg").read_bytes()) == (folder / "c.jpg").read_bytes()
    for kind, words in (("payload", "no payload"), ("map", "no gain map"), ("both", "no payload and no gain map")):
        assert words in run("strip", "c.jpg", "-o", f"{kind}.jpg", "--remove", kind).stderr


def test_info_says_what_screens_show(folder: Path) -> None:
    assert "screens     sRGB\n" in run("info", "plain.jpg").stdout
    found = find_colour_map((folder / "shown.jpg").read_bytes())
    assert found is not None
    assert f"Display P3 in browsers that apply its gain map of {found.size:,} bytes" in run("info", "shown.jpg").stdout
    assert one(run("info", "shown.jpg", "--json"))["map_bytes"] == found.size
    assert "map_bytes" not in one(run("info", "plain.jpg", "--json"))
    run("strip", "shown.jpg", "-o", "bare.jpg")
    bare = run("info", "bare.jpg")
    assert (bare.exit_code, "no payload" in bare.stdout, "Display P3" in bare.stdout) == (0, True, True)
    assert one(run("info", "bare.jpg", "--json"))["map_bytes"] == found.size


def test_validate_notes_what_would_not_be_shown(folder: Path) -> None:
    assert "note" not in run("validate", "shown.jpg").stdout
    data, found = (folder / "shown.jpg").read_bytes(), find_colour_map((folder / "shown.jpg").read_bytes())
    assert found is not None
    (folder / "stale.jpg").write_bytes(data[: -len(found.jpeg)])
    result = run("validate", "stale.jpg")
    assert result.exit_code == 0
    assert "leads to none" in result.stdout


@pytest.mark.parametrize(
    "edit", [["crop", "--box", "10,10,80,60"], ["resize", "--size", "60x"], ["rotate", "--degrees", "90"]]
)
def test_edits_make_a_new_map(folder: Path, edit: list[str]) -> None:
    result = one(run(edit[0], "shown.jpg", *edit[1:], "-o", "x.jpg", "--json"))
    assert isinstance(result["gain_map"], dict)
    before, after = (find_colour_map((folder / name).read_bytes()) for name in ("shown.jpg", "x.jpg"))
    assert before is not None
    assert after is not None
    assert after.jpeg != before.jpeg
    assert "note" not in run("validate", "x.jpg").stdout
    assert "gain_map" not in one(run(edit[0], "plain.jpg", *edit[1:], "-o", "y.jpg", "--json"))


def test_samples_of_a_low_quality(folder: Path) -> None:
    assert run("reduce", "photo.tif", "-o", "low.jpg", "--quality", "60").exit_code == 0
    assert run("strip", "low.jpg", "-o", "bare.jpg").exit_code == 0
    refused = run("show-wide", "bare.jpg", "-o", "x.jpg")
    assert (refused.exit_code, (folder / "x.jpg").exists()) == (1, False)
    assert "whether these are colours cannot be told; if it was written with extended samples" in refused.stderr
    assert refused.stderr.endswith("use --samples extended to take them for colours\n")
    arguments = ["show-wide", "bare.jpg", "-o", "x.jpg", "--samples", "extended"]
    result = run(*arguments, "--sidecar", "a.gamut")
    assert result.exit_code == 2
    assert "--sidecar is about payloads, and --samples extended uses none" in result.stderr
    made = one(run(*arguments, "--json"))
    assert "carrier" not in made
    assert any("no payload was used" in str(note) for note in made["notes"])  # type: ignore[attr-defined]


def test_the_samples_are_part_of_the_record(folder: Path) -> None:
    (folder / "web").mkdir()
    (folder / "plain.jpg").rename(folder / "web" / "a.jpg")
    for samples, done in (("payload", False), ("payload", True), ("extended", False), ("extended", True)):
        made = one(run("show-wide", "web", "-o", "out", "--samples", samples, "--json", "--overwrite"))
        assert ("skipped" in made) == done
