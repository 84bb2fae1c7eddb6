"""Runs that go on after a bad file, in one process and in several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import Failure, Outcome, attempt, run
from gamutmeta.errors import FitError, PayloadError
from gamutmeta.runtime.threads import core_count
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def halve(number: int) -> int:
    """Work for the tests; at the top level, so that other processes can do it."""
    if number == 13:
        raise FitError("13 cannot be done")
    if number == 14:
        raise PayloadError("header.magic", "not a container")
    if number == 15:
        raise FileNotFoundError(2, "No such file or directory", "x.tif")
    if number == 16:
        raise ZeroDivisionError
    if number == 17:
        warn("sRGB was assumed")
    if number == 18:
        os.kill(os.getpid(), signal.SIGKILL)
    return number // 2


def threads_of_torch(_: int) -> int:
    import torch  # noqa: PLC0415 - in the worker alone

    return torch.get_num_threads()


class TestRun:
    def test_outcomes_in_order(self) -> None:
        assert list(run([2, 4], halve)) == [Outcome(2, 1), Outcome(4, 2)]

    def test_goes_on_after_a_bad_file(self) -> None:
        assert list(run([13, 4, 14, 15], halve)) == [
            Outcome(13, failure=Failure("fit", "13 cannot be done")),
            Outcome(4, 2),
            Outcome(14, failure=Failure("payload", "payload field header.magic: not a container")),
            Outcome(15, failure=Failure("os", "No such file or directory: x.tif")),
        ]

    def test_a_defect_is_not_a_failure(self) -> None:
        with pytest.raises(ZeroDivisionError):
            list(run([16], halve))

    def test_warnings_belong_to_their_file(self) -> None:
        assert list(run([17, 4], halve)) == [Outcome(17, 8, warnings=("sRGB was assumed",)), Outcome(4, 2)]

    def test_the_warnings_of_others_pass_through(self) -> None:
        def work(_: int) -> None:
            warnings.warn("old", DeprecationWarning, stacklevel=1)

        with pytest.warns(DeprecationWarning, match="old"):
            outcome = attempt(work, 0)
        assert outcome.warnings == ()

    def test_nothing_is_begun_before_it_is_asked_for(self) -> None:
        done = []
        outcomes = run([1, 2, 3], done.append)
        next(outcomes)
        assert done == [1]

    def test_processes(self) -> None:
        outcomes = list(run([2, 13, 14, 15, 17, 4], halve, jobs=2))
        assert sorted(outcomes, key=lambda outcome: outcome.item) == [
            Outcome(2, 1),
            Outcome(4, 2),
            Outcome(13, failure=Failure("fit", "13 cannot be done")),
            Outcome(14, failure=Failure("payload", "payload field header.magic: not a container")),
            Outcome(15, failure=Failure("os", "No such file or directory: x.tif")),
            Outcome(17, 8, warnings=("sRGB was assumed",)),
        ]

    @pytest.mark.slow  # Four times two processes, two of them with torch.
    def test_processes_share_the_cores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = ["GAMUTMETA_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
        for name in names:
            monkeypatch.delenv(name, raising=False)
        each = str(max(1, core_count() // 2))
        assert [outcome.result for outcome in run(names, os.getenv, jobs=2)] == [each] * 4
        assert not set(names) & os.environ.keys(), "of this process they are not set"
        assert [outcome.result for outcome in run([1, 2], threads_of_torch, jobs=2)] == [int(each)] * 2
        monkeypatch.setenv("GAMUTMETA_THREADS", "7")
        assert {outcome.item: outcome.result for outcome in run(names[:2], os.getenv, jobs=2)} == {
            "GAMUTMETA_THREADS": "7",
            "OMP_NUM_THREADS": each,
        }

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_a_defect_does_not_stop_the_others(self, jobs: int) -> None:
        outcomes = {outcome.item: outcome for outcome in run([16, 2, 4], halve, jobs=jobs)}
        assert [outcomes[item].result for item in (2, 4)] == [1, 2]
        failure = outcomes[16].failure
        assert failure is not None
        assert failure.code == "defect"
        assert failure.message.startswith("a defect, please report it: Traceback")
        assert failure.message.endswith("ZeroDivisionError")

    def test_a_killed_process_does_not_stop_the_others(self) -> None:
        outcomes = {outcome.item: outcome for outcome in run([2, 18, 4, 6, 8], halve, jobs=2)}
        assert [outcomes[item].result for item in (2, 4, 6, 8)] == [1, 2, 3, 4]
        assert outcomes[18] == Outcome(18, failure=Failure.killed())

    def test_processes_of_another_thread(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            outcomes = pool.submit(lambda: list(run([2, 4], halve, jobs=2))).result()
        assert {outcome.result for outcome in outcomes} == {1, 2}

    # As a terminal does; and from outside, when workers learn of it from the process that started them alone.
    @pytest.mark.parametrize("interrupt", [os.killpg, os.kill])
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_ctrl_c_leaves_no_half_file(self, tmp_path: Path, jobs: int, interrupt: Callable[[int, int], None]) -> None:
        script = tmp_path / "interrupted.py"
        script.write_text(INTERRUPTED)
        process = subprocess.Popen(
            [sys.executable, script, tmp_path, str(jobs)],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        wait_for(lambda: list(tmp_path.glob("begun-*")))
        interrupt(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130, stderr.decode()
        assert stderr == b""
        assert not list(tmp_path.glob("*out*")), "neither files nor what was to become one"
        assert len(list(tmp_path.glob("begun-*"))) <= jobs, "what had not begun was dropped"


INTERRUPTED = """
import signal, sys, time
from functools import partial
from pathlib import Path
from gamutmeta.batch import run
from gamutmeta.runtime.files import atomic_write

def write_slowly(folder, number, file):
    file.write(b"half")
    file.flush()
    (folder / f"begun-{number}").touch()
    time.sleep(30)

def work(folder, number):
    atomic_write(folder / f"out-{number}", partial(write_slowly, folder, number))

if __name__ == "__main__":
    # A shell that starts the tests in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        list(run(range(4), partial(work, Path(sys.argv[1])), jobs=int(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


ORPHANS = """
import os, sys, time
from functools import partial
from pathlib import Path
from gamutmeta.batch import run

def work(folder, number):
    (folder / f"{os.getpid()}").touch()
    time.sleep(60)

if __name__ == "__main__":
    list(run(range(4), partial(work, Path(sys.argv[1])), jobs=2))
"""


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(ORPHANS)
    (tmp_path / "pids").mkdir()
    process = subprocess.Popen([sys.executable, script, tmp_path / "pids"], stderr=subprocess.DEVNULL)
    wait_for(lambda: len(list((tmp_path / "pids").iterdir())) == 2)
    process.kill()
    process.wait()
    workers = [int(path.name) for path in (tmp_path / "pids").iterdir()]
    wait_for(lambda: not any(is_running(pid) for pid in workers), 5)


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that has ended and nobody asked about."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
