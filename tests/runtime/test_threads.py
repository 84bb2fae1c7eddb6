from __future__ import annotations

import os

import pytest

from gamutmeta.runtime.threads import core_count, thread_count


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAMUTMETA_THREADS", raising=False)


def test_one_for_each_core() -> None:
    assert 1 <= thread_count() == core_count() <= (os.cpu_count() or 1)


def test_at_most() -> None:
    assert thread_count(1) == 1
    assert thread_count(10_000) == core_count()


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMUTMETA_THREADS", "37")
    assert (thread_count(), thread_count(8)) == (37, 8)


@pytest.mark.parametrize("value", ["", "0", "-2", "many", "1.5"])
def test_what_is_no_number_of_threads_is_ignored(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GAMUTMETA_THREADS", value)
    assert thread_count() == core_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system confines no process to cores")
def test_cores_out_of_reach_do_not_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert core_count() == 1
    finally:
        os.sched_setaffinity(0, before)
