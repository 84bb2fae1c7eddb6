"""What gamutmeta made from one input is not taken for another one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from gamutmeta import carriers
from gamutmeta.batch import Resumable, Task, plan
from gamutmeta.batch.earlier import carrying, carrying_none, not_a_jpeg
from gamutmeta.errors import PlanError
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.batch.earlier import Unwanted

READABLE = {".tif", ".png", ".jpg"}
FORMATS = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}


def picture(path: Path, colour: int = 0, *, payload: bool = False) -> Path:
    held = io.BytesIO()
    Image.new("RGB", (8, 8), (colour, 0, 0)).save(held, FORMATS[path.suffix])
    data = held.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(carriers.embed(data, carriers.MAGIC + b"payload") if payload else data)
    return path


def convert(task: Task, *, overwrite: bool) -> Report:
    """Work without a payload, so that records alone tell of it."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(task.target, b"made of " + task.source.read_bytes(), overwrite=overwrite)
    return Report(output=str(task.target))


def carry(task: Task, *, overwrite: bool) -> Report:
    task.target.parent.mkdir(parents=True, exist_ok=True)
    data = carriers.embed(picture(task.target.with_name("new.jpg")).read_bytes(), carriers.MAGIC + b"payload")
    task.target.with_name("new.jpg").unlink()
    atomic_write(task.target, data, overwrite=overwrite)
    return Report(output=str(task.target))


def do(folder: Path, output: Path, suffix: str | None = ".jpg") -> None:
    for task in plan([folder], output, readable=READABLE, suffix=suffix, unwanted=carrying):
        Resumable(work=convert)(task)


def planned(folder: Path, output: Path, unwanted: Unwanted | None = carrying, suffix: str = ".jpg") -> dict[str, Task]:
    tasks = plan([folder], output, readable=READABLE, suffix=suffix, unwanted=unwanted)
    return {task.source.relative_to(folder).as_posix(): task for task in tasks}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for place, name in enumerate(("a.tif", "trip/b.tif")):
        picture(folder / name, place)
    return folder


class TestRecords:
    @pytest.mark.parametrize("place", ["", "web", "trip/small", "x/y"])
    def test_outputs_anywhere_in_the_source_folder(self, photos: Path, tmp_path: Path, place: str) -> None:
        do(photos, photos / place)
        tasks = planned(photos, tmp_path / "out")
        assert sorted(tasks) == ["a.tif", "trip/b.tif"]
        assert tasks["a.tif"].target == tmp_path / "out" / "a.jpg"
        made = "a.jpg beside it" if not place else str(photos / place / "a.jpg")
        assert tasks["a.tif"].notes == (f"{made} was left out: gamutmeta made it from this file",)

    def test_a_folder_of_the_source_alone(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos)
        assert sorted(planned(photos / "trip", tmp_path / "out")) == ["b.tif"]

    def test_outputs_of_outputs(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos / "web")
        do(photos / "web", photos / "web" / "back", ".png")
        assert sorted(planned(photos, tmp_path / "out")) == ["a.tif", "trip/b.tif"]
        assert sorted(planned(photos / "web", tmp_path / "out")) == ["a.jpg", "trip/b.jpg"]

    def test_names_that_kept_their_suffixes(self, photos: Path, tmp_path: Path) -> None:
        picture(photos / "a.png", 9)
        do(photos, photos)
        assert (photos / "a.tif.jpg").exists()
        tasks = planned(photos, tmp_path / "out")
        assert sorted(tasks) == ["a.png", "a.tif", "trip/b.tif"]
        assert tasks["a.png"].target.name == "a.png.jpg"
        assert "a.tif.jpg beside it was left out: gamutmeta made it from this file" in tasks["a.tif"].notes

    def test_without_their_photographs_they_are_inputs(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos / "web")
        (photos / "a.tif").unlink()
        assert sorted(planned(photos, tmp_path / "out")) == ["trip/b.tif", "web/a.jpg"]
        assert sorted(planned(photos / "web", tmp_path / "out")) == ["a.jpg", "trip/b.jpg"]

    def test_what_was_changed_since_is_an_input(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos / "web")
        picture(photos / "web" / "a.jpg", 77)
        picture(photos / "trip" / "b.tif", 78)
        assert sorted(planned(photos, tmp_path / "out")) == ["a.tif", "trip/b.tif", "web/a.jpg", "web/trip/b.jpg"]

    def test_copies_that_name_each_other_stay(self, photos: Path, tmp_path: Path) -> None:
        def copy(task: Task, *, overwrite: bool) -> Report:
            task.target.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(task.target, task.source.read_bytes(), overwrite=overwrite)
            return Report(output=str(task.target))

        for folder, output in ((photos, photos / "1"), (photos / "1", photos / "2")):
            for task in plan([folder], output, readable=READABLE, unwanted=carrying):
                Resumable(work=copy)(task)
        (photos / "a.tif").unlink()
        assert {"1/a.tif", "2/a.tif"} <= set(planned(photos, tmp_path / "out"))

    def test_without_the_wish_they_are_taken(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos / "web")
        assert len(planned(photos, tmp_path / "out", None)) == 4

    def test_what_would_be_overwritten_is_refused(self, photos: Path) -> None:
        do(photos, photos / "web")
        # Nobody else writes there, so that it is left out rather than made from itself.
        assert sorted(planned(photos, photos)) == ["a.tif", "trip/b.tif"]
        picture(photos / "c.tif", 5)
        picture(photos / "c.jpg", 6, payload=True)
        with pytest.raises(PlanError, match=r"c\.jpg is an input and would be overwritten"):
            planned(photos, photos)

    def test_the_note_is_new_where_the_file_is_done(self, photos: Path, tmp_path: Path) -> None:
        do(photos, tmp_path / "out")
        do(photos, photos / "web")
        task = planned(photos, tmp_path / "out")["a.tif"]
        report = Resumable(work=convert)(task)
        assert report.skipped
        assert report.notes == task.notes != ()

    def test_expand_takes_what_was_made_from_a_photograph(self, photos: Path, tmp_path: Path) -> None:
        """It can do nothing with the photograph, although that came first."""
        for place in (photos, photos / "web", photos / "web2"):
            for task in plan([photos], place, readable=READABLE, suffix=".jpg", unwanted=carrying):
                Resumable(work=carry)(task)
        tasks = planned(photos, tmp_path / "out", carrying_none, ".png")
        assert {name for name in tasks if "a." in name} == {"a.jpg", "web/a.jpg", "web2/a.jpg"}
        assert tasks["a.jpg"].notes == ("a.tif beside it was left out: it carries no payload",)
        assert tasks["web/a.jpg"].notes == ()
        assert sorted(planned(photos, tmp_path / "out")) == ["a.tif", "trip/b.tif"]

    def test_what_expand_made_is_not_expanded(self, photos: Path, tmp_path: Path) -> None:
        """Also where the photograph, the JPEG and the restored photograph lie in one folder, at each further run."""
        for task in plan([photos], photos, readable=READABLE, suffix=".jpg", unwanted=carrying):
            Resumable(work=carry)(task)
        for run in range(3):
            tasks = plan([photos], photos, readable=READABLE, suffix=".png", unwanted=carrying_none)
            assert [task.source.name for task in tasks] == ["a.jpg", "b.jpg"]
            assert tasks[0].notes == ("a.tif beside it was left out: it carries no payload",)
            assert [bool(Resumable(work=convert)(task).skipped) for task in tasks] == [run > 0] * 2
        tasks = [*planned(photos, tmp_path / "out", carrying_none, ".png").values()]
        assert [task.source.name for task in tasks] == ["a.jpg", "b.jpg"]
        assert "a.png beside it was left out: gamutmeta made it from this file" in tasks[0].notes
        with pytest.raises(PlanError, match=r"a\.tif is an input and would be overwritten"):
            planned(photos, photos, carrying_none, ".tif")

    def test_where_none_of_them_is_wanted_the_first_one_is_taken(self, photos: Path, tmp_path: Path) -> None:
        do(photos, photos / "web")
        tasks = planned(photos, tmp_path / "out", carrying_none, ".png")
        assert sorted(tasks) == ["a.tif", "trip/b.tif"]
        assert tasks["a.tif"].notes == (f"{photos / 'web/a.jpg'} was left out: gamutmeta made it from this file",)


