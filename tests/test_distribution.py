"""Sdist and wheel: built from a clean copy, installed where there is nothing, and used there as the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from carrots import CARROTS, QUICK

from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file

ROOT = Path(__file__).parents[1]
NO_INDEX = re.compile("No matching distribution|Could not find a version|Temporary failure|Failed to establish")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("build") is None, reason="build is not installed; it is in the dependency group test"),
]


def run(command: list[str | Path], folder: Path, *, code: int = 0) -> str:
    """Run a command without the settings of this process; skip where there is no package index."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if NO_INDEX.search(done.stdout + done.stderr):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made from the sdist, as the build tool does."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT], folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    assert sdist.name.removesuffix(".tar.gz") in wheel.name
    return wheel


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], folder)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install(python, str(wheel))
    return python


def install(python: Path, what: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "-c", ROOT / "constraints.txt"]
    run([*pip, what], python.parent)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reduce_file(CARROTS, tmp_path / "photo.jpg", preset=QUICK)
    return tmp_path


def test_the_wheel_holds_the_package_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"gamutmeta"}
    assert "gamutmeta/py.typed" in names
    assert "gamutmeta/view/decoder/gamutmeta.js" in names
    assert wheel.stat().st_size < 5_000_000


def test_the_readme_expands_without_torch(python: Path, folder: Path) -> None:
    (example,) = re.findall(
        r"^```python\n(import gamutmeta\nfrom gamutmeta[.]pillow .*?)^```",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    # Reducing needs what is not installed here; the photograph is reduced already.
    code = "\n".join(line for line in example.splitlines() if "report" not in line)
    run([python, "-W", "error", "-c", code], folder)
    restored, expected = read_photo(folder / "restored.tif").array, expand(folder / "photo.jpg").array
    assert np.abs(restored.astype(int) - expected).max() <= 1
    libraries = "torch", "click", "matplotlib", "imagecodecs"
    check = f"import importlib.util as u; print([n for n in {libraries} if u.find_spec(n)])"
    assert run([python, "-c", check], folder).strip() == "[]"


def test_what_is_missing_is_named(python: Path, folder: Path) -> None:
    code = f"import gamutmeta; gamutmeta.reduce_file({str(CARROTS)!r}, 'again.jpg', preset='paper')"
    assert "pip install 'gamutmeta[torch]'" in run([python, "-c", code], folder, code=1)


def test_the_command(python: Path, wheel: Path, folder: Path) -> None:
    command = python.with_name("gamutmeta")
    assert "pip install 'gamutmeta[cli]'" in run([command, "--version"], folder, code=2)
    install(python, f"{wheel}[cli]")
    run([command, "info", "photo.jpg"], folder)
    run([command, "expand", "photo.jpg", "-o", "restored.tif"], folder)
    assert read_photo(folder / "restored.tif").size == (600, 400)
    run([command, "view", "photo.jpg", "-o", "photo.html"], folder)
    assert (folder / "photo.html").stat().st_size > (folder / "photo.jpg").stat().st_size
