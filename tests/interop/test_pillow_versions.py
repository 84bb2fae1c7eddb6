"""The plugin, and all that reads and writes through Pillow, with every major version of Pillow that is supported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import PIL
import pytest
from interop.demand import go_without

pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]

VERSIONS = ("11.3.0", "12.1.1", "12.3.0", "13.0.0")
"""The oldest that is supported; the last ones before and after 12.2, where opening plugins changed; and 13."""

TESTS = (
    "tests/test_pillow.py",
    "tests/edit/test_operations.py",
    "tests/pipeline/test_expand.py",
    "tests/pipeline/test_transparency.py",
    "tests/carriers/test_digest.py",
    "tests/photo",
)


def test_the_oldest_is_the_one_we_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert VERSIONS[0].startswith(
        next(name.removeprefix("pillow>=") for name in project["dependencies"] if "pillow" in name)
    )


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_plugin(version: str, tmp_path: Path) -> None:
    if version == PIL.__version__:
        pytest.skip(f"Pillow {version} is the one that all other tests are run with")
    # Only Pillow differs: it comes first on the path, everything else is what is installed here.
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check"]
    installed = run([*command, "--target", str(tmp_path), f"pillow=={version}"])
    if installed.returncode:
        go_without(f"Pillow {version} cannot be installed: {installed.stderr.strip().splitlines()[-1]}")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    asked = run([sys.executable, "-c", "import PIL; print(PIL.__version__)"], PYTHONPATH=path)
    assert asked.stdout.strip() == version
    ran = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *TESTS], PYTHONPATH=path)
    assert ran.returncode == 0, ran.stdout
    counts = re.search(r"(\d+) passed", ran.stdout)
    assert counts is not None
    assert int(counts[1]) > 500, ran.stdout


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600, check=False
    )
