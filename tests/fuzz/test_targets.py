"""The fuzz targets themselves: a little fuzzing in every run of the tests, and whether findings are found."""

from __future__ import annotations

import json
import random
import time
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.fuzz import limits, run, seeds
from tests.fuzz.catalogue import TARGETS
from tests.fuzz.harness import Guard

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged files.

each_target = pytest.mark.parametrize("name", TARGETS)
with_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")

EXECUTIONS = 600


@each_target
def test_seeds_break_no_promise(name: str, tmp_path: Path) -> None:
    guard = Guard(TARGETS[name].run, tmp_path)
    for data in TARGETS[name].seeds().values():
        guard(data)
    assert guard.close().findings == []


@each_target
def test_mutated_seeds_break_no_promise(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    guard, chance = Guard(target.run, tmp_path), random.Random(7)  # noqa: S311 - the same every time
    pool = list(target.seeds().values())
    for _ in range(150):
        data = target.mutated(chance.choice(pool), chance)
        pool.append(data)
        guard(data)
    assert guard.close().findings == []


@pytest.mark.slow
@with_atheris
@each_target
def test_a_short_run_finds_nothing(name: str, tmp_path: Path) -> None:
    figures = run.fuzz(name, EXECUTIONS, 1, tmp_path, time_limit=300)
    assert figures["findings"] == []
    assert figures["executions"] >= EXECUTIONS
    assert figures["coverage"] > 0
    assert figures["corpus"] > 1
    assert figures["worst_seconds"] < limits.SECONDS


@with_atheris
@pytest.mark.slow
def test_a_process_that_dies_is_a_finding(tmp_path: Path) -> None:
    figures = run.fuzz("no such target", 10, 1, tmp_path, time_limit=300)
    assert figures["executions"] == 0
    (finding,) = figures["findings"]
    assert "no such target" in finding["what"]
    assert finding["where"] == "process"


def _fails(data: bytes) -> None:
    raise KeyError(data)


def _lasts(_: bytes) -> None:
    end = time.process_time() + 1.2 * limits.SECONDS
    while time.process_time() < end:
        pass


def _touches(keep: list[Any], _: bytes) -> None:
    keep.append(np.ones(limits.MEMORY // 8 + (8 << 20)))


def _reserves(_: bytes) -> None:
    np.empty(limits.MEMORY + (8 << 20), np.uint8)


@pytest.mark.parametrize(
    ("target", "where", "what"),
    [
        (_fails, "_fails", "KeyError: b'input'"),
        (_lasts, "time", "took 1."),
        (partial(_touches, []), "memory", "bytes"),
        (_reserves, "memory", "allocated"),
    ],
    ids=["exception", "time", "touched", "reserved"],
)
def test_a_broken_promise_is_found_once_and_its_input_kept(target: Any, where: str, what: str, tmp_path: Path) -> None:
    guard = Guard(target, tmp_path)
    guard(b"input")
    guard(b"input")
    (finding,) = guard.close().findings
    assert where in finding.where
    assert what in finding.what
    assert [path.read_bytes() for path in tmp_path.glob("finding-*")] == [b"input"]


def test_a_harmless_target_is_measured(tmp_path: Path) -> None:
    guard = Guard(bytes.hex, tmp_path)  # type: ignore[arg-type] - what it gives does not matter
    for _ in range(100):
        guard(b"abc")
    measured = guard.close()
    assert (measured.executions, measured.findings, measured.worst_bytes) == (100, [], 3)
    assert 0 < measured.worst_seconds <= measured.seconds
    assert 0 < measured.rss_start <= measured.rss_peak


# --- what is committed -----------------------------------------------------------------------------------------------


def test_the_corpus_is_what_the_script_makes(tmp_path: Path) -> None:
    recorded = json.loads((seeds.CORPUS / "versions.json").read_text())
    if recorded != seeds.versions():
        pytest.skip(f"made with {recorded}, here are {seeds.versions()}")
    seeds.write(tmp_path)
    made, committed = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path, seeds.CORPUS)
    )
    assert made == committed
    assert sum(map(len, committed.values())) < 200_000


def test_names_of_targets_are_known_without_importing_them() -> None:
    assert set(run.TARGET_NAMES) == set(TARGETS)
