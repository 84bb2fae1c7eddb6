"""darktable exports through docs/plugins/darktable/gamutmeta.lua: its steps with a stub, all of it in darktable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from carrots import write_piece
from interop.demand import go_without
from pictures import muted

pytest.importorskip("torch")

from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "docs" / "plugins" / "darktable" / "gamutmeta.lua"

LINEAR_PROPHOTO = 21
"""darktable's number for the profile (`icctype`)."""


def program(*names: str) -> str:
    """Where one of these programs is."""
    for name in names:
        if (path := shutil.which(name)) is not None:
            return path
    return go_without(f"{names[0]} is not installed (tests/plugins/install_tools.sh)")


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """The command line, under a name that a shell would take apart."""
    path = tmp_path / "it's gamutmeta"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gamutmeta "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the JPEGs go to."""
    path = tmp_path / "my 'best' $HOME"
    path.mkdir()
    return path


def stubbed(exported: Path, bpp: int, command: Path, folder: Path, quality: str = "90") -> list[str]:
    lua = program("lua5.4", "lua")
    arguments = [str(HERE / "darktable_stub.lua"), str(SCRIPT), str(exported), str(bpp), str(command), str(folder)]
    ran = subprocess.run([lua, *arguments, quality], capture_output=True, text=True, check=True, timeout=60)
    registered, supported, *said = ran.stdout.splitlines()
    assert registered == "registered gamutmeta"
    assert supported.split() == ["tiff", "true", "jpeg", "false"]
    return said


def test_it_is_lua() -> None:
    subprocess.run([program("luac5.4", "luac"), "-p", str(SCRIPT)], check=True)


@pytest.mark.slow
def test_it_reduces_what_darktable_exported(tmp_path: Path, command: Path, folder: Path) -> None:
    taken = folder / "photo's.jpg"
    taken.write_bytes(b"taken")
    exported = write_piece(tmp_path / "photo's.tif")
    said = stubbed(exported, 16, command, folder)
    assert said == [f"gamutmeta: 1 of 1, {folder}/photo's_01.jpg", "gamutmeta: 1 stored"]
    assert taken.read_bytes() == b"taken"
    assert expand(folder / "photo's_01.jpg").size == (96, 64)
    # Neither the photograph that darktable exported nor what gamutmeta said is left.
    assert set(tmp_path.iterdir()) == {command, folder}


def test_it_says_when_there_is_nothing_to_keep(tmp_path: Path, command: Path, folder: Path) -> None:
    WideImage(muted()).save(tmp_path / "grey.tif")
    *_, last = stubbed(tmp_path / "grey.tif", 16, command, folder)
    assert last.startswith("gamutmeta: 1 stored, 1 without any colour outside sRGB: is the export profile a wide one")


def test_it_says_what_failed(tmp_path: Path, command: Path, folder: Path) -> None:
    (tmp_path / "bad.tif").write_bytes(b"II*\0")
    _, log, *_, said, last = stubbed(tmp_path / "bad.tif", 16, command, folder)
    assert log.startswith("log: gamutmeta: a.raw: ")
    assert said.startswith(f"gamutmeta failed: {tmp_path}/bad.tif: ")
    assert last == "gamutmeta: 0 stored, 1 failed"
    assert list(folder.iterdir()) == []


def test_it_says_that_there_is_no_gamutmeta(tmp_path: Path, folder: Path) -> None:
    *_, said, last = stubbed(write_piece(tmp_path / "photo.tif"), 16, tmp_path / "missing", folder)
    assert said.startswith("gamutmeta failed: ")
    assert "not found" in said
    assert last == "gamutmeta: 0 stored, 1 failed"


def test_eight_bits_are_refused(tmp_path: Path, command: Path, folder: Path) -> None:
    first, last = stubbed(write_piece(tmp_path / "photo.tif"), 8, command, folder)
    assert first == "gamutmeta: choose 16 bit for the format; 8 bit is too coarse for a wide space"
    assert last == "gamutmeta: 0 stored"
    assert list(folder.iterdir()) == []


# --- darktable itself -------------------------------------------------------------------------------------------------


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen that nobody sees."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [program("Xvfb"), "-displayfd", str(write), "-screen", "0", "1280x800x24"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as number:
        display = number.readline().strip()
    assert display, "Xvfb gave no screen"
    yield f":{display}"
    server.terminate()
    server.wait(timeout=10)


DRIVER = """
local darktable = require "darktable"
loadfile(SCRIPT)("gamutmeta")
local image = darktable.database.import(PHOTO)
darktable.control.sleep(2000) -- until the window is there
darktable.gui.selection { image }
darktable.gui.action("lib/export/export", 0, "", "", 1.0)
"""


@pytest.mark.slow
def test_darktable_exports_wide_gamut_jpegs(tmp_path: Path, screen: str, command: Path, folder: Path) -> None:
    darktable = program("darktable")
    photo = write_piece(tmp_path / "photo.tif")
    driver = tmp_path / "driver.lua"
    driver.write_text(DRIVER.replace("SCRIPT", f'"{SCRIPT}"').replace("PHOTO", f'"{photo}"'))
    settings = {
        "plugins/lighttable/export/storage_name": "gamutmeta",
        "plugins/lighttable/export/format_name": "tiff",
        "plugins/imageio/format/tiff/bpp": 16,
        "plugins/lighttable/export/icctype": LINEAR_PROPHOTO,
        "lua/gamutmeta/command": command,
        "lua/gamutmeta/folder": folder,
        "lua/gamutmeta/preset": "small",
    }
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    log, temporary = tmp_path / "darktable.log", tmp_path / "temporary"
    temporary.mkdir()
    stored = folder / "photo.jpg"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(darktable, "-d", "lua", "--disable-opencl", "--configdir", str(tmp_path / "config")),
                *("--tmpdir", str(temporary), "--library", ":memory:", *options),
                *("--luacmd", f'dofile("{driver}")'),
            ],
            env=os.environ | {"DISPLAY": screen, "HOME": str(tmp_path), "LIBGL_ALWAYS_SOFTWARE": "1"},
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + 60
            while (not stored.exists() or list(temporary.iterdir())) and time.monotonic() < deadline:
                assert process.poll() is None, log.read_text()
                time.sleep(0.2)
        finally:
            process.kill()
            process.wait(timeout=20)
    assert stored.exists(), log.read_text()
    assert list(temporary.iterdir()) == []
    report = verify_file(stored, photo)
    assert report.payload_bytes is not None
    assert report.payload_bytes <= 1500
    assert report.psnr_og is not None
    assert report.psnr_clip_og is not None
    assert report.psnr_og > report.psnr_clip_og + 5
