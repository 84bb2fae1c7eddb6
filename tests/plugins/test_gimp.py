"""docs/plugins/gimp/gamutmeta.py with a stub of libgimp: GIMP 3 itself is in no package of Debian 12."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from carrots import QUICK, write_piece
from interop.demand import go_without
from PIL import Image

pytest.importorskip("torch")

from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file

HERE = Path(__file__).parent
PLUGIN = HERE.parents[1] / "docs" / "plugins" / "gimp" / "gamutmeta.py"
SYSTEM_PYTHON = "/usr/bin/python3"
"""PyGObject is a package of the distribution, for its own Python."""


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """The command line, as a program."""
    path = tmp_path / "gamutmeta here"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gamutmeta "$@"\n')
    path.chmod(0o755)
    return path


def opened(file: Path | str, loaded: Path, command: Path, **environment: str) -> dict[str, Any]:
    """What GIMP would be told."""
    probe = [SYSTEM_PYTHON, "-c", "from gi.repository import Gio"]
    if shutil.which(SYSTEM_PYTHON) is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        go_without("PyGObject is not installed (tests/plugins/install_tools.sh)")
    arguments = [SYSTEM_PYTHON, str(HERE / "gimp_stub.py"), str(PLUGIN), str(file), str(loaded)]
    environment = os.environ | {"GAMUTMETA": str(command)} | environment
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert ran.returncode == 0, ran.stderr
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


def profile_of(path: Path) -> bytes:
    """The ICC profile, by which GIMP knows what the numbers mean."""
    with Image.open(path) as image:
        return bytes(image.info["icc_profile"])


def test_the_restored_photograph_is_opened(tmp_path: Path, command: Path) -> None:
    file, loaded = tmp_path / "it's.jpg", tmp_path / "loaded.tif"
    reduce_file(write_piece(tmp_path / "photo.tif"), file, preset=QUICK, device="cpu")
    said = opened(file, loaded, command)
    assert (said["status"], said["image"], said["error"]) == ("success", True, None)
    assert said["required"] == {"Gimp": "3.0"}
    assert profile_of(loaded) == profile_bytes("prophoto")
    np.testing.assert_array_equal(read_photo(loaded).array, expand(file).array)


def test_the_space_can_be_chosen_and_the_original_loader_stays(tmp_path: Path, command: Path) -> None:
    file, loaded = tmp_path / "photo.png", tmp_path / "loaded.tif"
    reduce_file(write_piece(tmp_path / "photo.tif"), file, preset=QUICK, device="cpu")
    said = opened(file, loaded, command, GAMUTMETA_SPACE="rec2020")
    assert profile_of(loaded) == profile_bytes("rec2020")
    assert said["set_priority"] == [100]
    assert "set_magics" not in said


def test_failures_are_told(tmp_path: Path, command: Path) -> None:
    photo, loaded = write_piece(tmp_path / "photo.tif"), tmp_path / "loaded.tif"
    for file, program, reason in (
        (photo, command, "no gamutmeta payload"),
        (photo, tmp_path / "missing", "missing cannot be started"),
        (photo, Path("/bin/false"), "ended with exit code 1"),
        ("https://example.org/photo.jpg", command, "files on this machine only"),
    ):
        said = opened(file, loaded, program)
        assert (said["status"], said["image"]) == ("error", False)
        assert reason in said["error"]
        assert not loaded.exists()
