"""Places that take no files, and files that may not be read: what is told of them, and that nothing half is left.

Each run is in a process of its own, which gives up its rights where it is root: root may read everything.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from carrots import QUICK, write_piece

import gamutmeta
from gamutmeta import carriers
from gamutmeta.batch import Resumable, Task
from gamutmeta.pipeline.saving import save_with_payload
from gamutmeta.runtime import files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions and limits of POSIX")

_CHILD = """
import json, os, sys
from click.testing import CliRunner
from gamutmeta.cli import app
import gamutmeta.cli.convert
from carrots import quick_presets
gamutmeta.cli.convert.PRESETS = quick_presets()
prepare, commands = json.loads(sys.argv[1])
def run(arguments):
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return [result.exit_code, result.stdout, result.stderr]
# All that is imported is so while it may be: the interpreter may lie where others may not look.
for arguments in prepare:
    assert run(arguments)[0] == 0, arguments
exec(sys.argv[2])
print(json.dumps([run(arguments) for arguments in commands]))
"""
_AS_NOBODY = "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)"
_SMALL_FILES = (
    "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where everybody may write, with a photograph, a reduced one, and its payload."""
    for parent in tmp_path.parents:  # those that pytest has made, of which some are only for their owner
        if parent.stat().st_mode & 0o001:
            break
        parent.chmod(0o755)
    tmp_path.chmod(0o777)
    write_piece(tmp_path / "photo.tif")
    result = gamutmeta.reduce(tmp_path / "photo.tif", preset=QUICK, format="jpeg")
    result.save(tmp_path / "photo.jpg")
    (tmp_path / "bare.jpg").write_bytes(result.to_bytes("sidecar"))
    (tmp_path / "p.gamut").write_bytes(result.payload.to_bytes())
    return tmp_path


def run_as(folder: Path, how: str, commands: list[list[str]], prepare: list[list[str]]) -> list[list[Any]]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, json.dumps([prepare, commands]), how],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
    )
    assert done.returncode == 0, done.stderr
    told: list[list[Any]] = json.loads(done.stdout)
    return told


def writing(place: str) -> list[list[str]]:
    """Every command that writes a file, into a place."""
    return [
        ["reduce", "photo.tif", "-o", f"{place}/1.jpg"],
        ["expand", "photo.jpg", "-o", f"{place}/2.tif"],
        ["strip", "photo.jpg", "-o", f"{place}/3.jpg"],
        ["extract", "photo.jpg", "-o", f"{place}/4.gamut"],
        ["attach", "bare.jpg", "p.gamut", "-o", f"{place}/5.jpg"],
        ["show-wide", "photo.jpg", "-o", f"{place}/6.jpg"],
        ["view", "photo.jpg", "-o", f"{place}/7.html"],
        ["resize", "photo.jpg", "--size", "90x", "-o", f"{place}/8.jpg"],
    ]


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_place_that_takes_no_files(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o555)
    (folder / "tried").mkdir()
    commands = writing("closed")
    commands += [
        [*arguments, "--dry-run"] for arguments in commands if arguments[0] in {"reduce", "expand", "show-wide"}
    ]
    for arguments, (code, stdout, stderr) in zip(
        commands, run_as(folder, _AS_NOBODY, commands, writing("tried")), strict=True
    ):
        target = arguments[arguments.index("-o") + 1]
        assert (arguments, code, stdout) == (arguments, 1, "")
        said = f"error: {arguments[1]}: Permission denied: {target} (change its permissions, or choose another place)\n"
        assert stderr == said
    assert names(folder / "closed") == []


def test_files_that_may_not_be_read(folder: Path) -> None:
    """Each is its own failure; another file is done."""
    (folder / "dark").mkdir()
    for name in ("photo.tif", "photo.jpg"):
        (folder / "dark" / f"a-{name}").write_bytes((folder / name).read_bytes())
        (folder / f"secret-{name}").write_bytes((folder / name).read_bytes())
        (folder / f"secret-{name}").chmod(0)
    (folder / "dark").chmod(0)
    prepare = [["reduce", "photo.tif", "-o", "x.jpg"], ["expand", "photo.jpg", "-o", "x.tif"], ["info", "photo.jpg"]]
    prepare += [
        ["validate", "photo.jpg"],
        ["strip", "photo.jpg", "-o", "y.jpg"],
        ["resize", "photo.jpg", "--size", "9x", "-o", "z.jpg"],
    ]
    commands = []
    for place in ("secret-", "dark/a-"):
        for extra in ([], ["--dry-run"]):
            commands.append(["reduce", f"{place}photo.tif", "photo.tif", "-o", f"web{place[0]}", *extra])
            commands.append(["expand", f"{place}photo.jpg", "photo.jpg", "-o", f"back{place[0]}", *extra])
        commands.append(["info", f"{place}photo.jpg", "photo.jpg"])
        commands.append(["validate", f"{place}photo.jpg", "photo.jpg"])
        commands.append(["strip", f"{place}photo.jpg", "photo.jpg", "-o", f"bare{place[0]}"])
        commands.append(["resize", f"{place}photo.jpg", "--size", "9x", "-o", "n.jpg"])
    for arguments, (code, stdout, stderr) in zip(commands, run_as(folder, _AS_NOBODY, commands, prepare), strict=True):
        assert (arguments, code) == (arguments, 1), stderr
        assert f"Permission denied: {arguments[1]} (change its permissions, or choose another place)" in stderr
        assert arguments[0] == "resize" or arguments[2] in stdout
    (folder / "dark").chmod(0o700)


