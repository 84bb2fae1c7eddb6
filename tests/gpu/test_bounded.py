"""Work on a GPU ends: with a result, with the reason why there is none, and with the process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from importlib.util import find_spec

import pytest

from gamutmeta.errors import FitError, GamutMetaWarning
from gamutmeta.gpu import bounded
from gamutmeta.gpu.bounded import CardError, on_card, reason_of, seconds_for
from gamutmeta.runtime import exit as leaving
from gamutmeta.runtime.warn import collected_warnings, warn


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hung before; and this process ends as ever."""
    monkeypatch.setattr(bounded, "_hung", [])
    monkeypatch.setattr(bounded, "end_soon_at_exit", lambda: None)


def test_the_result_comes_through() -> None:
    now = time.monotonic()
    assert on_card(lambda deadline: deadline - now, 9) == pytest.approx(9, abs=1)


def test_warnings_are_collected_where_the_caller_collects_them() -> None:
    with collected_warnings() as messages:
        on_card(lambda _: warn("said"), 9)
    assert messages == ["said"]
    with pytest.warns(GamutMetaWarning, match="said"):
        on_card(lambda _: warn("said"), 9)


def test_failures_are_told() -> None:
    def fail(error: Exception) -> str:
        def work(_: float) -> None:
            raise error

        with pytest.raises(CardError) as caught:
            on_card(work, 9)
        assert caught.value.__cause__ is error or caught.value is error
        return str(caught.value)

    assert (
        fail(RuntimeError("CUDA error:\n an illegal\x1b[0m access"))
        == "RuntimeError: CUDA error: an illegal [0m access"
    )
    assert fail(AssertionError()) == "AssertionError"
    assert fail(CardError("why")) == "why"
    assert len(fail(ValueError("x" * 9999))) < 300
    with pytest.raises(FitError, match="too large"):
        on_card(lambda _: (_ for _ in ()).throw(FitError("too large")), 9)


@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
def test_memory_that_is_short_is_said_so() -> None:
    import torch  # noqa: PLC0415 - optional

    assert reason_of(torch.OutOfMemoryError("CUDA out of memory. Tried to")) == "its memory is too small or in use"


def test_what_hangs_is_left_alone_and_never_asked_again() -> None:
    end = threading.Event()
    begun = time.monotonic()
    with pytest.raises(CardError, match="did not finish within 0 s"):
        on_card(lambda _: end.wait(60), 0.1)
    assert time.monotonic() - begun < 10
    asked: list[float] = []
    with pytest.raises(CardError, match="this process uses it no more"):
        on_card(asked.append, 9)
    assert not asked
    end.set()


def test_work_that_sees_that_its_time_is_up_ends_by_itself() -> None:
    def work(deadline: float) -> None:
        while time.monotonic() < deadline:
            time.sleep(0.01)
        raise TimeoutError

    with pytest.raises(CardError, match="did not finish within 0 s"):
        on_card(work, 0.1)


def test_the_bound_grows_with_the_work() -> None:
    assert seconds_for(0) == 60
    assert seconds_for(24_000_000) == 72
    assert seconds_for(24_000_000, 1000) == 92


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGALRM")
def test_a_process_whose_gpu_hangs_ends_and_others_end_as_ever() -> None:
    """The end waits for something for a minute, as it might for a GPU."""
    program = """
import atexit, sys, time
from gamutmeta.gpu import bounded
from gamutmeta.runtime import exit as leaving
leaving._LAST_SECONDS = 1
if "hangs" in sys.argv:
    atexit.register(time.sleep, 60)
try:
    bounded.on_card(lambda _: time.sleep(60), 0.1)
except bounded.CardError:
    print("the CPU's", flush=True)
sys.exit(7)
"""
    begun = time.monotonic()
    done = [subprocess.run([sys.executable, "-c", program, *more], capture_output=True, text=True, check=False)
            for more in ([], ["hangs"])]  # fmt: skip
    assert time.monotonic() - begun < 50
    assert [one.stdout for one in done] == ["the CPU's\n"] * 2
    assert (done[0].returncode, done[1].returncode < 0) == (7, True)


def test_the_alarm_is_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []
    monkeypatch.setattr(leaving.atexit, "register", registered.append)
    leaving.end_soon_at_exit.cache_clear()
    leaving.end_soon_at_exit()
    leaving.end_soon_at_exit()
    assert len(registered) == hasattr(leaving.signal, "SIGALRM")
    leaving.end_soon_at_exit.cache_clear()
