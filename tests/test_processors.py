"""The tests of sums and elementary functions once more, computed as on other processors: `make processors`.

numpy, its BLAS and torch choose their machine code by the processor they find. What they choose elsewhere adds
in another order, or rounds once where two roundings were. Environment variables make them choose it here.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

TESTS = (
    "tests/color",
    "tests/measure",
    "tests/model",
    "tests/fit/test_gradient.py",
    "tests/fit/gpu/test_static_step.py",
    "tests/fit/test_engine.py::test_the_same_seed_gives_the_same_bytes",
    "tests/fit/test_engine.py::test_every_way_to_fit_is_as_good_and_the_same_each_time",
    "tests/fit/cpu/test_loops.py",
    "tests/spec/test_runner.py::test_the_package_passes_everything",
    "tests/spec/test_runner.py::test_right_answers_pass",
    "tests/spec/test_runner.py::test_the_table_names_what_failed",
    "tests/spec/test_vectors.py::test_the_script_makes_these_very_vectors",
    "tests/spec/test_vectors.py::test_the_package_gives_the_right_answer",
    "tests/edit/test_operations.py::TestLossless",
)
"""Those whose results depend on it. Together they take half a minute of one core."""

_LINUX_X86 = sys.platform == "linux" and platform.machine() == "x86_64"
"""Here everything can be emulated."""

_OF_A_USER = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("PYTEST_") and name not in {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}
}
"""The environment without what pytest and tests/conftest.py put into it."""

_BLAS_NAME = """
import ctypes, pathlib, numpy
(library,) = (pathlib.Path(numpy.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas64*")
name = ctypes.CDLL(str(library)).scipy_openblas_get_corename64_
name.restype = ctypes.c_char_p
print(name().decode())
"""

_MKL_BRANCH = """
import ctypes, pathlib, torch
library = pathlib.Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
print(ctypes.CDLL(str(library)).mkl_serv_cbwr_get(1))
"""


@dataclass(frozen=True)
class Emulation:
    """Another processor.

    Attributes:
        environment: variables that make the libraries take this one for it.
        evidence: Python code that prints what shows that they do.
        expected: what it prints then.
        cores: how many may be used; None for all.
    """

    evidence: str
    expected: str
    environment: Mapping[str, str] = field(default_factory=dict)
    cores: int | None = None


def _blas(name: str, found: str | None = None) -> Emulation:
    return Emulation(_BLAS_NAME, found or name, {"OPENBLAS_CORETYPE": name})


def _numpy_without(features: list[str]) -> Emulation:
    """A numpy whose loops use what every processor has."""
    evidence = (
        "from numpy._core._multiarray_umath import __cpu_features__ as features\n"
        f"print([name for name in {features} if features[name]])"
    )
    return Emulation(evidence, "[]", {"NPY_DISABLE_CPU_FEATURES": " ".join(features)})


def _threads(number: int) -> Emulation:
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GAMUTMETA_THREADS")
    environment = dict.fromkeys(variables, str(number)) | {"MKL_DYNAMIC": "FALSE"}  # also more than there are cores
    evidence = "import torch, gamutmeta.runtime.threads as t; print(torch.get_num_threads(), t.thread_count())"
    return Emulation(evidence, f"{number} {number}", environment)


EMULATIONS = {
    "OpenBLAS for Haswell": _blas("Haswell"),
    "OpenBLAS for Sandybridge": _blas("Sandybridge"),
    "OpenBLAS for Prescott": _blas("Prescott", "Katmai"),
    "numpy without dispatch": _numpy_without(np._core._multiarray_umath.__cpu_dispatch__),
    "torch without AVX": Emulation(
        "import torch; print(torch.backends.cpu.get_cpu_capability())", "DEFAULT", {"ATEN_CPU_CAPABILITY": "default"}
    ),
    "MKL for any": Emulation(_MKL_BRANCH, "3", {"MKL_CBWR": "COMPATIBLE"}),
    "machine code for any": Emulation(
        "import gamutmeta.native.library as n; print(n.variant())", "any", {"GAMUTMETA_NATIVE": "any"}
    ),
    "without machine code": Emulation(
        "import gamutmeta.native.library as n; print(n.variant())", "numpy", {"GAMUTMETA_NATIVE": "0"}
    ),
    "all for any": Emulation(
        _BLAS_NAME,
        "Katmai",
        {
            "OPENBLAS_CORETYPE": "Prescott",
            "NPY_DISABLE_CPU_FEATURES": " ".join(np._core._multiarray_umath.__cpu_dispatch__),
            "ATEN_CPU_CAPABILITY": "default",
            "MKL_CBWR": "COMPATIBLE",
            "GAMUTMETA_NATIVE": "any",
        },
    ),
    "one thread": _threads(1),
    "four threads": _threads(4),
    "one core": Emulation(
        "import gamutmeta.runtime.threads as t; print(t.core_count(), t.thread_count())", "1 1", cores=1
    ),
}


def python(emulation: Emulation, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python from the project's folder on the other processor."""
    confine = ""
    if emulation.cores is not None:
        confine = f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: {emulation.cores}])\n"
    start = f"{confine}import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=ROOT,
        env=_OF_A_USER | dict(emulation.environment),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=EMULATIONS)
def emulation(request: pytest.FixtureRequest) -> Emulation:
    """One after the other; skipped where the libraries here know nothing of it."""
    chosen = EMULATIONS[request.param]
    if chosen.cores is not None and not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not confine processes to cores")
    shown = python(chosen, "-W", "error", "-c", chosen.evidence)
    if not _LINUX_X86 and shown.stdout.strip() != chosen.expected:
        pytest.skip(f"cannot be emulated here: {request.param}")
    assert (shown.stdout.strip(), shown.stderr) == (chosen.expected, "")
    return chosen


def test_the_same_tests_pass(emulation: Emulation) -> None:
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "repeatable"]
    done = python(emulation, "-m", "pytest", *options, "-m", "not slow", "-k", "not memory and not extract/", *TESTS)
    said = done.stdout if done.returncode in {0, 1} else done.stdout + done.stderr
    assert done.returncode == 0, "\n".join(["the end of what the tests said:", *said.splitlines()[-100:]])
