"""The command line: every command, every exit code, and that nothing is overwritten by accident."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from carriers.hosts import jpeg, with_pictures
from carrots import quick_presets, with_quick_presets, write_piece
from click.testing import CliRunner, Result
from photo_files import dng_bytes
from PIL import Image

import gamutmeta
from gamutmeta import carriers
from gamutmeta.batch import convert as pipelines
from gamutmeta.cli import app, convert
from gamutmeta.fit.config import PRESETS
from gamutmeta.photo.read import read_photo
from gamutmeta.runtime.warn import warn

FIGURES = {"payload_bytes", "file_bytes", "psnr", "psnr_og", "psnr_clip", "psnr_clip_og", "og_percent", "seconds"}
"""Those that design promises for every reduction."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a photograph; presets are quick."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    monkeypatch.setattr("gamutmeta.fit.config.PRESETS", quick_presets())
    write_piece(tmp_path / "photo.tif")
    return tmp_path


@pytest.fixture
def reduced(folder: Path) -> Path:
    """The working folder with photo.jpg, reduced from the photograph."""
    assert run("reduce", "photo.tif", "-o", "photo.jpg").exit_code == 0
    return folder


def run(*arguments: str | Path) -> Result:
    """Run a command; a defect is raised instead of being taken for exit code 1."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [name for name in app.list_commands(click.Context(app)) if name != "conform"],
    )
    def test_every_command_explains_itself(self, command: str) -> None:
        result = run(command, "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: app {command}")
        assert re.search(rf"Examples:\n    .*gamutmeta {command}\b", result.stdout)

    def test_the_list_of_commands_tells_what_they_tell(self) -> None:
        context = click.Context(app)
        summaries = dict(re.findall(r"^  ([a-z-]+) {2,}(\S.*(?:\n {11}.*)*)$", run("--help").stdout, re.MULTILINE))
        for name in app.list_commands(context):
            command = app.get_command(context, name)
            assert command is not None
            assert command.name == name
            if command.hidden:
                assert name not in summaries
            else:
                first = inspect.cleandoc(command.help or "").partition("\n\n")[0]
                assert " ".join(summaries[name].split()) == first.partition(". ")[0].rstrip(".") + ".", name

    def test_version(self) -> None:
        assert run("--version").stdout == f"app {gamutmeta.__version__}\n"

    def test_no_command(self) -> None:
        assert run().exit_code == 2
        assert run("unknown").exit_code == 2


@pytest.mark.usefixtures("folder")
class TestReduce:
    def test_one_file(self) -> None:
        result = run("reduce", "photo.tif", "-o", "photo.jpg")
        assert result.exit_code == 0
        assert result.stderr == ""
        assert result.stdout.startswith("photo.tif -> photo.jpg: 50 % of the picture outside sRGB: 18.4 dB -> ")
        assert result.stdout.count("\n") == 1
        assert "(app11)" in result.stdout
        with Image.open("photo.jpg") as image:
            assert (image.format, image.size) == ("JPEG", (96, 64))

    def test_json(self) -> None:
        result = run("reduce", "photo.tif", "-o", "photo.jpg", "--json")
        assert result.stderr == ""
        (report,) = lines(result)
        assert {"file", "output", "carrier", "preset", "model", "device", *FIGURES} <= report.keys()
        assert (report["file"], report["output"], report["carrier"]) == ("photo.tif", "photo.jpg", "app11")
        assert report["file_bytes"] == Path("photo.jpg").stat().st_size
        assert report["psnr_og"] > report["psnr_clip_og"] + 3

    @pytest.mark.parametrize(
        ("target", "options", "carrier"),
        [
            ("x.jpg", [], "app11"),
            ("x.jpeg", ["--carrier", "com"], "com"),
            ("x.png", [], "itxt"),
            ("x.tif", [], "tiff"),
            ("x.png", ["--carrier", "sidecar"], "sidecar"),
        ],
    )
    def test_carriers(self, target: str, options: list[str], carrier: str) -> None:
        assert run("reduce", "photo.tif", "-o", target, *options).exit_code == 0
        (info,) = lines(run("info", target, "--json"))
        assert info["carrier"] == carrier
        assert Path(f"{target}.gamut").exists() == (carrier == "sidecar")

    def test_jpeg_options(self) -> None:
        for name, options in {
            "a": ["--quality", "30"],
            "b": ["--quality", "30", "--progressive"],
            "c": ["--quality", "30", "--subsampling", "4:2:0"],
        }.items():
            assert run("reduce", "photo.tif", "-o", f"{name}.jpg", *options).exit_code == 0
        with Image.open("a.jpg") as a, Image.open("b.jpg") as b, Image.open("c.jpg") as c:
            assert [image.info.get("progressive", 0) for image in (a, b, c)] == [0, 1, 0]
            assert [image.layer[0][1:3] for image in (a, b, c)] == [(1, 1), (1, 1), (2, 2)]
        assert Path("a.jpg").stat().st_size < 5_000

    def test_max_bytes(self) -> None:
        (report,) = lines(run("reduce", "photo.tif", "-o", "x.jpg", "--max-bytes", "1400", "--json"))
        assert report["payload_bytes"] <= 1400

    def test_raw_styles(self) -> None:
        pytest.importorskip("rawpy")
        Path("wall.dng").write_bytes(dng_bytes())
        for style in ("neutral", "vivid"):
            options = ["--raw-style", style]
            assert run("reduce", "wall.dng", "-o", f"{style}.png", *options).exit_code == 0
            (report,) = lines(run("verify", f"{style}.png", "--reference", "wall.dng", *options, "--json"))
            assert report["psnr"] is None or float(str(report["psnr"])) > 50
        assert read_photo("vivid.png").array.mean() > read_photo("neutral.png").array.mean() + 10_000

    def test_a_payload_that_cannot_be_so_small_is_wrong_usage(self) -> None:
        result = run("reduce", "photo.tif", "-o", "x.jpg", "--max-bytes", "100", "--json")
        assert result.exit_code == 2
        assert "400" in result.stderr
        assert not Path("x.jpg").exists()

    def test_same_seed_same_file(self) -> None:
        for name, seed in (("a", 5), ("b", 5), ("c", 6)):
            run("reduce", "photo.tif", "-o", f"{name}.jpg", "--seed", str(seed), "--device", "cpu")
        a, b, c = (Path(f"{name}.jpg").read_bytes() for name in "abc")
        assert a == b != c

    def test_preset(self) -> None:
        assert run("reduce", "photo.tif", "-o", "x.jpg", "--preset", list(PRESETS)[-1]).exit_code == 0
        assert run("reduce", "photo.tif", "-o", "y.jpg", "--preset", "none").exit_code == 2

    def test_assume_space(self) -> None:
        Image.new("RGB", (32, 32), (0, 255, 0)).save("untagged.png")
        result = run("reduce", "untagged.png", "-o", "a.png")
        assert result.exit_code == 0
        assert result.stderr.count("\n") == 2, result.stderr
        assert result.stderr.startswith("warning: untagged.png: no colour profile; sRGB was assumed\n")
        (assumed,) = lines(run("reduce", "untagged.png", "-o", "b.png", "--assume-space", "rec2020", "--json"))
        assert assumed["og_percent"] == 100

    def test_warnings_in_json_mode_do_not_reach_stdout(self) -> None:
        Image.new("RGB", (32, 32)).save("untagged.png")
        result = run("reduce", "untagged.png", "-o", "a.png", "--json")
        assert len(lines(result)) == 1
        assert result.stderr == "warning: untagged.png: no colour profile; sRGB was assumed\n"


@pytest.mark.usefixtures("exports")
class TestFolders:
    @pytest.fixture
    def exports(self, folder: Path) -> Path:
        Path("exports/trip").mkdir(parents=True)
        Path("photo.tif").rename("exports/a.tif")
        write_piece(Path("exports/trip/b.png"))
        Path("exports/bad.tif").write_bytes(b"no photograph")
        Path("exports/readme.txt").write_bytes(b"")
        return folder

    def test_goes_on_after_a_bad_file(self) -> None:
        result = run("reduce", "exports", "-o", "web")
        assert result.exit_code == 1
        assert result.stderr.startswith("error: exports/bad.tif: ")
        assert re.search(r"\n2 of 3 files done, 1 failed; \d+\.\d s\n$", result.stderr)
        assert sorted(path.relative_to("web").as_posix() for path in Path("web").rglob("*.jpg")) == [
            "a.jpg",
            "trip/b.jpg",
        ]

    def test_json_has_one_object_per_file(self) -> None:
        result = run("reduce", "exports", "-o", "web", "--format", "png", "--json")
        assert (result.exit_code, result.stderr) == (1, "")
        reports = lines(result)
        assert [report["file"] for report in reports] == ["exports/a.tif", "exports/bad.tif", "exports/trip/b.png"]
        assert reports[1].keys() == {"file", "error"}
        assert reports[1]["error"]["code"] == "photo"
        assert reports[2]["output"] == "web/trip/b.png"

    def test_back_again(self) -> None:
        Path("exports/bad.tif").unlink()
        assert run("reduce", "exports", "-o", "web").exit_code == 0
        assert run("expand", "web", "-o", "back", "--format", "png").exit_code == 0
        assert read_photo("back/trip/b.png").size == (96, 64)

    def test_a_collision_is_found_before_anything_is_done(self) -> None:
        write_piece(Path("exports/trip/a.png"))
        result = run("reduce", "exports/a.tif", "exports/trip/", "-o", "web", "--json")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "both be written to web/a.jpg" in result.stderr
        assert not Path("web").exists()

    def test_files_of_one_name(self) -> None:
        write_piece(Path("exports/a.png"))
        planned = lines(run("reduce", "exports", "-o", "web", "--json", "--dry-run"))
        done = lines(run("reduce", "exports", "-o", "web", "--json"))
        for reports in (planned, done):
            by_file = {report["file"]: report for report in reports}
            assert by_file["exports/a.tif"]["output"] == "web/a.tif.jpg"
            assert by_file["exports/a.png"]["output"] == "web/a.png.jpg"
            assert by_file["exports/trip/b.png"]["output"] == "web/trip/b.jpg"
            assert "a.tif beside it has the same name: the output is a.png.jpg" in by_file["exports/a.png"]["notes"]
        assert Path("web/a.png.jpg").is_file()

    def test_an_empty_folder(self) -> None:
        Path("empty").mkdir()
        assert run("reduce", "empty", "-o", "web").exit_code == 2


@pytest.mark.usefixtures("folder")
class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["reduce", "photo.tif"], "Missing option '-o'"),
            (["reduce", "-o", "x.jpg"], "Missing argument"),
            (["reduce", "photo.tif", "-o", "x.bmp"], "must end in .jpg"),
            (["reduce", "photo.tif", "-o", "photo.tif"], "photo.tif is an input"),
            (
                ["reduce", "photo.tif", "-o", "x.png", "--carrier", "com"],
                "does not fit a PNG file, which takes itxt, sidecar",
            ),
            (
                ["reduce", "photo.tif", "-o", "x.png", "--format", "jpeg"],
                "--format jpeg does not fit the suffix of x.png",
            ),
            (["reduce", "photo.tif", "-o", "x.jpg", "--quality", "101"], "1<=x<=100"),
            (["reduce", "photo.tif", "-o", "x.jpg", "--device", "tpu"], "tpu"),
            (["expand", "photo.jpg", "-o", "x.gif"], "a photograph can be written as .tif, "),
            (["expand", "photo.jpg", "-o", "x.jpg", "--depth", "16"], "JPEG has 8 bits per channel here, not 16"),
            (["expand", "photo.jpg", "-o", "x.tif", "--quality", "90"], "TIFF is lossless"),
            (["expand", "photo.jpg", "-o", "x.jxl", "--quality", "90"], "lossy JPEG XL is not written in ProPhoto"),
            (["expand", "photo.jpg", "-o", "x.avif", "--depth", "16"], "AVIF has 8 or 10 or 12 bits"),
            (
                ["expand", "photo.jpg", "-o", "x.avif", "--format", "heic"],
                "--format heic does not fit the suffix of x.avif",
            ),
            (["reduce", "photo.tif", "-o", "x.jpg", "--raw-style", "loud"], "loud"),
            (["expand", "a.jpg", "b.jpg", "-o", "new", "--sidecar", "x.gamut"], "--sidecar can be used with one file"),
            (["expand", "photo.jpg", "-o", "x.tif", "--space", "cmyk"], "cmyk"),
            (["strip", "photo.jpg"], "either -o OUT|DIR or --in-place"),
            (["strip", "photo.jpg", "-o", "x.jpg", "--in-place"], "either -o OUT|DIR or --in-place"),
            (["attach", "photo.jpg", "x.gamut", "-o", "x.jpg", "--carrier", "sidecar"], "sidecar"),
            (["verify", "photo.jpg"], "Missing option '--reference'"),
            (["reduce", "missing", "-o", "web"], "missing does not exist"),
            (["expand", "missing", "-o", "web"], "missing does not exist"),
        ],
    )
    def test_exit_code_2(self, arguments: list[str], message: str) -> None:
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
        assert [path.name for path in Path().iterdir()] == ["photo.tif"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["reduce", "missing.tif", "-o", "x.jpg"],
            ["expand", "missing.jpg", "-o", "x.tif"],
            ["info", "missing.jpg"],
            ["verify", "missing.jpg", "--reference", "photo.tif"],
            ["strip", "missing.jpg", "-o", "x.jpg"],
            ["extract", "missing.jpg", "-o", "x.gamut"],
            ["attach", "missing.jpg", "missing.gamut", "-o", "x.jpg"],
            ["demo", "missing.tif"],
        ],
    )
    def test_a_missing_file_is_that_files_failure(self, arguments: list[str]) -> None:
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "No such file or directory" in result.stderr

    def test_so_is_one_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("closed.tif").write_bytes(b"")
        monkeypatch.setattr(os, "access", lambda *_: False)
        result = run("reduce", "closed.tif", "photo.tif", "-o", "web", "-n")
        assert (result.exit_code, result.stdout) == (1, "")
        assert [f"error: {name}: " in result.stderr for name in ("closed.tif", "photo.tif")] == [True, True]


@pytest.mark.usefixtures("reduced")
class TestNeverOverwrites:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["reduce", "photo.tif", "-o", "there.jpg"],
            ["reduce", "photo.tif", "-o", "new.jpg", "--carrier", "sidecar"],
            ["expand", "photo.jpg", "-o", "there.tif"],
            ["strip", "photo.jpg", "-o", "there.jpg"],
            ["extract", "photo.jpg", "-o", "there.tif"],
            ["attach", "plain.jpg", "payload.gamut", "-o", "there.jpg"],
            ["demo", "photo.tif", "-o", "demonstration"],
        ],
    )
    def test_unless_told_to(self, arguments: list[str]) -> None:
        run("extract", "photo.jpg", "-o", "payload.gamut")
        run("strip", "photo.jpg", "-o", "plain.jpg")
        Path("demonstration").mkdir()
        there = [Path(name) for name in ("there.jpg", "there.tif", "new.jpg.gamut", "demonstration/comparison.png")]
        for path in there:
            path.write_bytes(b"precious")
        before = sorted(Path().rglob("*"))

        result = run(*arguments)
        assert result.exit_code == 1
        assert "exists" in result.stderr
        assert [path.read_bytes() for path in there] == [b"precious"] * 4
        assert sorted(Path().rglob("*")) == before

        assert run(*arguments, "--overwrite").exit_code == 0
        assert [path.read_bytes() for path in there].count(b"precious") == 3


@pytest.mark.usefixtures("reduced")
class TestExpand:
    def test_restores_the_photograph(self) -> None:
        result = run("expand", "photo.jpg", "-o", "restored.tif", "--json")
        (report,) = lines(result)
        assert report.keys() >= {"file", "output", "carrier", "model", "payload_bytes", "file_bytes", "seconds"}
        wide = read_photo("restored.tif")
        assert (wide.size, wide.array.dtype) == ((96, 64), "uint16")

    @pytest.mark.parametrize(("target", "options", "mode"), [("x.jpg", [], "RGB"), ("x.png", ["--depth", "8"], "RGB")])
    def test_eight_bits(self, target: str, options: list[str], mode: str) -> None:
        assert run("expand", "photo.jpg", "-o", target, "--space", "display-p3", *options).exit_code == 0
        with Image.open(target) as image:
            assert image.mode == mode
            assert b"P3" in image.info["icc_profile"].replace(b"\0", b"")

    @pytest.mark.parametrize(
        ("format_", "suffix", "library"),
        [
            ("avif", ".avif", "pyvips"),
            ("heic", ".heic", "pillow_heif"),
            ("jxl", ".jxl", "OpenImageIO"),
            ("jpeg", ".jpg", "PIL"),
        ],
    )
    def test_formats_of_folders(self, format_: str, suffix: str, library: str) -> None:
        pytest.importorskip(library)
        options = ["--format", format_, "--space", "rec2020", "--quality", "95"]
        result = run("expand", "photo.jpg", "-o", "out/", *options, "--json")
        assert (result.exit_code, lines(result)[0]["output"]) == (0, str(Path("out", f"photo{suffix}")))
        run("expand", "photo.jpg", "-o", "exact.tif")
        error = read_photo(f"out/photo{suffix}").array - read_photo("exact.tif").array.astype(float)
        # In Rec.2020 some of the photograph's colours are clipped.
        assert abs(error).mean() < 1500

    def test_a_file_without_payload(self) -> None:
        run("strip", "photo.jpg", "-o", "plain.jpg")
        result = run("expand", "plain.jpg", "-o", "x.tif", "--json")
        assert (result.exit_code, lines(result)[0]["error"]["code"]) == (1, "carrier.none")
        assert "never had one; use --sidecar to take it" in run("expand", "plain.jpg", "-o", "x.tif").stderr

    def test_sidecars(self) -> None:
        run("extract", "photo.jpg", "-o", "elsewhere.gamut")
        run("strip", "photo.jpg", "-o", "plain.jpg")
        assert run("expand", "plain.jpg", "-o", "a.tif", "--sidecar", "elsewhere.gamut").exit_code == 0
        Path("elsewhere.gamut").rename("plain.jpg.gamut")
        assert run("expand", "plain.jpg", "-o", "b.tif").exit_code == 0
        assert (read_photo("a.tif").array == read_photo("b.tif").array).all()

    def test_another_picture(self) -> None:
        run("extract", "photo.jpg", "-o", "photo.gamut")
        with Image.open("photo.jpg") as image:
            image.rotate(180).save("again.jpg", quality=60)
        arguments = ["expand", "again.jpg", "-o", "x.tif", "--sidecar", "photo.gamut", "--json"]
        result = run(*arguments)
        assert (result.exit_code, lines(result)[0]["error"]["code"]) == (1, "binding")
        assert "; use --force to expand it anyway; " in run(*arguments[:-1]).stderr
        assert run(*arguments, "--force").exit_code == 0


@pytest.mark.usefixtures("reduced")
class TestInfo:
    def test_for_people(self) -> None:
        result = run("info", "photo.jpg")
        assert result.exit_code == 0
        assert re.match(r"photo\.jpg\n  carrier     app11\n  payload     \d,\d{3} of \d,\d{3} bytes\n", result.stdout)
        assert "version 2\n  picture     96x64 pixels\n  bound to    the coded data of a JPEG" in result.stdout

    def test_json(self) -> None:
        (info,) = lines(run("info", "--json", "photo.jpg"))
        assert info == info | {
            "file": "photo.jpg",
            "carrier": "app11",
            "file_bytes": Path("photo.jpg").stat().st_size,
            "version": 2,
            "min_reader_version": 2,
            "width": 96,
            "height": 64,
            "binding": "jpeg",
            "digest": carriers.coded_digest(Path("photo.jpg").read_bytes()).hex(),
            "adaptation": "bradford",
        }
        assert info["model"].startswith("grid ")

    def test_reads_headers_only(self) -> None:
        data = Path("photo.jpg").read_bytes()
        Path("cut.jpg").write_bytes(data[: data.rindex(b"\xff\xda") + 40])
        assert run("info", "cut.jpg").exit_code == 0
        assert run("expand", "cut.jpg", "-o", "x.tif").exit_code == 1

    def test_a_bare_payload(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        (info,) = lines(run("info", "--json", "x.gamut"))
        assert info["payload_bytes"] == info["file_bytes"]

    def test_a_sidecar_beside_the_file(self) -> None:
        run("strip", "photo.jpg", "-o", "plain.jpg")
        run("extract", "photo.jpg", "-o", "plain.jpg.gamut")
        (info,) = lines(run("info", "--json", "plain.jpg"))
        assert info["carrier"] == "sidecar"

    def test_a_folder(self) -> None:
        Path("web/trip").mkdir(parents=True)
        for name in ("web/b.jpg", "web/trip/a.jpeg"):
            Path(name).write_bytes(Path("photo.jpg").read_bytes())
        run("extract", "photo.jpg", "-o", "web/c.gamut")
        Path("web/notes.txt").write_bytes(b"")
        assert [line["file"] for line in lines(run("info", "web", "--json"))] == [
            "web/b.jpg", "web/c.gamut", "web/trip/a.jpeg",
        ]  # fmt: skip
        Path("empty").mkdir()
        assert run("info", "empty").exit_code == 2

    def test_exit_code_1_if_one_has_none(self) -> None:
        result = run("info", "photo.tif", "photo.jpg", "--json")
        assert result.exit_code == 1
        assert [min(line) for line in lines(result)] == ["error", "adaptation"]
        assert lines(result)[0]["error"]["code"] == "carrier.none"

    def test_a_damaged_payload(self) -> None:
        data = bytearray(Path("photo.jpg").read_bytes())
        data[data.index(carriers.MAGIC) + 60] ^= 1
        Path("bad.jpg").write_bytes(data)
        result = run("info", "bad.jpg", "--json")
        assert (result.exit_code, lines(result)[0]["error"]["code"]) == (1, "payload.checksum")


@pytest.mark.usefixtures("reduced")
class TestVerify:
    def test_agrees_with_the_reduction(self) -> None:
        (reduction,) = lines(run("reduce", "photo.tif", "-o", "x.jpg", "--json"))
        (verification,) = lines(run("verify", "x.jpg", "--reference", "photo.tif", "--json"))
        for figure in FIGURES - {"seconds"}:
            assert verification[figure] == reduction[figure]

    def test_for_people(self) -> None:
        result = run("verify", "photo.jpg", "--reference", "photo.tif")
        assert result.exit_code == 0
        assert "PSNR outside sRGB        18.4 dB" in result.stdout
        assert re.search(r"outside sRGB +\d\d\.\d\d % of the pixels", result.stdout)

    def test_another_size(self) -> None:
        Image.new("RGB", (10, 10)).save("other.png")
        result = run("verify", "photo.jpg", "--reference", "other.png", "--assume-space", "srgb", "--json")
        assert (result.exit_code, lines(result)[0]["error"]["code"]) == (1, "photo")

    def test_sidecar(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        run("strip", "photo.jpg", "-o", "plain.jpg")
        arguments = ["verify", "plain.jpg", "--reference", "photo.tif"]
        assert run(*arguments).exit_code == 1
        assert run(*arguments, "--sidecar", "x.gamut").exit_code == 0


@pytest.mark.usefixtures("reduced")
class TestStripExtractAttach:
    def test_a_picture_with_a_gain_map(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        run("strip", "photo.jpg", "-o", "plain.jpg")
        gain_map = jpeg("L")
        Path("hdr.jpg").write_bytes(with_pictures(Path("plain.jpg").read_bytes(), [gain_map]))
        assert run("attach", "hdr.jpg", "x.gamut", "-o", "whole.jpg").exit_code == 0
        assert run("validate", "whole.jpg").exit_code == 0
        assert Path("whole.jpg").read_bytes().endswith(gain_map)
        assert run("expand", "photo.jpg", "-o", "a.tif").exit_code == 0
        for command, made in ((["expand"], "b.tif"), (["crop", "--box", "0,0,9,9"], "b.jpg")):
            (report,) = lines(run(*command, "whole.jpg", "-o", made, "--json"))
            assert report["notes"] == ["the file contains further pictures; only the first one was read"]
        assert (read_photo("a.tif").array == read_photo("b.tif").array).all()
        assert run("strip", "whole.jpg", "-o", "again.jpg").exit_code == 0
        assert Path("again.jpg").read_bytes() == Path("hdr.jpg").read_bytes()

    def test_there_and_back(self) -> None:
        assert run("extract", "photo.jpg", "-o", "x.gamut").exit_code == 0
        assert run("strip", "photo.jpg", "-o", "plain.jpg").exit_code == 0
        result = run("attach", "plain.jpg", "x.gamut", "-o", "whole.jpg", "--json")
        (report,) = lines(result)
        assert (report["carrier"], report["payload_bytes"]) == ("app11", Path("x.gamut").stat().st_size)
        assert Path("whole.jpg").read_bytes() == Path("photo.jpg").read_bytes()

    def test_missing_folders_are_made(self) -> None:
        assert run("extract", "photo.jpg", "-o", "a/b/x.gamut").exit_code == 0
        assert run("attach", "photo.jpg", "a/b/x.gamut", "-o", "c/d/x.jpg", "--replace").exit_code == 0
        assert run("view", "photo.jpg", "-o", "e/f/photo.html").exit_code == 0

    def test_extract_to_stdout(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        result = run("extract", "photo.jpg", "-o", "-")
        assert result.stdout_bytes == Path("x.gamut").read_bytes()
        assert run("extract", "photo.tif", "-o", "-").exit_code == 1

    def test_strip_in_place(self) -> None:
        run("strip", "photo.jpg", "-o", "plain.jpg")
        assert run("strip", "photo.jpg", "--in-place").exit_code == 0
        assert Path("photo.jpg").read_bytes() == Path("plain.jpg").read_bytes()
        again = run("strip", "photo.jpg", "--in-place")
        assert (again.exit_code, again.stderr) == (0, "note: photo.jpg: there was no payload\n")

    def test_strip_several_into_a_folder(self) -> None:
        run("reduce", "photo.tif", "-o", "photo.png")
        result = run("strip", "photo.jpg", "photo.png", "photo.tif", "-o", "plain", "--json")
        assert [line["output"] for line in lines(result)] == ["plain/photo.jpg", "plain/photo.png", "plain/photo.tif"]
        assert run("info", "plain/photo.jpg", "plain/photo.png").exit_code == 1
        assert Path("plain/photo.tif").read_bytes() == Path("photo.tif").read_bytes()

    def test_attach_replaces_only_when_told_to(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        arguments = ["attach", "photo.jpg", "x.gamut", "-o", "x.jpg", "--carrier", "com", "--json"]
        assert lines(run(*arguments))[0]["error"]["code"] == "carrier.exists"
        assert "--replace" in run(*arguments[:-1]).stderr
        assert run(*arguments, "--replace").exit_code == 0
        assert lines(run("info", "x.jpg", "--json"))[0]["carrier"] == "com"

    @pytest.mark.parametrize("suffix", [".jpg", ".png"])
    def test_attach_refuses_another_picture(self, suffix: str) -> None:
        run("reduce", "photo.tif", "-o", f"a{suffix}")
        run("extract", f"a{suffix}", "-o", "a.gamut")
        Image.new("RGB", (96, 64), "red").save(f"other{suffix}")
        arguments = ["attach", f"other{suffix}", "a.gamut", "-o", f"x{suffix}", "--json"]
        result = run(*arguments)
        assert (result.exit_code, lines(result)[0]["error"]["code"]) == (1, "binding")
        assert not Path(f"x{suffix}").exists()
        assert run(*arguments[:-1]).stderr.endswith("; use --force to attach it anyway\n")
        assert run(*arguments, "--force").exit_code == 0

    def test_attach_to_another_kind_of_file(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        with Image.open("photo.jpg") as image:
            image.save("photo.png")
        result = run("attach", "photo.png", "x.gamut", "-o", "x.png", "--json")
        assert lines(result)[0]["error"]["code"] == "binding"

    def test_attach_needs_no_decoder_for_jpeg(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        run("strip", "photo.jpg", "-o", "plain.jpg")
        monkeypatch.delattr("gamutmeta.cli.payload.decode_for")
        assert run("attach", "plain.jpg", "x.gamut", "-o", "whole.jpg").exit_code == 0

    def test_attach_refuses_a_damaged_payload(self) -> None:
        run("extract", "photo.jpg", "-o", "x.gamut")
        Path("x.gamut").write_bytes(Path("x.gamut").read_bytes()[:-1])
        result = run("attach", "photo.jpg", "x.gamut", "-o", "x.jpg", "--replace", "--force", "--json")
        assert lines(result)[0]["error"]["code"] == "payload"


@pytest.mark.usefixtures("folder")
class TestDefects:
    def test_a_defect_is_not_hidden_as_a_failed_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(pipelines, "reduce_file_with", broken)
        with pytest.raises(ZeroDivisionError):
            run("reduce", "photo.tif", "-o", "x.jpg")

    def test_a_warning_is_one_clean_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def warned(*_: object, **__: object) -> gamutmeta.Report:
            warn("something was assumed")
            return gamutmeta.Report(file="photo.tif")

        monkeypatch.setattr(pipelines, "reduce_file_with", warned)
        result = run("reduce", "photo.tif", "-o", "x.jpg")
        assert (result.exit_code, result.stderr) == (0, "warning: photo.tif: something was assumed\n")


@pytest.mark.usefixtures("reduced")
class TestProcess:
    """The real command, in a process of its own."""

    def test_two_at_a_time(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        Path("exports").mkdir()
        for name in ("a", "b"):
            write_piece(Path(f"exports/{name}.tif"))
        Path("exports/bad.tif").write_bytes(b"")
        result = subprocess.run(
            [sys.executable, "-m", "gamutmeta", "reduce", "exports", "-o", "web/", "--jobs", "2", "--json"],
            env=with_quick_presets(tmp_path_factory.mktemp("presets"), os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (result.returncode, result.stderr) == (1, "")
        reports = {line["file"]: line for line in map(json.loads, result.stdout.splitlines())}
        assert sorted(reports) == ["exports/a.tif", "exports/b.tif", "exports/bad.tif"]
        assert reports["exports/bad.tif"]["error"]["code"] == "photo"
        assert Path("web/a.jpg").read_bytes() == Path("web/b.jpg").read_bytes()

    @pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["info", "nothing.jpg"], 1), (["no"], 2)])
    def test_exit_codes(self, arguments: list[str], code: int) -> None:
        script = Path(sys.executable).with_name("gamutmeta")
        result = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
        assert result.returncode == code
        assert "Traceback" not in result.stderr

    def test_without_click(self) -> None:
        code = "import sys; sys.modules['click'] = None; import gamutmeta.__main__ as m; sys.exit(m.main())"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == "the command line needs click; pip install 'gamutmeta[cli]' (in a clone: '.[cli]')\n"

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_bindings_of_cpp_do_not_complain_at_the_end(self, jobs: int) -> None:
        pytest.importorskip("OpenImageIO")
        Path("web").mkdir()
        for name in ("a", "b"):
            Path("web", f"{name}.jpg").write_bytes(Path("photo.jpg").read_bytes())
        command = [sys.executable, "-m", "gamutmeta", "expand", "web", "-o", "back", "--format", "jxl", "--json"]
        result = subprocess.run([*command, "-j", str(jobs)], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, "")

    def test_a_closed_pipe_is_no_traceback(self) -> None:
        command = f"{sys.executable} -m gamutmeta info --json {'photo.jpg ' * 400} | head -n 1"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env=dict(os.environ))
        assert result.stdout.count("\n") == 1
        assert result.stderr == ""