def test_folders_that_may_not_be_read(folder: Path) -> None:
    """Nobody knows what is in them: nothing is done, unless they are left out."""
    (folder / "in/dark").mkdir(parents=True)
    (folder / "in/photo.jpg").write_bytes((folder / "photo.jpg").read_bytes())
    (folder / "in/dark").chmod(0)
    prepare = [
        ["reduce", "in", "-o", "x", "--exclude", "dark"],
        ["info", "photo.jpg"],
        ["strip", "photo.jpg", "-o", "y.jpg"],
    ]
    commands = [
        [*command, *extra]
        for command in (
            ["reduce", "in", "-o", "web"],
            ["reduce", "in", "-o", "w", "-n"],
            ["info", "in"],
            ["strip", "in", "-o", "bare"],
        )
        for extra in ([], ["--exclude", "dark"])
    ]
    told = run_as(folder, _AS_NOBODY, commands, prepare)
    for arguments, (code, _, stderr) in zip(commands, told, strict=True):
        is_excluded = arguments[-1] == "dark"
        assert (arguments, code) == (arguments, 0 if is_excluded else 2), stderr
        said = "in/dark: the folder may not be read; change its permissions, or exclude it"
        assert (said in stderr) == (not is_excluded)
    (folder / "in/dark").chmod(0o700)


def test_no_half_files_where_there_is_no_room(folder: Path) -> None:
    (folder / "out").mkdir(mode=0o777)
    (folder / "tried").mkdir()
    commands = writing("out")
    commands.append(["reduce", "photo.tif", "-o", "out/9.jpg", "--carrier", "sidecar"])
    for arguments, (code, stdout, stderr) in zip(
        commands, run_as(folder, _SMALL_FILES, commands, writing("tried")), strict=True
    ):
        target = arguments[arguments.index("-o") + 1]
        assert (arguments, code, stdout) == (arguments, 1, "")
        limit = "raise the limit for the size of files (ulimit -f), or choose another place"
        assert f"error: {arguments[1]}: File too large: {target}" in stderr
        assert f"({limit})" in stderr
    assert names(folder / "out") == []


def test_a_full_disk_is_told_by_a_dry_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, work = Task(folder / "photo.tif", folder / "new/x.jpg"), Resumable(work=lambda *_, **__: pytest.fail("done"))
    assert work.dry_run(task).action == "write"
    real = os.statvfs(folder)
    for field in (3, 4), (6, 7):  # blocks, files: free, and free for others than root
        full = [0 if place in field else value for place, value in enumerate(real)]
        monkeypatch.setattr(os, "statvfs", lambda _, full=full: os.statvfs_result(full))
        with pytest.raises(OSError, match="No space left on device") as raised:
            work.dry_run(task)
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(task.target))
    # Some file systems do not count what they have.
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result([real[0], real[1], 0, 0, 0, 0, 0, 0, 0, 255]))
    assert work.dry_run(task).action == "write"


def test_a_read_only_file_system_is_called_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(folder)
    read_only = os.statvfs_result([os.ST_RDONLY if place == 8 else value for place, value in enumerate(real)])
    monkeypatch.setattr(os, "statvfs", lambda _: read_only)
    monkeypatch.setattr(os, "access", lambda *_: False)
    for attempt in (
        lambda: gamutmeta.expand_file(folder / "photo.jpg", folder / "x.tif"),
        lambda: gamutmeta.reduce_file(folder / "photo.tif", folder / "x.png"),
        lambda: Resumable(work=lambda *_, **__: pytest.fail("done")).dry_run(Task(folder / "photo.tif", folder / "x")),
    ):
        with pytest.raises(OSError, match="Read-only file system"):
            attempt()


@pytest.mark.parametrize("fails", ["x.jpg", "x.jpg.gamut"])
def test_neither_a_picture_without_its_sidecar_nor_the_reverse(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for old in (None, b"old"):
        target, sidecar = tmp_path / "x.jpg", carriers.sidecar_path(tmp_path / "x.jpg")
        if old is not None:
            target.write_bytes(old)
            sidecar.write_bytes(old)
        real = Path.open

        def full(self: Path, mode: str = "r", *rest: Any, real: Any = real, **others: Any) -> Any:
            is_it = self.name.startswith(f".gamutmeta-{files._key(tmp_path / fails)}") and mode == "r+b"
            if is_it:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(self, mode, *rest, **others)

        monkeypatch.setattr(Path, "open", full)
        with pytest.raises(OSError, match="No space left") as raised:
            save_with_payload(target, b"picture", b"payload", "sidecar", overwrite=old is not None)
        monkeypatch.setattr(Path, "open", real)
        assert raised.value.filename == str(tmp_path / fails)
        kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert kept == ({} if old is None else {"x.jpg": old, "x.jpg.gamut": old})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "arguments", [["strip", "photo.jpg", "-o", "-"], ["--help"], ["reduce", "--help"], ["completion", "bash"]]
)
def test_standard_output_that_is_full(folder: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gamutmeta", *arguments],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.endswith("error: standard output cannot be written: No space left on device\n")
    assert "Traceback" not in done.stderr
