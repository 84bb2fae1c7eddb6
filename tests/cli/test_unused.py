"""Options that the kind of output does not have: all of them are refused, for single files and folders alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from carrots import quick_presets, write_piece
from click.testing import CliRunner, Result

from gamutmeta.cli import app, convert

KINDS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}

REDUCE = {
    ("--quality", "95"): {"jpeg"},
    ("--subsampling", "4:4:4"): {"jpeg"},
    ("--progressive",): {"jpeg"},
    ("--samples", "extended"): {"jpeg"},
    ("--show-wide",): {"jpeg"},
    ("--visible-change", "0"): {"png", "tiff"},
    ("--visible-change", "0.5"): {"png", "tiff"},
    ("--carrier", "app11"): {"jpeg"},
    ("--carrier", "com"): {"jpeg"},
    ("--carrier", "itxt"): {"png"},
    ("--carrier", "tiff"): {"tiff"},
    ("--carrier", "sidecar"): {"jpeg", "png", "tiff"},
    ("--resize", "48"): {"jpeg", "png", "tiff"},
    ("--max-bytes", "400"): {"jpeg", "png", "tiff"},
    ("--format", "jpeg"): {"jpeg"},
    ("--format", "png"): {"png"},
    ("--map-bytes", "4000"): set(),
    ("--cpus-per-file", "1"): set(),
    ("--gpus-per-file", "0"): set(),
}
EXPAND = {
    ("--quality", "90"): {"jpeg"},
    ("--depth", "16"): {"png", "tiff"},
    ("--depth", "8"): {"jpeg", "png", "tiff"},
    ("--format", "tiff"): {"tiff"},
    ("--samples", "extended", "--force"): set(),
    ("--samples", "extended", "--sidecar", "a.gamut"): set(),
    ("--cpus-per-file", "1"): set(),
}
EDIT = {
    ("--quality", "95"): {"jpeg"},
    ("--carrier", "com"): {"jpeg"},
    ("--carrier", "itxt"): {"png"},
    ("--carrier", "tiff"): {"tiff"},
    ("--carrier", "sidecar"): {"jpeg", "png", "tiff"},
    ("--format", "jpeg"): {"jpeg"},
    ("--format", "tiff"): {"tiff"},
}
TABLE = [
    (command, option, kind, kind in fits)
    for command, table in {"reduce": REDUCE, "expand": EXPAND, "crop": EDIT}.items()
    for option, fits in table.items()
    for kind in KINDS
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph in wide/, its JPEG in web/ and its PNG in png/."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("wide", "web", "png"):
        (folder / name).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "PRESETS", quick_presets())
        write_piece(folder / "wide" / "a.tif")
        for name in ("web/a.jpg", "png/a.png"):
            assert run("reduce", str(folder / "wide/a.tif"), "-o", str(folder / name)).exit_code == 0
    return folder


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("command", "option", "kind", "fits"),
    TABLE,
    ids=lambda value: "".join(value) if isinstance(value, tuple) else str(value),
)
def test_options_by_kinds(made: Path, command: str, option: tuple[str, ...], kind: str, *, fits: bool) -> None:
    # What only a JPEG's samples hold, no other file can store.
    of_crop = "web/a.jpg" if kind == "jpeg" else "png/a.png"
    source = made / {"reduce": "wide/a.tif", "expand": "web/a.jpg", "crop": of_crop}[command]
    more = ["--box", "0,0,32,32"] if command == "crop" else []
    more += ["--max-bytes", "400"] if command == "reduce" and option[0] != "--max-bytes" else []
    result = run(command, str(source), "-o", f"x{KINDS[kind]}", *option, *more)
    assert result.exit_code == (0 if fits else 2), result.stderr
    assert Path(f"x{KINDS[kind]}").exists() == fits
    if not fits:
        assert "Error: " in result.stderr
        assert len(result.stderr.split("Error: ")[1].splitlines()) == 1
    if "--format" in option or "--force" in option or "--sidecar" in option:
        return
    more += [] if command == "crop" else ["--dry-run"]
    folder = run(command, str(source.parent), "-o", "out/", "--format", kind, *option, *more)
    assert folder.exit_code == result.exit_code
    assert Path("out").exists() == (fits and command == "crop")


@pytest.mark.parametrize("option", [("--raw-style", "vivid"), ("--assume-space", "srgb")])
def test_view_without_a_reference(made: Path, option: tuple[str, str]) -> None:
    files = [str(made / "web/a.jpg"), "-o", "x.html"]
    result = run("view", *files, *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for --reference" in result.stderr
    assert run("view", *files, *option, "--reference", str(made / "wide/a.tif")).exit_code == 0


@pytest.mark.parametrize(
    ("command", "option"),
    [("view", ("--sidecar", "a.gamut")), ("view", ("--force",)), ("verify", ("--sidecar", "a.gamut"))],
)
def test_samples_alone_need_no_payload(made: Path, command: str, option: tuple[str, ...]) -> None:
    files = [str(made / "web/a.jpg"), "--reference", str(made / "wide/a.tif")]
    files += ["-o", "x.html"] if command == "view" else []
    result = run(command, *files, "--samples", "extended", *option)
    assert (result.exit_code, Path("x.html").exists()) == (2, False)
    assert f"{option[0]} is about payloads, and --samples extended uses none" in result.stderr
    assert run(command, *files, "--samples", "extended").exit_code == 0


def test_what_helps_where_there_is_no_payload(made: Path) -> None:
    """Each command names the options that it has."""
    assert run("strip", str(made / "web/a.jpg"), "-o", "bare.jpg").exit_code == 0
    reference = ["--reference", str(made / "wide/a.tif")]
    for command, more in (("expand", ["-o", "x.tif"]), ("view", ["-o", "x.html"]), ("verify", reference)):
        said = run(command, "bare.jpg", *more).stderr
        assert "use --sidecar to take it from another file" in said
        assert "--samples extended restores what these hold" in said
    assert run("crop", str(made / "web/a.jpg"), "--box", "0,0,32,32", "-o", "part.jpg").exit_code == 0
    assert run("extract", str(made / "web/a.jpg"), "-o", "a.gamut").exit_code == 0
    for command, more in (("view", ["-o", "x.html"]), ("verify", reference)):
        said = run(command, "part.jpg", "--sidecar", "a.gamut", *more).stderr
        assert ("--force" in said) == (command == "view")
        assert "--samples extended restores what these hold" in said


def test_the_name_of_the_option_is_told() -> None:
    assert "--cpus-per-file is for --engine ray" in run("reduce", "a.tif", "-o", "a.jpg", "--cpus-per-file", "2").stderr
    said = run("reduce", "a.tif", "-o", "a.jpg", "--visible-change", "0.5").stderr
    assert "--visible-change is for PNG and TIFF files, and a.jpg is none" in said


class TestShardsWithNothing:
    def test_that_is_said(self, made: Path) -> None:
        results = [run("reduce", str(made / "wide"), "-o", "out", "--shard", f"{part}/2") for part in (1, 2)]
        assert [result.exit_code for result in results] == [0, 0]
        said = [result.stderr for result in results]
        assert sum("has none of the 1 file: there is nothing to do" in text for text in said) == 1
        assert len(list(Path("out").glob("*.jpg"))) == 1

    def test_not_on_standard_output(self, made: Path) -> None:
        for command, source in (("reduce", "wide/a.tif"), ("expand", "web/a.jpg"), ("show-wide", "web/a.jpg")):
            result = run(command, str(made / source), "-o", "-", "--shard", "1/2")
            assert (result.exit_code, result.stdout) == (2, "")
            assert "--shard divides the files of a folder, and -o - writes one picture" in result.stderr
