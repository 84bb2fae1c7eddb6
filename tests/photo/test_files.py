from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from gamutmeta.errors import OutputExistsError
from gamutmeta.photo.files import atomic_write, check_output

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENTS: list[bytes | Callable[[BinaryIO], None]] = [b"new", lambda file: _write(file, b"new")]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


@pytest.mark.parametrize("data", CONTENTS, ids=["bytes", "function"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_new_file(tmp_path: Path, data: bytes | Callable[[BinaryIO], None], overwrite: bool) -> None:  # noqa: FBT001
    atomic_write(tmp_path / "a.bin", data, overwrite=overwrite)
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_permissions_are_those_of_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_bytes(b"")
    atomic_write(tmp_path / "ours", b"")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "ordinary").stat().st_mode)


def test_existing_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OutputExistsError, match="exists"):
        atomic_write(tmp_path / "a", pytest.fail)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_existing_file_is_replaced_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    atomic_write(str(tmp_path / "a"), b"new", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_is_never_written_over(tmp_path: Path, overwrite: bool) -> None:  # noqa: FBT001
    with pytest.raises(OutputExistsError, match="folder"):
        atomic_write(tmp_path, b"new", overwrite=overwrite)
    with pytest.raises(OutputExistsError, match="folder"):
        check_output(tmp_path, overwrite=overwrite)


@pytest.mark.parametrize("overwrite", [False, True])
def test_failure_leaves_everything_as_it_was(tmp_path: Path, overwrite: bool) -> None:  # noqa: FBT001
    if overwrite:
        (tmp_path / "a").write_bytes(b"old")
    before = names(tmp_path)

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        atomic_write(tmp_path / "a", fail, overwrite=overwrite)
    assert names(tmp_path) == before
    if overwrite:
        assert (tmp_path / "a").read_bytes() == b"old"


def test_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def race(file: BinaryIO) -> None:
        file.write(b"ours")
        (tmp_path / "a").write_bytes(b"theirs")

    with pytest.raises(OutputExistsError):
        atomic_write(tmp_path / "a", race)
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert names(tmp_path) == ["a"]


class TestWithoutHardLinks:
    @pytest.fixture(autouse=True)
    def _no_links(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(Path, "hardlink_to", refuse)

    def test_new_file(self, tmp_path: Path) -> None:
        atomic_write(tmp_path / "a", b"new")
        assert (tmp_path / "a").read_bytes() == b"new"
        assert names(tmp_path) == ["a"]

    def test_file_that_appears_meanwhile_is_kept(self, tmp_path: Path) -> None:
        def race(file: BinaryIO) -> None:
            file.write(b"ours")
            (tmp_path / "a").write_bytes(b"theirs")

        with pytest.raises(OutputExistsError):
            atomic_write(tmp_path / "a", race)
        assert (tmp_path / "a").read_bytes() == b"theirs"
        assert names(tmp_path) == ["a"]

    def test_failed_move_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError("no")

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no"):
            atomic_write(tmp_path / "a", b"new")
        assert names(tmp_path) == []


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    atomic_write(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "nowhere" / "a", b"new")


def test_long_names(tmp_path: Path) -> None:
    name = "x" * 250 + ".tif"
    atomic_write(tmp_path / name, b"new")
    assert names(tmp_path) == [name]


def test_check_output(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert check_output(tmp_path / "b", overwrite=False) == Path(os.path.realpath(tmp_path / "b"))
    assert check_output(tmp_path / "a", overwrite=True).name == "a"
    with pytest.raises(OutputExistsError):
        check_output(tmp_path / "a", overwrite=False)
