"""What is done is skipped by content; what was killed is completed; what is somebody else's stays."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import RECORDS, Resumable, Task
from gamutmeta.carriers import sidecar_path
from gamutmeta.errors import FitError, OutputExistsError, PhotoError
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable


def shout(task: Task, *, overwrite: bool) -> Report:
    """Work for the tests: the source in capitals, and a sidecar if it asks for one."""
    data = task.source.read_bytes()
    if data == b"bad":
        raise FitError("it cannot be done")
    atomic_write(task.target, data.upper(), overwrite=overwrite)
    if b"sidecar" in data:
        atomic_write(sidecar_path(task.target), b"colours", overwrite=overwrite)
    return Report(file=str(task.source), output=str(task.target), psnr=math.inf, psnr_og=41.25, notes=("loud",))


@pytest.fixture
def task(tmp_path: Path) -> Task:
    (tmp_path / "out").mkdir()
    (tmp_path / "a.tif").write_bytes(b"photograph")
    return Task(tmp_path / "a.tif", tmp_path / "out" / "a.jpg", tmp_path / "out")


WORK = Resumable(work=shout, settings={"quality": 95, "preset": "small"})


def files(task: Task) -> list[str]:
    return sorted(path.name for path in task.target.parent.iterdir())


class TestSkips:
    def test_what_is_done(self, task: Task) -> None:
        first = WORK(task)
        assert first.skipped is None
        before = task.target.stat()
        again = WORK(task)
        assert again.skipped
        assert (again.psnr, again.psnr_og, again.notes) == (math.inf, 41.25, ("loud",)), "figures are remembered"
        assert task.target.stat().st_mtime_ns == before.st_mtime_ns
        assert files(task) == [RECORDS, "a.jpg"]

    def test_a_dry_run_calls_it_skipped(self, task: Task) -> None:
        assert "skipped" not in WORK.dry_run(task).to_json()
        WORK(task)
        told = WORK.dry_run(task).to_json()
        assert (told["action"], told["skipped"]) == ("skip", True)
        task.source.write_bytes(b"another")
        assert "skipped" not in WORK.dry_run(task).to_json()

    def test_times_and_places_play_no_part(self, task: Task, tmp_path: Path) -> None:
        WORK(task)
        os.utime(task.source, (1, 1))
        moved = tmp_path / "elsewhere"
        task.target.parent.rename(moved)
        source = task.source.rename(tmp_path / "b.tif")
        report = WORK(Task(source, moved / "a.jpg", moved))
        assert report.skipped
        assert (report.file, report.output) == (str(source), str(moved / "a.jpg"))

    def test_even_if_told_to_overwrite(self, task: Task) -> None:
        WORK(task)
        assert Resumable(work=shout, settings=WORK.settings, overwrite=True)(task).skipped

    def test_not_without_a_folder(self, task: Task) -> None:
        alone = Task(task.source, task.target)
        WORK(alone)
        assert files(task) == ["a.jpg"]
        with pytest.raises(OutputExistsError):
            WORK(alone)

    def test_not_if_told_so(self, task: Task) -> None:
        always = Resumable(work=shout, settings=WORK.settings, overwrite=True, resume=False)
        assert always(task).skipped is None
        assert always(task).skipped is None
        assert files(task) == ["a.jpg"]

    def test_not_what_failed(self, task: Task) -> None:
        task.source.write_bytes(b"bad")
        for _ in range(2):
            with pytest.raises(FitError):
                WORK(task)
        assert files(task) == []
        task.source.write_bytes(b"good")
        WORK(task)
        assert task.target.read_bytes() == b"GOOD"


def change_source(task: Task) -> None:
    before = task.source.stat()
    task.source.write_bytes(b"PHOTOgraph")
    os.utime(task.source, ns=(before.st_atime_ns, before.st_mtime_ns))


def change_output(task: Task) -> None:
    task.target.write_bytes(b"photograPH")


def add_sidecar(task: Task) -> None:
    sidecar_path(task.source).write_bytes(b"other colours")


def forget(task: Task) -> None:
    for path in (task.target.parent / RECORDS).iterdir():
        path.unlink()


def damage_record(task: Task) -> None:
    (path,) = (task.target.parent / RECORDS).iterdir()
    path.write_bytes(path.read_bytes()[:40])


class TestDifferences:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                change_source,
                r"a\.jpg was made from another version of a\.tif, or from another file; pass overwrite=True",
            ),
            (add_sidecar, r"a\.jpg was made from another version of a\.tif"),
            (change_output, r"a\.jpg was changed since it was made"),
            (forget, r"a\.jpg exists; pass overwrite=True to replace it"),
            (damage_record, r"a\.jpg exists"),
        ],
    )
    def test_a_changed_file_is_made_again_only_if_told_to(
        self, task: Task, change: Callable[[Task], None], message: str
    ) -> None:
        WORK(task)
        change(task)
        before = task.target.read_bytes()
        with pytest.raises(OutputExistsError, match=message):
            WORK(task)
        assert task.target.read_bytes() == before
        overwriting = Resumable(work=shout, settings=WORK.settings, overwrite=True)
        assert overwriting.planned_action(task).action == "replace"
        assert overwriting(task).skipped is None
        assert task.target.read_bytes() == b"PHOTOGRAPH"
        assert WORK(task).skipped

    def test_other_settings_are_named(self, task: Task) -> None:
        WORK(task)
        other = Resumable(work=shout, settings={"quality": 80, "preset": "small", "depth": 8})
        with pytest.raises(OutputExistsError, match=r"was made with other settings \(depth, quality\)"):
            other(task)

    def test_an_output_that_is_gone_is_made_again(self, task: Task) -> None:
        WORK(task)
        task.target.unlink()
        assert WORK(task).skipped is None

    def test_a_sidecar_that_is_gone_is_missed(self, task: Task) -> None:
        task.source.write_bytes(b"with sidecar")
        WORK(task)
        sidecar_path(task.target).unlink()
        with pytest.raises(OutputExistsError, match=r"a\.jpg has no a\.jpg\.gamut any more"):
            WORK(task)

    def test_a_foreign_file_is_never_adopted(self, task: Task) -> None:
        """Killed before the output appeared, and then somebody puts a file there."""

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gamutmeta.runtime.files._move_to_new", killed)
            with pytest.raises(KeyboardInterrupt):
                WORK(task)
        task.target.write_bytes(b"theirs")
        with pytest.raises(OutputExistsError, match=r"a\.jpg exists"):
            WORK(task)
        assert task.target.read_bytes() == b"theirs"


class TestProspect:
    def test_actions(self, task: Task) -> None:
        assert WORK.planned_action(task).to_json() == {
            "file": str(task.source), "output": str(task.target), "action": "write",
        }  # fmt: skip
        assert files(task) == [], "nothing was written"
        WORK(task)
        assert WORK.planned_action(task).action == "skip"
        change_output(task)
        planned_action = WORK.planned_action(task)
        assert (planned_action.action, planned_action.why, planned_action.is_good) == (
            "refuse",
            "was changed since it was made",
            False,
        )

    def test_an_empty_source_is_told_before_the_work(self, task: Task) -> None:
        task.source.write_bytes(b"")
        with pytest.raises(PhotoError, match=r"^the file is empty$"):
            WORK.planned_action(task)

    @pytest.mark.parametrize(("flag", "problem"), [(0, errno.EACCES), (os.ST_RDONLY, errno.EROFS)])
    def test_a_folder_that_takes_no_files_is_told_before_the_work(
        self, task: Task, flag: int, problem: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deep = replace(task, target=task.target.parent / "new" / "newer" / "a.jpg")
        asked: list[Path] = []
        monkeypatch.setattr(os, "access", lambda path, mode: asked.append(path) or mode != os.W_OK)
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flag))
        with pytest.raises(OSError, match=re.escape(os.strerror(problem))) as caught:
            WORK.planned_action(deep)
        assert (caught.value.errno, caught.value.filename) == (problem, str(deep.target))
        assert asked == [task.target.parent]


def test_a_record_tells_people_what_it_is(task: Task) -> None:
    WORK(task)
    (path,) = (task.target.parent / RECORDS).iterdir()
    record = json.loads(path.read_bytes())
    assert record["output"] == "a.jpg"
    assert record["settings"] == WORK.settings
    assert record["outputs"].keys() == {"a.jpg"}
    assert record["report"]["psnr"] is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.slow
@pytest.mark.parametrize("hard_links", [True, False])
def test_killed_at_any_moment(tmp_path: Path, hard_links: bool) -> None:  # noqa: FBT001
    """Before every single operation on files of a run over two photographs; see killed.py for what must hold then."""
    (tmp_path / "in" / "trip").mkdir(parents=True)
    (tmp_path / "in" / "a.tif").write_bytes(b"a")
    (tmp_path / "in" / "trip" / "b.tif").write_bytes(b"b")
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, program, tmp_path, str(int(hard_links))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40
