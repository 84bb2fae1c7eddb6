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
from gamutmeta.runtime import files
from gamutmeta.runtime.files import (
    _key,
    as_private_as,
    atomic_write,
    check_output,
    observe_writes,
    open_regular,
    remove_leftovers,
)

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


class TestLinks:
    @pytest.mark.parametrize("leads_to", ["real", "nothing"])
    def test_a_link_is_replaced_and_never_what_it_leads_to(self, tmp_path: Path, leads_to: str) -> None:
        (tmp_path / "real").write_bytes(b"old")
        (tmp_path / "link").symlink_to(tmp_path / leads_to)
        with pytest.raises(OutputExistsError, match="link exists; pass overwrite=True"):
            atomic_write(tmp_path / "link", pytest.fail)
        assert (tmp_path / "link").is_symlink()
        atomic_write(tmp_path / "link", b"new", overwrite=True)
        assert not (tmp_path / "link").is_symlink()
        assert (tmp_path / "link").read_bytes() == b"new"
        assert (tmp_path / "real").read_bytes() == b"old"
        assert sorted(names(tmp_path)) == ["link", "real"]

    def test_a_link_to_a_folder_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("folder")
        with pytest.raises(OutputExistsError, match="is a folder"):
            atomic_write(tmp_path / "link", b"new", overwrite=True)

    def test_folders_may_be_links(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("folder")
        atomic_write(tmp_path / "link" / "a", b"new")
        assert (tmp_path / "folder" / "a").read_bytes() == b"new"
        (tmp_path / "folder" / f".gamutmeta-{_key(Path('a'))}-0.tmp").touch()
        assert remove_leftovers([tmp_path / "link" / "a"]) == 1

    def test_a_link_in_the_place_of_a_temporary_file_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_bytes(b"old")
        (tmp_path / f".gamutmeta-{_key(Path('a'))}-0.tmp").symlink_to("real")
        assert remove_leftovers([tmp_path / "a"]) == 0
        assert (tmp_path / "real").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
class TestPipes:
    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_pipe_is_not_replaced(self, tmp_path: Path, overwrite: bool) -> None:  # noqa: FBT001
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OutputExistsError, match="pipe or a device"):
            atomic_write(tmp_path / "pipe", b"new", overwrite=overwrite)
        assert names(tmp_path) == ["pipe"]

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="not an ordinary file"):
            open_regular(tmp_path / "pipe")
        with pytest.raises(OSError, match="not an ordinary file"):
            open_regular("/dev/zero")

    def test_links_as_they_are_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_bytes(b"data")
        (tmp_path / "link").symlink_to("real")
        with open_regular(tmp_path / "link") as file:
            assert file.read() == b"data"
        with pytest.raises(OSError, match="link"):
            open_regular(tmp_path / "link", follow=False)


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
class TestPermissions:
    def test_a_file_is_its_owners_alone_while_it_is_written(self, tmp_path: Path) -> None:
        modes = []

        def write(file: BinaryIO) -> None:
            (path,) = tmp_path.iterdir()
            modes.append(stat.S_IMODE(path.stat().st_mode))
            file.write(b"new")

        atomic_write(tmp_path / "a", write)
        assert modes == [0o600]

    @pytest.mark.parametrize(
        ("modes", "expected"),
        [
            ([0o600], 0o600),
            ([0o640], 0o640),
            ([0o400], 0o600),
            ([0o644, 0o600], 0o600),
            ([0o640, 0o604], 0o600),
            ([0o666], 0o644),
            ([0o777], 0o644),
        ],
    )
    def test_a_new_file_is_not_more_readable_than_its_sources(
        self, tmp_path: Path, modes: list[int], expected: int
    ) -> None:
        sources = [tmp_path / f"source {number}" for number in range(len(modes))]
        for source, mode in zip(sources, modes, strict=True):
            source.touch()
            source.chmod(mode)
        before = os.umask(0o022)
        try:
            with as_private_as(*sources, tmp_path / "nowhere"):
                atomic_write(tmp_path / "a", b"new")
            atomic_write(tmp_path / "b", b"new")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected
        assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o644

    def test_another_group_is_a_stranger(self, tmp_path: Path) -> None:
        (tmp_path / "source").touch()
        (tmp_path / "source").chmod(0o640)
        status = (tmp_path / "source").stat()
        token = files._sources.set((os.stat_result((*status[:5], status.st_gid + 1, *status[6:10])),))
        atomic_write(tmp_path / "a", b"new")
        files._sources.reset(token)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600

    def test_a_link_hands_nothing_on(self, tmp_path: Path) -> None:
        (tmp_path / "real").touch()
        (tmp_path / "real").chmod(0o777)
        (tmp_path / "link").symlink_to("real")
        atomic_write(tmp_path / "link", b"new", overwrite=True)
        assert not (tmp_path / "link").stat().st_mode & 0o111


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
