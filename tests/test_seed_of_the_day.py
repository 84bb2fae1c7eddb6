"""CI tries other examples every day, says which, and can be told to try them again."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from seed_of_the_day import PROFILE, SEED

TESTS = Path(__file__).parent
EXAMPLES = """
from hypothesis import given, strategies as st

@given(st.integers())
def test_examples(number):
    print("tried", number)
"""


def run(folder: Path, *options: str, **variables: str) -> tuple[str, list[str]]:
    """The header about the seed and the examples of a run of one test, with this project's conftest.py."""
    (folder / "test_it.py").write_text(EXAMPLES)
    for name in ("conftest.py", "seed_of_the_day.py", "skipped.py"):
        (folder / name).write_bytes((TESTS / name).read_bytes())
    left = {name: value for name, value in os.environ.items() if name not in {"CI", SEED, "PYTEST_ADDOPTS"}}
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=left | variables)
    lines = done.stdout.splitlines()
    header = next((line for line in lines if "seed" in line), "")
    return header, [line for line in lines if "tried" in line]


@pytest.mark.slow
def test_ci_tries_the_examples_of_the_day(tmp_path: Path) -> None:
    before = f"{datetime.now(UTC):%Y%m%d}"
    header, tried = run(tmp_path, CI="true")
    assert len(tried) > 50
    seed = header.rpartition("=")[2]
    assert before <= seed <= f"{datetime.now(UTC):%Y%m%d}"
    assert header == f"examples of Hypothesis: seed {seed}; the same ones again with {SEED}={seed}"
    assert run(tmp_path, f"--hypothesis-profile={PROFILE}", GAMUTMETA_SEED=seed) == (header, tried)
    other, tried_then = run(tmp_path, CI="true", GAMUTMETA_SEED="20200101")
    assert other.endswith("=20200101")
    assert tried_then != tried


@pytest.mark.slow
def test_the_repeatable_profile_stays_what_it_is(tmp_path: Path) -> None:
    options = "--hypothesis-profile=repeatable"
    first = run(tmp_path, options)
    assert first[0] == ""
    assert run(tmp_path, options, CI="true", GAMUTMETA_SEED="20200101") == first
