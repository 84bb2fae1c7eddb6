"""Plans of what is written where, and runs that go on after a bad file."""

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

from gamutmeta.batch import Failure, Outcome, Task, attempt, plan, run
from gamutmeta.color.threads import core_count
from gamutmeta.errors import (
    FitError,
    GamutMetaError,
    GamutMetaWarning,
    MissingExtraError,
    OutputExistsError,
    PayloadError,
    PlanError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READABLE = {".tif", ".png"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder as people have them."""
    folder = tmp_path / "photos"
    for name in (
        "b.tif",
        "a.TIF",
        "notes.txt",
        ".hidden.tif",
        "~lock.tif",
        "trip/c.png",
        "trip/deep/d.tif",
        ".cache/e.tif",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def names(tasks: list[Task], root: Path) -> list[tuple[str, str]]:
    return [(task.source.relative_to(root).as_posix(), task.target.relative_to(root).as_posix()) for task in tasks]


class TestPlan:
    def test_one_file_to_one_file(self, tmp_path: Path) -> None:
        assert plan([tmp_path / "a.tif"], tmp_path / "x.jpg", readable=READABLE) == [
            Task(tmp_path / "a.tif", tmp_path / "x.jpg"),
        ]

    def test_one_file_into_an_existing_folder(self, tmp_path: Path) -> None:
        tasks = plan([tmp_path / "a.tif"], tmp_path, readable=READABLE, suffix=".jpg")
        assert names(tasks, tmp_path) == [("a.tif", "a.jpg")]

    def test_a_separator_at_the_end_says_folder(self, tmp_path: Path) -> None:
        tasks = plan([tmp_path / "a.tif"], f"{tmp_path}/new{os.sep}", readable=READABLE, suffix=".jpg")
        assert names(tasks, tmp_path) == [("a.tif", "new/a.jpg")]

    def test_several_files_go_into_a_folder_that_need_not_exist(self, tmp_path: Path) -> None:
        tasks = plan([tmp_path / "a.tif", tmp_path / "b.odd"], tmp_path / "new", readable=READABLE, suffix=".png")
        assert names(tasks, tmp_path) == [("a.tif", "new/a.png"), ("b.odd", "new/b.png")]

    def test_a_folder_is_searched_in_order_and_keeps_its_subfolders(self, photos: Path, tmp_path: Path) -> None:
        tasks = plan([photos], tmp_path / "out", readable=READABLE, suffix=".jpg")
        assert names(tasks, tmp_path) == [
            ("photos/a.TIF", "out/a.jpg"),
            ("photos/b.tif", "out/b.jpg"),
            ("photos/trip/c.png", "out/trip/c.jpg"),
            ("photos/trip/deep/d.tif", "out/trip/deep/d.jpg"),
        ]

    def test_without_a_suffix_names_are_kept(self, photos: Path, tmp_path: Path) -> None:
        tasks = plan([photos / "trip"], tmp_path / "out", readable=READABLE)
        assert [task.target.name for task in tasks] == ["c.png", "d.tif"]

    def test_the_output_folder_is_not_searched(self, photos: Path) -> None:
        (photos / "out").mkdir()
        (photos / "out" / "old.png").write_bytes(b"")
        tasks = plan([photos], photos / "out", readable=READABLE, suffix=".jpg")
        assert not [task for task in tasks if "out" in task.source.relative_to(photos).parts]
        assert len(tasks) == 4

    def test_two_sources_for_one_target(self, tmp_path: Path) -> None:
        with pytest.raises(PlanError, match=r"a\.tif and .*a\.png would both be written to .*a\.jpg"):
            plan([tmp_path / "a.tif", tmp_path / "a.png"], tmp_path / "out", readable=READABLE, suffix=".jpg")

    def test_the_same_name_in_two_folders(self, photos: Path, tmp_path: Path) -> None:
        (photos / "trip" / "b.tif").write_bytes(b"")
        with pytest.raises(PlanError, match="both be written"):
            plan([photos / "b.tif", photos / "trip"], tmp_path / "out", readable=READABLE, suffix=".jpg")

    @pytest.mark.parametrize("output", ["a.tif", "../here/a.tif", "link.tif"])
    def test_an_input_is_never_an_output(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
        here = tmp_path / "here"
        here.mkdir()
        (here / "a.tif").write_bytes(b"")
        (here / "link.tif").symlink_to("a.tif")
        monkeypatch.chdir(here)
        with pytest.raises(PlanError, match="is an input"):
            plan(["a.tif"], output, readable=READABLE)

    def test_an_input_is_not_the_output_of_another(self, tmp_path: Path) -> None:
        for name in ("a.tif", "a.png"):
            (tmp_path / name).write_bytes(b"")
        with pytest.raises(PlanError, match=r"a\.png is an input"):
            plan([tmp_path], tmp_path, readable=READABLE, suffix=".png")

    def test_several_files_cannot_go_into_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.jpg").write_bytes(b"")
        with pytest.raises(PlanError, match="need a folder"):
            plan([tmp_path / "a.tif", tmp_path / "b.tif"], tmp_path / "x.jpg", readable=READABLE)

    def test_nothing_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(PlanError, match="no input"):
            plan([], tmp_path, readable=READABLE)
        (tmp_path / "empty").mkdir()
        with pytest.raises(PlanError, match=r"empty holds no file that ends in \.png, \.tif"):
            plan([tmp_path / "empty"], tmp_path / "out", readable=READABLE)

    def test_a_folder_that_cannot_be_read_is_not_passed_over(
        self, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scandir = os.scandir

        def refuse_trip(path: str) -> object:
            if path.endswith("trip"):
                raise PermissionError(13, "Permission denied", path)
            return scandir(path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", refuse_trip)
            with pytest.raises(PermissionError):
                plan([photos], tmp_path / "out", readable=READABLE)


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
        warnings.warn("sRGB was assumed", GamutMetaWarning, stacklevel=1)
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

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_ctrl_c_leaves_no_half_file(self, tmp_path: Path, jobs: int) -> None:
        script = tmp_path / "interrupted.py"
        script.write_text(INTERRUPTED)
        process = subprocess.Popen(
            [sys.executable, script, tmp_path, str(jobs)],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        wait_for(lambda: list(tmp_path.glob("begun-*")))
        os.killpg(process.pid, signal.SIGINT)
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
from gamutmeta.photo.files import atomic_write

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


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "failure"),
        [
            (OutputExistsError("x.jpg exists"), Failure("output.exists", "x.jpg exists")),
            (
                MissingExtraError("reading LZW TIFF", "imagecodecs", "io"),
                Failure("missing-extra", "reading LZW TIFF needs imagecodecs; pip install 'gamutmeta[io]'"),
            ),
            (PermissionError(13, "Permission denied", "x"), Failure("os", "Permission denied: x")),
            (OSError(28, "No space left on device"), Failure("os", "No space left on device")),
            (OSError("odd"), Failure("os", "odd")),
            (OSError(), Failure("os", "OSError")),
        ],
    )
    def test_of(self, error: GamutMetaError | OSError, failure: Failure) -> None:
        assert Failure.of(error) == failure
