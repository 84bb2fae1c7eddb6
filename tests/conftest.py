"""What holds for every test: how many threads, which examples of Hypothesis, and what is told about skipped tests."""

from __future__ import annotations

import os

from hypothesis import settings
from skipped import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

# Beside each other, processes that use every core wait for each other: threads of BLAS and torch spin while they do.
# Set before either is loaded; the package's own threads are left alone. tests/test_processors.py runs with all cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

# `make test` tries the same examples on every machine, and not as many; `make test-all` tries others each time.
settings.register_profile("repeatable", derandomize=True, max_examples=40)
