"""The short list of what was skipped, also where several processes run the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from skipped import summary

HERE = Path(__file__).parent

SKIPPING = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_gpu(number):
    pytest.skip("needs a CUDA device")

@pytest.mark.parametrize("number", range(3))
def test_tool(number):
    pytest.skip(f"ExifTool is not installed (apt: number {number})")

@pytest.mark.skipif(True, reason="a whim")
def test_other():
    pass

def test_passes():
    pass

def test_fails():
    assert 1 == 2
"""


def test_reasons_are_grouped_by_what_is_needed() -> None:
    reasons = [
        "Skipped: could not import 'triton': No module named 'triton'",
        "Skipped: needs a CUDA device",
        "Skipped: Exiv2 is not installed (apt: exiv2)",
        "Skipped: Exiv2 is not installed (apt: exiv2)",
        "Skipped: Chromium cannot be driven (apt: chromium)",
        "Ray is not installed; pip install 'gamutmeta[ray]'",
        "Skipped: needs Node.js and npm",
        "Skipped: needs a CUDA device",
        "",
    ]
    assert summary(reasons) == [
        "    5  need software that .ci/run installs: Exiv2 (2), triton (1), Chromium (1), Ray (1)",
        "    2  need a GPU with CUDA",
        "    1  needs Node.js and npm",
        "    1  no reason given",
    ]
    assert summary([]) == []


def test_long_lists_are_wrapped() -> None:
    lines = summary(f"tool-{number} is not installed" for number in range(30))
    assert all(len(line) <= 100 for line in lines)
    assert [line[:7] for line in lines] == ["   30  ", *["       "] * (len(lines) - 1)]
    assert re.findall(r"tool-\d+ \(1\)", " ".join(lines)) == [f"tool-{number} (1)" for number in range(30)]


@pytest.mark.parametrize("processes", ["0", "2"])
def test_pytest_ends_with_the_list_the_failures_and_its_own_line(processes: str, tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SKIPPING)
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('missing')\ndef test_it(): pass\n")
    options = ["-p", "skipped", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-n", processes]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env=plain | {"PYTHONPATH": str(HERE), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if re.fullmatch("-+ 11 skipped -+", line))
    assert lines[at + 1 : at + 4] == [
        "    6  need a GPU with CUDA",
        "    4  need software that .ci/run installs: ExifTool (3), missing (1)",
        "    1  a whim",
    ]
    assert lines[at + 5] == "FAILED test_some.py::test_fails - assert 1 == 2"
    assert re.fullmatch("=+ 1 failed, 1 passed, 11 skipped in .*s =+", lines[-1])
    assert "SKIPPED" not in done.stdout
