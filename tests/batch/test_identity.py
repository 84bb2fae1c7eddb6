"""Names of one file, on file systems that know upper and lower case and on those that do not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gamutmeta.batch import identity as module
from gamutmeta.batch import plan
from gamutmeta.batch.identity import folds_case, identity
from gamutmeta.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    folds_case.cache_clear()
    yield
    folds_case.cache_clear()


@pytest.fixture
def folding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look names up as the file systems of macOS do: in whatever case they are there."""
    real = os.lstat

    def lstat(path: Path) -> os.stat_result:
        try:
            return real(path)
        except FileNotFoundError:
            for there in Path(path).parent.iterdir():
                if there.name.casefold() == Path(path).name.casefold():
                    return real(there)
            raise

    monkeypatch.setattr(module.os, "lstat", lstat)


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="case does not count here")
def test_where_case_counts(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")
    assert not folds_case(tmp_path)
    assert identity(tmp_path / "A.jpg") != identity(tmp_path / "a.jpg")
    assert identity(tmp_path / "x" / ".." / "a.jpg") == identity(tmp_path / "a.jpg")
    assert len(plan([tmp_path / "a.tif", tmp_path / "A.TIF"], tmp_path / "out", readable=[], suffix=".jpg")) == 2


@pytest.mark.usefixtures("folding")
def test_where_it_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")
    for folder in (tmp_path, tmp_path / "not" / "there" / "yet"):
        assert folds_case(folder)
        assert identity(folder / "A.jpg") == identity(folder / "a.jpg")
        assert identity(folder / "\u00c4.jpg") == identity(folder / "a\u0308.jpg")
        assert identity(folder / "a.jpg") != identity(folder / "b.jpg")


@pytest.mark.usefixtures("folding")
def test_an_input_that_another_case_of_its_name_would_overwrite(tmp_path: Path) -> None:
    for name in ("one/a.tif", "two/A.tif", "IMG.JPG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(PlanError, match=r"would both be written to .*A\.jpg"):
        plan([tmp_path / "one", tmp_path / "two"], tmp_path / "out", readable={".tif"}, suffix=".jpg")
    with pytest.raises(PlanError, match=r"img\.jpg is an input and would be overwritten"):
        plan([tmp_path / "IMG.JPG"], tmp_path / "img.jpg", readable=[])
    with pytest.raises(PlanError, match=r"ONE/a\.tif is an input and would be overwritten"):
        plan([tmp_path / "one"], tmp_path / "ONE", readable={".tif"})


@pytest.mark.parametrize(("platform", "folds"), [("darwin", True), ("win32", True), ("linux", False)])
def test_a_new_file_system_without_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, *, folds: bool
) -> None:
    monkeypatch.setattr(module.os.path, "ismount", lambda path: Path(path) == tmp_path)
    monkeypatch.setattr(module.sys, "platform", platform)
    assert folds_case(tmp_path) == folds
    assert folds_case(tmp_path / "new") == folds
