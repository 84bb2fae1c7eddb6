from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from gamutmeta.errors import OutputExistsError
from gamutmeta.runtime.files import atomic_write, check_output, observe_writes, remove_leftovers

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


class TestErrorsOfTheSystem:
    """They name the file that was asked for, not the temporary one."""

    def test_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError) as raised:
            atomic_write(tmp_path / "nowhere" / "a", b"new")
        assert raised.value.filename == str(tmp_path / "nowhere" / "a")

    def test_a_folder_that_may_not_be_written_to(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Before the work that would be in vain."""
        monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
        with pytest.raises(PermissionError) as raised:
            check_output(tmp_path / "a", overwrite=False)
        assert raised.value.filename == str(tmp_path / "a")

    def test_no_room(self, tmp_path: Path) -> None:
        def fail(_: BinaryIO) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(OSError, match="No space left on device") as raised:
            atomic_write(tmp_path / "a", fail)
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(tmp_path / "a"))
        assert names(tmp_path) == []

    def test_of_another_file(self, tmp_path: Path) -> None:
        def fail(_: BinaryIO) -> None:
            (tmp_path / "another").read_bytes()

        with pytest.raises(FileNotFoundError) as raised:
            atomic_write(tmp_path / "a", fail)
        assert raised.value.filename == str(tmp_path / "another")


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


LEFT = """
import os, sys
from gamutmeta.runtime.files import atomic_write

def die(file):
    file.write(b"half")
    file.flush()
    if sys.argv[2] == "wait":
        print("begun", flush=True)
        sys.stdin.read()
    os._exit(9)

atomic_write(sys.argv[1], die)
"""


class TestLeftovers:
    def test_those_of_killed_processes_are_removed(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            assert subprocess.run([sys.executable, "-c", LEFT, tmp_path / name, "die"], check=False).returncode == 9
        (tmp_path / ".gamutmeta-notes.tmp").write_bytes(b"somebody's")
        assert len(names(tmp_path)) == 3
        assert remove_leftovers([tmp_path / "a", tmp_path / "c", tmp_path / "nowhere" / "a"]) == 1
        assert len(names(tmp_path)) == 2, "another may be at work on b"
        assert remove_leftovers([tmp_path / "b"]) == 1
        assert names(tmp_path) == [".gamutmeta-notes.tmp"]

    @pytest.mark.skipif(sys.platform == "win32", reason="there, open files cannot be removed in any case")
    def test_what_is_being_written_stays(self, tmp_path: Path) -> None:
        writer = subprocess.Popen(
            [sys.executable, "-c", LEFT, tmp_path / "a", "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        assert remove_leftovers([tmp_path / "a"]) == 0
        assert len(names(tmp_path)) == 1
        writer.communicate()
        assert remove_leftovers([tmp_path / "a"]) == 1

    def test_without_locks_only_old_ones_are_removed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        subprocess.run([sys.executable, "-c", LEFT, tmp_path / "a", "die"], check=False)

        def refuse(*_: object) -> None:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr("fcntl.flock", refuse)
        atomic_write(tmp_path / "b", b"written all the same")
        assert remove_leftovers([tmp_path / "a"]) == 0
        (left,) = tmp_path.glob("*.tmp")
        os.utime(left, (1, 1))
        assert remove_leftovers([tmp_path / "a"]) == 1
        assert names(tmp_path) == ["b"]


class TestWitness:
    def test_sees_the_whole_file_before_others_do(self, tmp_path: Path) -> None:
        seen = []

        def look(path: Path, temporary: Path) -> None:
            seen.append((path.name, temporary.read_bytes(), path.exists()))
            atomic_write(tmp_path / "note", b"not seen itself", overwrite=True)

        with observe_writes(look):
            atomic_write(tmp_path / "a", b"whole")
        atomic_write(tmp_path / "b", b"not seen")
        assert seen == [("a", b"whole", False)]

    def test_may_object(self, tmp_path: Path) -> None:
        def object_to(*_: Path) -> None:
            raise RuntimeError("no")

        with observe_writes(object_to), pytest.raises(RuntimeError):
            atomic_write(tmp_path / "a", b"whole")
        assert names(tmp_path) == []
