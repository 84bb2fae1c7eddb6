"""Which sRGB picture is the base of which photograph."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import Task, plan
from gamutmeta.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

READABLE = {".tif"}


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    touch(tmp_path / "photos", "a.tif", "b.tif", "trip/c.tif")
    touch(tmp_path / "exports", "a.jpg", "b.PNG", "trip/c.tiff", "unused.jpg", "notes.txt", ".a.jpg", "a.webp")
    return tmp_path


def test_one_file_has_one_base(tmp_path: Path) -> None:
    a, base, out = (tmp_path / name for name in ("a.tif", "export.jpg", "out.jpg"))
    assert plan([a], out, readable=READABLE, base=base) == [Task(a, out, base=base)]


def test_a_file_in_a_folder_takes_the_ending_of_its_base(tmp_path: Path) -> None:
    (task,) = plan([tmp_path / "a.tif"], tmp_path, readable=READABLE, suffix=".jpg", base=tmp_path / "export.png")
    assert task == Task(tmp_path / "a.tif", tmp_path / "a.png", tmp_path, tmp_path / "export.png")


def test_bases_in_a_folder_have_the_names_of_the_photographs(folder: Path) -> None:
    tasks = plan([folder / "photos"], folder / "web", readable=READABLE, suffix=".jpg", base=folder / "exports")
    found = [(task.name, None if task.base is None else task.base.relative_to(folder).as_posix()) for task in tasks]
    assert found == [("a.jpg", "exports/a.jpg"), ("b.PNG", "exports/b.PNG"), ("trip/c.tiff", "exports/trip/c.tiff")]


@pytest.mark.parametrize("ending", [".jfif", ".JPE", ".mpo"])
def test_jpegs_by_their_other_names_are_bases(ending: str, tmp_path: Path) -> None:
    touch(tmp_path, "photos/a.tif", f"exports/a{ending}")
    (task,) = plan([tmp_path / "photos"], tmp_path / "web", readable=READABLE, base=tmp_path / "exports")
    assert task.base == tmp_path / f"exports/a{ending}"


def test_a_folder_of_bases_serves_one_photograph_as_well(folder: Path) -> None:
    (task,) = plan([folder / "photos/b.tif"], folder / "x.png", readable=READABLE, base=folder / "exports")
    assert task.base == folder / "exports/b.PNG"


def test_accents_are_the_same_taken_apart_or_not(tmp_path: Path) -> None:
    apart, together = (unicodedata.normalize(form, "é") for form in ("NFD", "NFC"))
    touch(tmp_path, f"photos/{apart}.tif", f"exports/{together}.jpg")
    (task,) = plan([tmp_path / "photos"], tmp_path / "web", readable=READABLE, base=tmp_path / "exports")
    assert task.base == tmp_path / f"exports/{together}.jpg"


def test_photographs_and_bases_may_lie_together(tmp_path: Path) -> None:
    touch(tmp_path / "shoot", "a.tif", "a.jpg")
    (task,) = plan([tmp_path / "shoot"], tmp_path / "web", readable=READABLE, base=tmp_path / "shoot")
    assert task.base == tmp_path / "shoot/a.jpg"


def test_a_photograph_without_base_is_refused(folder: Path) -> None:
    touch(folder, "photos/d.tif")
    with pytest.raises(PlanError, match=r"d\.tif has no base: .*exports contains no d with one of the endings \.jpg"):
        plan([folder / "photos"], folder / "web", readable=READABLE, base=folder / "exports")


def test_a_photograph_with_two_bases_is_refused(folder: Path) -> None:
    touch(folder, "exports/a.png")
    with pytest.raises(PlanError, match=r"a\.tif has several bases in .*exports: a\.jpg and a\.png; keep one"):
        plan([folder / "photos"], folder / "web", readable=READABLE, base=folder / "exports")


def test_one_file_for_several_photographs_is_refused(folder: Path) -> None:
    with pytest.raises(PlanError, match=r"a\.jpg cannot be the base of several photographs; name a folder of bases"):
        plan([folder / "photos"], folder / "web", readable=READABLE, base=folder / "exports/a.jpg")


def test_a_base_is_never_written(folder: Path) -> None:
    with pytest.raises(PlanError, match=r"exports/a\.jpg is an input and would be overwritten"):
        plan([folder / "photos"], folder / "exports", readable=READABLE, base=folder / "exports")
