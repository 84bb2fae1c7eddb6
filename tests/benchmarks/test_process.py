from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from benchmarks.process import ROOT, environment, peak_bytes
from gamutmeta.color.threads import core_count


def of_a_process(code: str, threads: int = 1) -> list[int]:
    """The numbers that code prints in a process of its own."""
    code = f"from benchmarks.process import confine, peak_bytes\n{code}"
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT, env=environment(threads)
    ).stdout
    return [int(word) for word in output.split()]


def test_the_peak_is_that_of_the_process_alone() -> None:
    ballast = np.ones(200 << 20, np.uint8)
    before, after = of_a_process("print(peak_bytes()); block = b'x' * (50 << 20); del block; print(peak_bytes())")
    assert ballast.nbytes < peak_bytes()
    assert before < 100 << 20, "what starts it counts for nothing"
    assert 45 << 20 < after - before < 60 << 20


def test_threads_and_cores() -> None:
    code = "import gamutmeta.color.threads as t; confine(1); print(t.core_count(), t.thread_count())"
    found = of_a_process(code, threads=3)
    if sys.platform == "linux":
        assert found == [1, 3]
    assert found[1] == 3


@pytest.mark.skipif(sys.platform != "linux", reason="this system confines no process to cores")
def test_no_more_cores_than_there_are() -> None:
    assert of_a_process("import gamutmeta.color.threads as t; confine(10000); print(t.core_count())") == [core_count()]
