from __future__ import annotations

import time
from threading import Thread

import pytest

from benchmarks.speed.stages import BESIDE, EXPAND, REDUCE, Stages, _resolve


def test_a_function_inside_another_counts_for_its_own_stage() -> None:
    stages = Stages()
    inner = stages.timed(lambda: time.sleep(0.05), "inner")

    def work() -> str:
        inner()
        time.sleep(0.02)
        inner()
        return "done"

    assert stages.timed(work, "outer")() == "done"
    assert stages.seconds["inner"] >= 0.1
    assert 0.02 <= stages.seconds["outer"] < stages.seconds["inner"]


def test_what_fails_is_timed_as_well() -> None:
    stages = Stages()

    def fail() -> None:
        time.sleep(0.01)
        raise KeyError

    with pytest.raises(KeyError):
        stages.timed(fail, "one")()
    assert stages.seconds["one"] >= 0.01


def test_other_threads_are_told_apart() -> None:
    stages = Stages()
    thread = Thread(target=stages.timed(lambda: time.sleep(0.01), "one"))
    thread.start()
    thread.join()
    assert list(stages.seconds) == [f"one{BESIDE}"]


@pytest.mark.parametrize(("name", "stage"), [*REDUCE, *EXPAND])
def test_all_the_functions_are_there(name: str, stage: str) -> None:
    owner, attribute = _resolve(name)
    assert callable(getattr(owner, attribute)), stage


def test_a_name_that_is_gone() -> None:
    with pytest.raises(AttributeError):
        Stages().wrap([("gamutmeta.reduction.no_such_function", "one")])
    with pytest.raises(AttributeError, match=r"no\.such\.module"):
        Stages().wrap([("no.such.module", "one")])
