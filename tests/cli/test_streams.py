"""Standard input and output, and pipes, in place of files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import smooth_array

from gamutmeta import WideImage, expand, reduce
from gamutmeta.fit.config import PRESETS

if TYPE_CHECKING:
    from pathlib import Path

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
    assert b"/dev/stdin -> -" in done.stderr
    assert expand(done.stdout).size == (64, 40)


def test_expand_through_pipes(host: bytes) -> None:
    done = run("expand", "-", "-o", "-", "--format", "png", "--depth", "8", "--json", given=host)
    assert done.returncode == 0
    assert done.stdout.startswith(b"\x89PNG")
    assert json.loads(done.stderr)["output"] == "-"


def test_nothing_is_written_if_it_fails(host: bytes) -> None:
    done = run("expand", "-", "-o", "-", given=host[:200])
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"error: /dev/stdin" in done.stderr


def test_several_photographs_do_not_fit(tmp_path: Path) -> None:
    for sources in (("a.jpg", "b.jpg"), (str(tmp_path),)):
        done = run("expand", *sources, "-o", "-")
        assert done.returncode == 2
        assert b"only one photograph can be written to standard output" in done.stderr


def test_info_of_what_can_be_read_once(host: bytes) -> None:
    done = run("info", "-", "--json", given=host)
    assert done.returncode == 0
    assert json.loads(done.stdout)["file_bytes"] == len(host)
