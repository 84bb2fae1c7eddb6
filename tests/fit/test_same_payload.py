"""A seed gives one payload, whatever the number of threads and cores: docs/pipelines.md says so."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import hashlib, importlib.util, os, sys
if sys.argv[1] == "one core":
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
import numpy as np
from dataclasses import replace
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container.tensors import tensor_bytes
from gamutmeta.fit.config import PRESETS
from gamutmeta.fit.engine import fit

y, x = np.mgrid[0:1:60j, 0:1:80j]
planes = [0.5 + 0.45 * np.sin(5 * x + 2 * y), 0.5 + 0.45 * np.cos(4 * y - x), 0.4 + 0.4 * np.sin(3 * (x + y))]
wide = (np.stack(planes, -1) * 65535).astype(np.uint16)
for name in ("balanced", "paper") if importlib.util.find_spec("torch") else ("balanced",):
    config = replace(PRESETS[name], steps=40, batch=2048)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    # Of numpy alone, without machine code, nothing is promised: its sums of products follow BLAS and its threads.
    for seed in (0, 1) if name == "balanced" else (0,):
        result = fit(codes, wide, config, device="cpu", seed=seed)
        print(name, seed, hashlib.sha256(b"".join(tensor_bytes(result.tensors))).hexdigest())
"""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GAMUTMETA_THREADS")


@functools.cache
def payloads(cores: str = "all cores", **environment: str) -> str:
    """The digests of some payloads, fitted in a process of its own."""
    inherited = {key: value for key, value in os.environ.items() if key not in THREADS}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, cores],
        cwd=Path(__file__).parents[2],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= 2, done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_change_nothing(threads: str) -> None:
    assert payloads(**dict.fromkeys(THREADS, threads)) == payloads()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system confines no process to cores")
def test_cores_change_nothing() -> None:
    assert payloads("one core") == payloads()
