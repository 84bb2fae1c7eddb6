"""Records that somebody else wrote or changed: whatever cannot be understood counts as none."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from gamutmeta.batch import RECORDS, Outcome, Resumable, Task, attempt, run
from gamutmeta.batch.record import Record, record_path
from gamutmeta.carriers import sidecar_path
from gamutmeta.report import Report
from gamutmeta.runtime.files import as_private_as, atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")


def shout(task: Task, *, overwrite: bool) -> Report:
    with as_private_as(task.source):
        atomic_write(task.target, task.source.read_bytes().upper(), overwrite=overwrite)
    return Report(file=str(task.source), output=str(task.target), payload_bytes=400, psnr=41.5, preset="small")


WORK = Resumable(work=shout, settings={"quality": 95})


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """One that is done."""
    (tmp_path / "out").mkdir()
    (tmp_path / "a.tif").write_bytes(b"photograph")
    made = Task(tmp_path / "a.tif", tmp_path / "out" / "a.jpg", tmp_path / "out")
    WORK(made)
    assert WORK(made).skipped
    return made


def path_of(task: Task) -> Path:
    path = record_path(task)
    assert path is not None
    return path


def change(task: Task, **values: Any) -> None:
    record = json.loads(path_of(task).read_bytes())
    path_of(task).write_text(json.dumps(record | values))


def in_report(**values: Any) -> Callable[[Task], None]:
    def tamper(task: Task) -> None:
        change(task, report=json.loads(path_of(task).read_bytes())["report"] | values)

    return tamper


def nested(depth: int) -> Callable[[Task], None]:
    return lambda task: path_of(task).write_text('{"output": ' + "[" * depth + "]" * depth + "}")  # type: ignore[return-value]


TAMPERED: dict[str, Callable[[Task], object]] = {
    "nothing": lambda task: path_of(task).write_bytes(b""),
    "an empty object": lambda task: path_of(task).write_text("{}"),
    "a list": lambda task: path_of(task).write_text("[]"),
    "a number": lambda task: path_of(task).write_text("1"),
    "no text": lambda task: path_of(task).write_bytes(bytes(range(256))),
    "deep nesting": nested(1_000_000 // 4),
    "nesting at the limit of the interpreter": nested(990),
    "more than a record can have": lambda task: path_of(task).write_bytes(
        path_of(task).read_bytes() + b" " * (1 << 20)
    ),
    "further keys": lambda task: change(task, further=1),
    "an empty report and no outputs": lambda task: change(task, report={}, outputs={}),
    "no outputs": lambda task: change(task, outputs={}),
    "outputs as a list": lambda task: change(task, outputs=["a.jpg"]),
    "a digest as a number": lambda task: change(task, outputs={"a.jpg": 1}),
    "an output elsewhere": lambda task: change(task, outputs={"a.jpg": "x", "../a.tif": "x"}),
    "an output at a path": lambda task: change(task, outputs={"a.jpg": "x", "/dev/zero": "x"}),
    "an output without a name": lambda task: change(task, outputs={"a.jpg": "x", "": "x"}),
    "another output of the folder": lambda task: change(task, outputs={"a.jpg": "x", "b.jpg": "x"}),
    "settings as text": lambda task: change(task, settings="quality"),
    "source as a list": lambda task: change(task, source=["x"]),
    "a report as a list": lambda task: change(task, report=[]),
    "payload_bytes as text": in_report(payload_bytes="many"),
    "payload_bytes as a list": in_report(payload_bytes=[1]),
    "payload_bytes as yes": in_report(payload_bytes=True),
    "psnr as text": in_report(psnr="high"),
    "notes as text": in_report(notes="loud"),
    "notes as numbers": in_report(notes=[1]),
    "a preset as a number": in_report(preset=7),
    "skipped as a number": in_report(skipped=1),
    "what moves the cursor of a terminal": in_report(preset="\x1b[2J"),
    "the same in a note": in_report(notes=["\x1b[2J"]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_cannot_be_understood_counts_as_no_record(task: Task, name: str) -> None:
    TAMPERED[name](task)
    assert Record.read(path_of(task), task.target) is None
    other = Task(task.source, task.target.with_name("other.jpg"), task.root)
    outcomes: list[Outcome[Task, Report]] = list(run([task, other], WORK))
    assert outcomes[0].failure is not None
    assert (outcomes[0].failure.code, outcomes[0].failure.message.partition(" exists")[0]) == (
        "output.exists",
        str(task.target),
    )
    assert outcomes[1].failure is None, "the others go on"
    replaced = Resumable(work=shout, settings={"quality": 95}, overwrite=True)
    assert not replaced(task).skipped
    assert WORK(task).skipped, "and there is a sound record again"


def test_a_setting_of_another_name_is_not_printed(task: Task) -> None:
    change(task, settings={"quality": 95, "\x1b[2J": 1})
    outcome = attempt(WORK, task)
    assert outcome.failure is not None
    assert "other settings (others)" in outcome.failure.message


@needs_pipes
@pytest.mark.parametrize("record", ["whole", "begun", "none"])
def test_an_output_that_is_a_pipe_is_not_waited_for(task: Task, record: str) -> None:
    if record == "begun":
        change(task, report=None)
    elif record == "none":
        path_of(task).unlink()
    task.target.unlink()
    os.mkfifo(task.target)
    for work in (WORK, Resumable(work=shout, settings={"quality": 95}, overwrite=True)):
        outcome = attempt(work, task)
        assert outcome.failure is not None
        assert outcome.failure.code == "output.exists"
    assert stat.S_ISFIFO(task.target.lstat().st_mode)


@needs_pipes
def test_a_sidecar_that_is_a_pipe_is_not_waited_for(task: Task) -> None:
    digest = json.loads(path_of(task).read_bytes())["outputs"]["a.jpg"]
    change(task, outputs={"a.jpg": digest, "a.jpg.gamut": digest})
    os.mkfifo(sidecar_path(task.target))
    outcome = attempt(WORK, task)
    assert outcome.failure is not None
    assert "was changed" in outcome.failure.message


@needs_pipes
def test_a_record_that_is_a_pipe_is_not_waited_for(task: Task) -> None:
    path_of(task).unlink()
    os.mkfifo(path_of(task))
    assert Record.read(path_of(task), task.target) is None
    assert WORK.planned_action(task).action == "refuse"


@needs_pipes
def test_a_source_that_is_a_pipe_is_not_waited_for(task: Task) -> None:
    task.source.unlink()
    os.mkfifo(task.source)
    outcome = attempt(WORK, task)
    assert outcome.failure is not None
    assert (outcome.failure.code, "not an ordinary file" in outcome.failure.message) == ("os", True)


class TestLinks:
    def test_a_record_is_not_read_or_written_through_a_link(self, task: Task, tmp_path: Path) -> None:
        victim = tmp_path / "precious"
        path_of(task).replace(victim)
        before = victim.read_bytes()
        path_of(task).symlink_to(victim)
        assert WORK.planned_action(task).action == "refuse", "a record elsewhere is none"
        Resumable(work=shout, settings={"quality": 95}, overwrite=True)(task)
        assert victim.read_bytes() == before
        assert not path_of(task).is_symlink()
        assert WORK(task).skipped

    @pytest.mark.parametrize("leads_to", ["elsewhere", "nowhere"])
    def test_a_folder_of_records_that_is_a_link_is_refused(self, tmp_path: Path, leads_to: str) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / RECORDS).symlink_to(tmp_path / leads_to)
        (tmp_path / "a.tif").write_bytes(b"photograph")
        outcome = attempt(WORK, Task(tmp_path / "a.tif", tmp_path / "out" / "a.jpg", tmp_path / "out"))
        assert outcome.failure is not None
        assert outcome.failure.code == "plan"
        assert "is a link" in outcome.failure.message
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert not (tmp_path / "nowhere").exists()
        assert not (tmp_path / "out" / "a.jpg").exists()

    def test_a_folder_of_records_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / RECORDS).write_bytes(b"")
        (tmp_path / "a.tif").write_bytes(b"photograph")
        outcome = attempt(WORK, Task(tmp_path / "a.tif", tmp_path / "a.jpg", tmp_path))
        assert outcome.failure is not None
        assert outcome.failure.code == "plan"

    def test_a_dangling_link_as_output(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "a.tif").write_bytes(b"photograph")
        made = Task(tmp_path / "a.tif", tmp_path / "out" / "a.jpg", tmp_path / "out")
        made.target.symlink_to(tmp_path / "elsewhere.jpg")
        outcome = attempt(WORK, made)
        assert outcome.failure is not None
        assert outcome.failure.code == "output.exists"
        Resumable(work=shout, overwrite=True)(made)
        assert not made.target.is_symlink()
        assert not (tmp_path / "elsewhere.jpg").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_outputs_and_records_of_a_private_photograph(task: Task) -> None:
    for path in (task.target, path_of(task)):
        path.unlink()
    task.source.chmod(0o600)
    WORK(task)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (task.target, path_of(task))] == [0o600, 0o600]
