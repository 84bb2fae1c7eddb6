"""Standard input and output, and pipes, in place of files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import smooth_array

from gamutmeta import WideImage, carriers, expand, read_photo, reduce
from gamutmeta.fit.config import PRESETS
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.photo.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.choices import HostFormat

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/stdin")


@pytest.fixture(scope="module")
def photograph() -> bytes:
    """A grey photograph: there is nothing to fit."""
    grey = np.repeat(smooth_array()[..., :1].astype(np.uint16) * 257, 3, axis=2)
    return WideImage(grey).to_bytes("png")


@pytest.fixture(scope="module")
def host() -> bytes:
    """An sRGB file with a payload."""
    wide = WideImage(np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0])))
    return reduce(wide, preset=PRESETS["small"].within(400), format="jpeg", device="cpu").to_bytes()


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gamutmeta", *arguments], input=given, capture_output=True, check=False
    )


@pytest.mark.parametrize(("options", "start"), [((), b"\xff\xd8"), (("--format", "png"), b"\x89PNG")])
def test_reduce_through_pipes(photograph: bytes, options: tuple[str, ...], start: bytes) -> None:
    done = run("reduce", "-", "-o", "-", *options, given=photograph)
    assert done.returncode == 0
    assert done.stdout.startswith(start)
    assert done.stderr.startswith(b"standard input -> standard output: ")
    assert b"/dev/" not in done.stderr
    assert expand(done.stdout).size == (64, 40)


def test_expand_through_pipes(host: bytes) -> None:
    done = run("expand", "-", "-o", "-", "--format", "png", "--depth", "8", "--json", given=host)
    assert done.returncode == 0
    assert done.stdout.startswith(b"\x89PNG")
    said = json.loads(done.stderr)
    assert (said["file"], said["output"]) == ("-", "-")


@pytest.mark.parametrize("format_", ["jpeg", "png", "tiff"])
def test_a_base_selects_the_format(format_: HostFormat, tmp_path: Path) -> None:
    wide = WideImage(np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0])))
    (tmp_path / "photo.tif").write_bytes(wide.to_bytes("tiff"))
    base = tmp_path / f"photo{KINDS[format_].suffixes[0]}" if format_ != "tiff" else tmp_path / "bases" / "photo.tif"
    base.parent.mkdir(exist_ok=True)
    base.write_bytes(reduce(wide, preset="small", max_bytes=400, format=format_).to_bytes("sidecar"))
    limit = ("--preset", "small", "--max-bytes", "400", "-o", "-")
    command = ("reduce", str(tmp_path / "photo.tif"), *limit, "--base")
    done = run(*command, str(base))
    assert (done.returncode, carriers.strip(done.stdout)) == (0, base.read_bytes())
    assert carriers.extract(done.stdout).container
    if format_ == "tiff":
        assert run(*command, str(base.parent)).stdout == done.stdout
    # A pipe shows its kind only when it is read.
    assert run(*command, "-", "--format", format_, given=base.read_bytes()).stdout == done.stdout


@pytest.mark.parametrize("command", ["reduce", "expand", "show-wide"])
def test_a_dry_run_names_standard_output(command: str, host: bytes, photograph: bytes) -> None:
    given = photograph if command == "reduce" else host
    done = run(command, "-", "-o", "-", "--dry-run", given=given)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"standard input -> standard output: would be written\n"
    done = run(command, "-", "-o", "-", "--dry-run", "--json", given=given)
    assert json.loads(done.stderr) == {"file": "-", "output": "-", "action": "write"}


def test_extract_reports_standard_output_as_others_do(host: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(host)
    done = run("extract", str(tmp_path / "a.jpg"), "-o", "-")
    assert (done.returncode, done.stdout) == (0, carriers.extract(host).container)
    assert done.stderr.endswith(f"a.jpg -> standard output: payload {len(done.stdout)} B (app11)\n".encode())


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a line with the command as `$G`."""
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("$G", f"'{sys.executable}' -m gamutmeta")],
        cwd=folder,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["expand a.jpg", "strip a.jpg", "extract a.jpg", "view a.jpg"])
