"""Run as a program: kills a run before each of its operations on files in turn, and has the next run complete it.

python killed.py FOLDER HARD_LINKS prints how many moments there were. FOLDER holds photographs in `in`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.batch import Resumable, plan, remove_leftovers, run
from gamutmeta.carriers import sidecar_path
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write

if TYPE_CHECKING:
    from gamutmeta.batch import Task

OPERATIONS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "half"}
HALF = b"half" * 5_000


def make(task: Task, *, overwrite: bool) -> Report:
    """An output of two halves, and a sidecar."""

    def write(file: BinaryIO) -> None:
        file.write(HALF)
        file.flush()
        sys.audit("half")
        file.write(task.source.read_bytes())

    task.target.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(task.target, write, overwrite=overwrite)
    atomic_write(sidecar_path(task.target), b"colours", overwrite=overwrite)
    return Report(file=str(task.source), output=str(task.target))


def whole_run(folder: Path) -> list[Report]:
    tasks = plan([folder / "in"], folder / "out", readable={".tif"}, suffix=".jpg")
    remove_leftovers(tasks)
    outcomes = list(run(tasks, Resumable(work=make, settings={"quality": 95})))
    assert not [outcome.failure for outcome in outcomes if outcome.failure], outcomes
    return [outcome.result for outcome in outcomes if outcome.result is not None]


def killed_at(folder: Path, moment: int) -> bool:
    """Run in a process that kills itself before that operation; whether it came so far."""
    child = os.fork()
    if not child:
        left = moment

        def count(event: str, _: object) -> None:
            nonlocal left
            if event in OPERATIONS:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        whole_run(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main(folder: Path, *, hard_links: bool) -> None:
    if not hard_links:
        Path.hardlink_to = lambda *_: (_ for _ in ()).throw(PermissionError(1, "no"))  # type: ignore[method-assign]
    originals = contents(folder / "in")
    whole = {}
    for name, data in originals.items():
        output = Path(name).with_suffix(".jpg").as_posix()
        whole |= {output: HALF + data, f"{output}.gamut": b"colours"}
    moment, skipped = 1, set()
    while killed_at(folder, moment):
        for name, data in contents(folder / "out").items():
            # Where there are no hard links, a name is reserved by an empty file.
            if not Path(name).parts[0].startswith(".") and not Path(name).name.startswith("."):
                assert data == whole[name] or (not hard_links and not data), (moment, name)
        reports = whole_run(folder)
        skipped.add(sum(bool(report.skipped) for report in reports))
        found = contents(folder / "out")
        records = [name for name in found if name.startswith(".gamutmeta/") and name.endswith(".json")]
        assert len(records) == len(originals), (moment, records)
        assert {name: data for name, data in found.items() if name not in records} == whole, moment
        assert contents(folder / "in") == originals
        shutil.rmtree(folder / "out")
        moment += 1
    assert skipped == set(range(len(originals) + 1)), skipped
    print(moment - 1)  # noqa: T201 - the result


if __name__ == "__main__":
    main(Path(sys.argv[1]), hard_links=sys.argv[2] == "1")