class TestSideBySide:
    def test_reduce_takes_those_without_a_payload(self, photos: Path, tmp_path: Path) -> None:
        picture(photos / "a.jpg", payload=True)
        tasks = planned(photos, tmp_path / "out")
        assert sorted(tasks) == ["a.tif", "trip/b.tif"]
        assert tasks["a.tif"].target.name == "a.jpg"
        assert tasks["a.tif"].notes == ("a.jpg beside it was left out: it carries a payload already",)

    def test_expand_takes_those_with_one(self, photos: Path, tmp_path: Path) -> None:
        picture(photos / "a.jpg", payload=True)
        tasks = planned(photos, tmp_path / "out", carrying_none, ".tif")
        assert sorted(tasks) == ["a.jpg", "trip/b.tif"]
        assert tasks["a.jpg"].notes == ("a.tif beside it was left out: it carries no payload",)

    def test_a_sidecar_is_a_payload(self, photos: Path, tmp_path: Path) -> None:
        picture(photos / "a.jpg")
        assert sorted(planned(photos, tmp_path / "out")) == ["a.jpg", "a.tif", "trip/b.tif"]
        (photos / "a.jpg.gamut").write_bytes(carriers.MAGIC)
        assert sorted(planned(photos, tmp_path / "out")) == ["a.tif", "trip/b.tif"]

    def test_samples_are_those_of_jpegs(self, photos: Path, tmp_path: Path) -> None:
        picture(photos / "a.jpg")
        tasks = planned(photos, tmp_path / "out", not_a_jpeg, ".tif")
        assert sorted(tasks) == ["a.jpg", "trip/b.tif"]
        assert tasks["a.jpg"].notes == ("a.tif beside it was left out: it is no JPEG",)

    @pytest.mark.parametrize("unwanted", [carrying, carrying_none, not_a_jpeg])
    def test_alone_every_file_is_taken(self, tmp_path: Path, unwanted: Unwanted) -> None:
        for payload in (True, False):
            picture(tmp_path / "in" / f"{payload}.jpg", payload=payload)
            picture(tmp_path / "in" / f"{payload}.png", payload=payload)
        tasks = planned(tmp_path / "in", tmp_path / "out", unwanted, ".png")
        alike = {"True.jpg", "True.png", "False.jpg", "False.png"}
        assert set(tasks) == (alike if unwanted is not not_a_jpeg else {"True.jpg", "False.jpg"})

    def test_damaged_files_fail_by_themselves(self, photos: Path, tmp_path: Path) -> None:
        (photos / "a.jpg").write_bytes(b"\xff\xd8\xff")
        (photos / "a.png").symlink_to("nothing")
        assert sorted(planned(photos, tmp_path / "out")) == ["a.jpg", "a.png", "a.tif", "trip/b.tif"]

    def test_an_original_is_never_a_target(self, photos: Path) -> None:
        picture(photos / "a.jpg", payload=True)
        with pytest.raises(PlanError, match=r"a\.tif is an input and would be overwritten"):
            planned(photos, photos, carrying_none, ".tif")