def test_closed_standard_error_changes_nothing(command: str, host: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(host)
    there, closed = (shell(f"$G {command} -o - {end}", tmp_path) for end in ("", "2>&-"))
    assert there.returncode == closed.returncode == 0
    assert there.stdout == closed.stdout != b""
    assert shell("$G info a.jpg 2>&-", tmp_path).stdout.startswith(b"a.jpg\n")


def test_closed_standard_input_and_output_are_told(host: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(host)
    for command in ("expand", "strip", "extract"):
        done = shell(f"$G {command} a.jpg -o - >&-", tmp_path)
        assert done.returncode == 2
        assert b"Error: standard output is closed; use -o with a file\n" in done.stderr
    done = shell("$G info - <&-", tmp_path)
    assert done.returncode == 2
    assert b"standard input is closed; name a file\n" in done.stderr
    assert shell("$G expand a.jpg -o b.tif <&- >&- 2>&-", tmp_path).returncode == 0
    assert np.array_equal(read_photo(tmp_path / "b.tif").array, expand(host).array)


def test_nothing_is_written_if_it_fails(host: bytes) -> None:
    done = run("expand", "-", "-o", "-", given=host[:200])
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"error: standard input: " in done.stderr
    assert b"/dev/" not in done.stderr


def test_several_photographs_do_not_fit(tmp_path: Path) -> None:
    for sources, inputs in ((("a.jpg", "b.jpg"), "2 inputs were named"), ((str(tmp_path),), f"{tmp_path} is a folder")):
        for command in ("expand", "reduce", "show-wide", "strip"):
            done = run(command, *sources, "-o", "-")
            assert done.returncode == 2
            said = f"-o - writes one picture to standard output, and {inputs}; use -o with a folder"
            assert said.encode() in done.stderr


def test_a_sidecar_has_no_place_in_standard_output(host: bytes) -> None:
    for command in (("reduce", "-"), ("resize", "-", "--size", "9x")):
        done = run(*command, "-o", "-", "--carrier", "sidecar", given=host)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"--carrier sidecar makes a second file, which has no place in standard output" in done.stderr


def test_info_of_what_can_be_read_once(host: bytes) -> None:
    done = run("info", "-", "--json", given=host)
    assert done.returncode == 0
    assert json.loads(done.stdout)["file_bytes"] == len(host)


@pytest.mark.parametrize("format_", ["jpeg", "png", "tiff"])
def test_what_splices_goes_through_pipes(format_: HostFormat, tmp_path: Path) -> None:
    wide = WideImage(np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0])))
    result = reduce(wide, preset=PRESETS["small"].within(400), format=format_, device="cpu")
    done = run("strip", "-", "-o", "-", given=result.to_bytes())
    assert (done.returncode, done.stdout) == (0, carriers.strip(result.to_bytes()))
    assert b"note: standard input: removed " in done.stderr
    (tmp_path / "p.gamut").write_bytes(result.payload.to_bytes())
    done = run("attach", "-", str(tmp_path / "p.gamut"), "-o", "-", given=done.stdout)
    assert done.returncode == 0
    assert carriers.extract(done.stdout).container == result.payload.to_bytes()


def test_show_wide_through_pipes(host: bytes) -> None:
    done = run("show-wide", "-", "-o", "-", "--json", given=host)
    assert done.returncode == 0
    assert json.loads(done.stderr)["output"] == "-"
    assert find_colour_map(done.stdout) is not None
    assert carriers.extract(done.stdout) == carriers.extract(host)


def test_show_wide_says_that_a_sidecar_does_not_go_along(host: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(carriers.strip(host))
    (tmp_path / "a.jpg.gamut").write_bytes(carriers.extract(host).container)
    done = run("show-wide", str(tmp_path / "a.jpg"), "-o", "-", "--json")
    assert done.returncode == 0
    assert find_colour_map(done.stdout) is not None
    note = "the payload lies in a sidecar, which does not go to standard output: it is missing there"
    assert note in json.loads(done.stderr)["notes"]


def test_edits_through_pipes(host: bytes, tmp_path: Path) -> None:
    done = run("crop", "-", "--box", "0,0,32,20", "-o", "-", given=host)
    assert (done.returncode, done.stdout[:2], expand(done.stdout).size) == (0, b"\xff\xd8", (32, 20))
    wide = WideImage(np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0])))
    path = tmp_path / "host.png"
    path.write_bytes(reduce(wide, preset=PRESETS["small"].within(400), format="png", device="cpu").to_bytes())
    done = run("rotate", str(path), "--degrees", "90", "-o", "-")
    assert (done.returncode, done.stdout[:4], expand(done.stdout).size) == (0, b"\x89PNG", (40, 64))
    done = run("resize", "-", "--size", "32x", "--format", "tiff", "-o", "-", given=path.read_bytes())
    assert (done.returncode, done.stdout[:2], expand(done.stdout).size) == (0, b"II", (32, 20))
    done = run("resize", "-", "--size", "32x", "--format", "png", "-o", str(tmp_path / "x.jpg"), given=host)
    assert (done.returncode, b"--format png does not fit the suffix of x.jpg" in done.stderr) == (2, True)
    done = run("reduce", str(path), "-o", "-", "--shard", "1/1")
    assert (done.returncode, done.stdout, b"--shard divides the files of a folder" in done.stderr) == (2, b"", True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "-", "--reference", "-"],
        ["attach", "-", "-", "-o", "x.jpg"],
        ["reduce", "-", "-", "-o", "web/"],
        ["expand", "-", "--sidecar", "-", "-o", "x.tif"],
        ["info", "-", "-"],
    ],
)
def test_standard_input_is_read_once(arguments: list[str], host: bytes) -> None:
    done = run(*arguments, given=host)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard input can be read once only; name a file" in done.stderr


def test_the_demo_needs_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("demo", "-o", "-")
    assert done.returncode == 2
    assert b"the demo writes several files, which do not go to standard output; name a folder" in done.stderr
    assert not [*tmp_path.iterdir()]
