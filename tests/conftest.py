"""What holds for every test: how many threads, which examples of Hypothesis, and what is told about skipped tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from seed_of_the_day import PROFILE, SEED, seed_for
from skipped import pytest_terminal_summary

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["pytest_configure", "pytest_report_header", "pytest_terminal_summary"]

# Beside each other, processes that use every core wait for each other: threads of BLAS and torch spin while they do.
# Set before either is loaded; the package's own threads are left alone. tests/test_processors.py runs with all cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

# `make test` tries the same examples on every machine, and not as many; `make test-all` tries others every day.
settings.register_profile("repeatable", derandomize=True, max_examples=40)
settings.register_profile(PROFILE, settings.get_profile("default"), deadline=None, database=None, print_blob=True)
if "CI" in os.environ:
    # Hypothesis itself would try the same examples there for ever.
    settings.load_profile(PROFILE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Pytest's hook; Hypothesis looks at its options behind it."""
    config.option.hypothesis_seed = seed_for(config.getoption("hypothesis_profile"), config.option.hypothesis_seed)


def pytest_report_header(config: pytest.Config) -> Iterable[str]:
    """Pytest's hook."""
    seed = config.option.hypothesis_seed
    return [] if seed is None else [f"examples of Hypothesis: seed {seed}; the same ones again with {SEED}={seed}"]
