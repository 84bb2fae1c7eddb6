"""Plans of what is written where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import Patterns, Task, plan
from gamutmeta.errors import PlanError

if TYPE_CHECKING:
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
        tasks = plan([tmp_path / "a.tif", tmp_path / "a.png"], tmp_path / "out", readable=READABLE, suffix=".jpg")
        assert names(tasks, tmp_path) == [("a.tif", "out/a.tif.jpg"), ("a.png", "out/a.png.jpg")]

    def test_one_source_twice(self, tmp_path: Path) -> None:
        with pytest.raises(PlanError, match=r"a\.tif and .*a\.tif would both be written to .*a\.jpg"):
            plan([tmp_path / "a.tif"] * 2, tmp_path / "out", readable=READABLE, suffix=".jpg")

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
        with pytest.raises(PlanError, match="there are several inputs; name a folder"):
            plan([tmp_path / "a.tif", tmp_path / "b.tif"], tmp_path / "x.jpg", readable=READABLE)

    def test_nothing_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(PlanError, match="no input"):
            plan([], tmp_path, readable=READABLE)
        (tmp_path / "empty").mkdir()
        with pytest.raises(PlanError, match=r"empty contains no file that ends in \.png, \.tif"):
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
            with pytest.raises(PlanError, match="trip: the folder may not be read; change its permissions, or exclude"):
                plan([photos], tmp_path / "out", readable=READABLE)
            tasks = plan([photos], tmp_path / "out", readable=READABLE, patterns=Patterns(exclude=("TRIP",)))
            assert tasks
            assert not any("trip" in str(task.source) for task in tasks)
