"""Inputs that would be written to the same place, and outputs of earlier runs among the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import Patterns, Resumable, Task, plan
from gamutmeta.errors import PlanError
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

READABLE = {".tif", ".png", ".jpg", ".cr3", ".nef"}
RAW = {".cr3", ".nef"}


def write(task: Task, *, overwrite: bool) -> Report:
    task.target.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(task.target, b"made of " + task.source.read_bytes(), overwrite=overwrite)
    return Report(output=str(task.target))


def planned(folder: Path, output: Path | None = None, **options: object) -> list[Task]:
    return plan([folder], folder if output is None else output, readable=READABLE, suffix=".jpg", **options)  # type: ignore[arg-type]


def names(tasks: list[Task]) -> list[tuple[str, str]]:
    return [(task.source.name, task.target.name) for task in tasks]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.tif", "trip/b.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


class TestEarlierOutputs:
    def test_the_same_folder_again(self, folder: Path) -> None:
        first = planned(folder)
        for task in first:
            Resumable(work=write)(task)
        assert sorted(path.name for path in folder.rglob("*.jpg")) == ["a.jpg", "b.jpg"]
        again = planned(folder)
        assert again == first
        assert all(Resumable(work=write)(task).skipped for task in again)

    def test_new_photographs_count(self, folder: Path) -> None:
        for task in planned(folder):
            Resumable(work=write)(task)
        (folder / "new.tif").write_bytes(b"new")
        (folder / "own.png").write_bytes(b"own")
        assert names(planned(folder)) == [
            ("a.tif", "a.jpg"), ("new.tif", "new.jpg"), ("own.png", "own.jpg"), ("b.tif", "b.jpg")
        ]  # fmt: skip

    def test_into_another_format(self, folder: Path) -> None:
        for task in planned(folder):
            Resumable(work=write)(task)
        tasks = plan([folder], folder, readable=READABLE, suffix=".png")
        assert names(tasks) == [("a.tif", "a.png"), ("b.tif", "b.png")]

    def test_without_a_record_it_is_an_input(self, folder: Path) -> None:
        (folder / "a.jpg").write_bytes(b"of a camera")
        with pytest.raises(PlanError, match=r"a\.jpg is an input and would be overwritten"):
            planned(folder)

    def test_outputs_elsewhere_are_inputs_where_they_are_not_in_the_way(self, folder: Path, tmp_path: Path) -> None:
        for task in planned(folder):
            Resumable(work=write)(task)
        for path in (folder / "a.tif", folder / "trip" / "b.tif"):
            path.unlink()
        tasks = plan([folder], tmp_path / "back", readable=READABLE, suffix=".tif")
        assert names(tasks) == [("a.jpg", "a.tif"), ("b.jpg", "b.tif")]
        with pytest.raises(PlanError, match="all files found are outputs of earlier runs"):
            planned(folder)


class TestRaw:
    def test_it_is_taken_and_the_picture_beside_it_is_named(self, folder: Path) -> None:
        for name in ("i.CR3", "i.jpg", "I.png", "only.jpg", "trip/i.jpg"):
            (folder / name).write_bytes(b"")
        tasks = planned(folder, folder / "web", preferred=RAW)
        by_name = {task.source.relative_to(folder).as_posix(): task for task in tasks}
        assert sorted(by_name) == ["I.png", "a.tif", "i.CR3", "only.jpg", "trip/b.tif", "trip/i.jpg"]
        assert by_name["i.CR3"].notes == ("i.jpg beside it was left out: the raw photograph of that name was taken",)
        assert by_name["trip/i.jpg"].notes == ()

    def test_the_note_reaches_the_report(self, folder: Path) -> None:
        for name in ("i.nef", "i.jpg"):
            (folder / name).write_bytes(name.encode())
        task = next(task for task in planned(folder, folder / "web", preferred=RAW) if task.source.name == "i.nef")
        work = Resumable(work=write)
        assert work.planned_action(task).to_json()["notes"] == [*task.notes]
        assert work(task).notes == task.notes
        assert work(task).skipped
        assert work(task).notes == task.notes
        assert Resumable(work=write, resume=False, overwrite=True)(task).notes == task.notes

    def test_patterns_can_choose_the_other(self, folder: Path) -> None:
        for name in ("i.nef", "i.jpg"):
            (folder / name).write_bytes(name.encode())
        tasks = planned(folder, folder / "web", preferred=RAW, patterns=Patterns(exclude=("*.nef",)))
        assert ("i.jpg", "i.jpg") in names(tasks)

    def test_two_raw_photographs_of_one_name(self, folder: Path) -> None:
        for name in ("i.nef", "i.cr3"):
            (folder / name).write_bytes(b"")
        tasks = planned(folder, folder / "web", preferred=RAW)
        assert {("i.nef", "i.nef.jpg"), ("i.cr3", "i.cr3.jpg")} <= {*names(tasks)}


class TestSuffixes:
    def test_outputs_of_files_side_by_side_keep_them(self, folder: Path) -> None:
        for name in ("x.jpg", "x.png", "x.nef", "y.png", "y.jpg", "z.JPG", "z.png"):
            (folder / name).write_bytes(b"")
        tasks = {task.source.name: task for task in planned(folder, folder / "web")}
        assert {source: task.target.name for source, task in tasks.items()} == {
            "a.tif": "a.jpg",
            "b.tif": "b.jpg",
            "x.jpg": "x.jpg.jpg",
            "x.nef": "x.nef.jpg",
            "x.png": "x.png.jpg",
            "y.jpg": "y.jpg.jpg",
            "y.png": "y.png.jpg",
            "z.JPG": "z.JPG.jpg",
            "z.png": "z.png.jpg",
        }
        assert tasks["x.png"].notes == ("x.jpg and x.nef beside it have the same name: the output is x.png.jpg",)
        assert tasks["y.png"].notes == ("y.jpg beside it has the same name: the output is y.png.jpg",)
        assert tasks["y.jpg"].notes == ("y.png beside it has the same name: the output is y.jpg.jpg",)
        assert tasks["a.tif"].notes == ()

    def test_a_second_run_and_one_into_another_format(self, folder: Path) -> None:
        (folder / "a.nef").write_bytes(b"nef")
        first = planned(folder)
        assert names(first) == [("a.nef", "a.nef.jpg"), ("a.tif", "a.tif.jpg"), ("b.tif", "b.jpg")]
        for task in first:
            Resumable(work=write)(task)
        assert planned(folder) == first
        tasks = plan([folder], folder, readable=READABLE, suffix=".png")
        assert names(tasks) == [("a.nef", "a.nef.png"), ("a.tif", "a.tif.png"), ("b.tif", "b.png")]

    def test_a_file_has_the_name_already(self, folder: Path) -> None:
        for name in ("x.png", "x.nef", "x.png.tif"):
            (folder / name).write_bytes(b"")
        with pytest.raises(PlanError, match=r"x\.png and .*x\.png\.tif would both be written to .*x\.png\.jpg"):
            planned(folder, folder / "web")


class TestFolders:
    def test_in_different_folders(self, folder: Path) -> None:
        for name in ("trip/i.nef", "i.jpg"):
            (folder / name).write_bytes(b"")
        with pytest.raises(PlanError, match="would both be written to"):
            plan(
                [folder / "trip" / "i.nef", folder / "i.jpg"],
                folder / "web",
                readable=READABLE,
                suffix=".jpg",
                preferred=RAW,
            )


class TestOutputsThatLookLikeFiles:
    @pytest.mark.parametrize("name", ["x.jpg", "x.PNG", "x.avif"])
    def test_they_are_refused(self, folder: Path, name: str) -> None:
        with pytest.raises(
            PlanError, match="has the name of a file, but there are several inputs; name a folder, or write"
        ):
            plan([folder / "a.tif", folder / "trip" / "b.tif"], folder / name, readable=READABLE)
        with pytest.raises(PlanError, match="has the name of a file, but the input is a folder"):
            plan([folder], folder / name, readable=READABLE)

    def test_unless_it_is_said_that_a_folder_is_meant(self, folder: Path) -> None:
        assert len(plan([folder], f"{folder}/x.jpg/", readable=READABLE)) == 2
        (folder / "y.jpg").mkdir()
        assert len(plan([folder], folder / "y.jpg", readable=READABLE)) == 2
        assert len(plan([folder], folder / "shoot.2026", readable=READABLE)) == 2


def test_patterns_that_nothing_fits(folder: Path) -> None:
    with pytest.raises(PlanError, match="fits the patterns of files to include"):
        planned(folder, folder / "web", patterns=Patterns(include=("*.png",)))
