"""Whole folders on the command line: again, in parts, without doing it, interrupted, and watched."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from carrots import quick_presets, write_piece
from click.testing import CliRunner, Result
from photo_files import hide
from PIL import Image

from gamutmeta.batch import convert as pipelines
from gamutmeta.cli import app, convert
from gamutmeta.cli.progress import progress
from gamutmeta.fit.config import PRESETS
from gamutmeta.photo.read import read_photo
from gamutmeta.runtime.steps import step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three photographs in photos/; presets are quick."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    Path("photos/trip").mkdir(parents=True)
    write_piece(Path("photos/a.tif"))
    write_piece(Path("photos/b.png"))
    write_piece(Path("photos/trip/c.tif"))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def snapshot(folder: str) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in Path(folder).rglob("*.*")
        if path.is_file()
    }


@pytest.mark.usefixtures("folder")
class TestAgain:
    def test_reduce_and_expand(self) -> None:
        for command, source, target in (("reduce", "photos", "web"), ("expand", "web", "back")):
            originals = snapshot(source)
            first = run(command, source, "-o", target, "--json")
            made = snapshot(target)
            second = run(command, source, "-o", target, "--json")
            assert (first.exit_code, second.exit_code) == (0, 0)
            assert [line | {"skipped": True} for line in lines(first)] == lines(second)
            assert snapshot(target) == made
            assert snapshot(source) == originals
        assert read_photo("back/trip/c.tif").size == (96, 64)

    def test_what_changed_is_made_again(self) -> None:
        run("reduce", "photos", "-o", "web")
        os.utime("photos/a.tif", (1, 1))
        Path("photos/trip/c.tif").write_bytes(Path("photos/trip/c.tif").read_bytes() + b"\0")
        result = run("reduce", "photos", "-o", "web")
        assert result.exit_code == 1
        assert re.match(
            r"error: photos/trip/c\.tif: web/trip/c\.jpg was made from another version of c\.tif, or from another "
            r"file; use --overwrite",
            result.stderr,
        )
        assert "0 of 3 files done, 2 skipped, 1 failed; " in result.stderr
        result = run("reduce", "photos", "-o", "web", "--overwrite")
        assert (result.exit_code, result.stdout.count("skipped, already done")) == (0, 2)
        assert "1 of 3 files done, 2 skipped; " in result.stderr

    def test_other_settings(self) -> None:
        run("reduce", "photos/trip", "-o", "web")
        result = run("reduce", "photos/trip", "-o", "web", "--quality", "80", "--json")
        (line,) = lines(result)
        assert line["error"] == {
            "code": "output.exists",
            "message": "web/c.jpg was made with other settings (quality); use --overwrite to replace it",
        }

    def test_the_device_is_no_setting(self) -> None:
        run("reduce", "photos/trip", "-o", "web")
        assert lines(run("reduce", "photos/trip", "-o", "web", "--device", "cpu", "--json"))[0]["skipped"]

    def test_without_records(self) -> None:
        assert run("reduce", "photos/trip", "-o", "web", "--no-resume").exit_code == 0
        assert [path.name for path in Path("web").iterdir()] == ["c.jpg"]
        result = run("reduce", "photos/trip", "-o", "web", "--no-resume")
        assert (result.exit_code, result.stderr) == (
            1,
            "error: photos/trip/c.tif: web/c.jpg exists; use --overwrite to replace it\n",
        )


@pytest.mark.usefixtures("folder")
class TestShards:
    def test_together_they_are_everything(self) -> None:
        done = [lines(run("reduce", "photos", "-o", "web", "--shard", f"{index}/3", "--json")) for index in (1, 2, 3)]
        assert sorted(line["file"] for part in done for line in part) == [
            "photos/a.tif",
            "photos/b.png",
            "photos/trip/c.tif",
        ]
        assert not any("skipped" in line for part in done for line in part)
        assert all(line["skipped"] for line in lines(run("reduce", "photos", "-o", "web", "--json")))

    @pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "a/b"])
    def test_wrong_usage(self, shard: str) -> None:
        result = run("reduce", "photos", "-o", "web", "--shard", shard)
        assert result.exit_code == 2
        assert "must have the form i/n" in result.stderr


@pytest.mark.usefixtures("folder")
class TestDryRun:
    def test_nothing_is_written(self) -> None:
        result = run("reduce", "photos", "-o", "web", "--dry-run")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.splitlines()[0] == "photos/a.tif -> web/a.jpg: would be written"
        assert not Path("web").exists()

    def test_a_missing_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("photos/d.raf").write_bytes(b"FUJIFILMCCD-RAW " + bytes(100))
        hide(monkeypatch, "rawpy")
        result = run("reduce", "photos", "-o", "web", "--dry-run")
        assert result.exit_code == 1
        assert "photos/d.raf: reading raw photographs needs rawpy; pip install 'gamutmeta[raw]'" in result.stderr
        assert result.stdout.count("would be written") == 3
        assert not Path("web").exists()

    def test_a_library_missing_for_the_output(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("a.jpg").write_bytes(b"\xff\xd8\xff\xe0")
        hide(monkeypatch, "pyvips")
        result = run("expand", "a.jpg", "-o", "a.avif", "-n", "--json")
        assert result.exit_code == 1
        assert "writing AVIF needs pyvips; pip install 'gamutmeta[avif]'" in result.output
        assert run("expand", "a.jpg", "-o", "a.tif", "-n").exit_code == 0

    def test_a_library_missing_for_the_preset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hide(monkeypatch, "torch")
        monkeypatch.setattr(convert, "PRESETS", PRESETS)
        result = run("reduce", "photos/a.tif", "-o", "a.jpg", "--preset", "paper", "-n")
        assert result.exit_code == 1
        assert "needs torch; pip install 'gamutmeta[torch]'" in result.stderr
        assert run("reduce", "photos/a.tif", "-o", "a.jpg", "-n").exit_code == 0

    def test_what_there_is(self) -> None:
        run("reduce", "photos", "-o", "web")
        Path("web/a.jpg").write_bytes(b"mine")
        Path("web/b.jpg").unlink()
        before = snapshot("web")
        result = run("reduce", "photos", "-o", "web", "-n", "--json")
        assert [(line["action"], line.get("why")) for line in lines(result)] == [
            ("refuse", "was changed since it was made"),
            ("write", None),
            ("skip", None),
        ]
        assert result.exit_code == 1
        result = run("reduce", "photos", "-o", "web", "-n", "--overwrite")
        assert "web/a.jpg: would be replaced: it was changed since it was made" in result.stdout
        assert result.exit_code == 0
        assert snapshot("web") == before

    def test_what_is_not_there(self) -> None:
        result = run("reduce", "photos/a.tif", "photos/none.tif", "-o", "web", "-n")
        assert result.exit_code == 1
        assert result.stdout == "photos/a.tif -> web/a.jpg: would be written\n"
        assert result.stderr.startswith("error: No such file or directory: photos/none.tif\n")


@pytest.mark.usefixtures("folder")
class TestInterrupted:
    def test_says_what_was_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted_at_b(source: Path, *arguments: object, **settings: object) -> object:
            if source.name == "b.png":
                raise KeyboardInterrupt
            return reduce_file(source, *arguments, **settings)

        reduce_file: Callable[..., object] = pipelines.reduce_file_with
        monkeypatch.setattr(pipelines, "reduce_file_with", interrupted_at_b)
        result = run("reduce", "photos", "-o", "web")
        assert result.exit_code == 130
        assert result.stderr.startswith("interrupted: 1 of 3 files done; ")
        assert result.stderr.endswith("; run the same command again to resume\n")
        monkeypatch.undo()
        os.chdir(Path("web").resolve().parent)


@pytest.mark.usefixtures("folder")
def test_a_closed_pipe_is_no_wrong_usage() -> None:
    run("reduce", "photos", "-o", "web")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "gamutmeta", "expand", "web", "-o", "back", "--json"]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_results_that_cannot_be_printed() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "gamutmeta", "info", "photos", "--json"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "Error: cannot print the results: No space left on device\n")


class TestProgress:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def test_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stderr", terminal := self.Terminal())
        with progress(2) as advance:
            advance()
            advance()
        assert "2/2" in terminal.getvalue()

    @pytest.mark.parametrize("total", [0, 1])
    def test_not_for_work_without_steps(self, monkeypatch: pytest.MonkeyPatch, total: int) -> None:
        monkeypatch.setattr(sys, "stderr", terminal := self.Terminal())
        with progress(total) as advance:
            advance()
        assert terminal.getvalue() == ""

    def test_the_step_of_one_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stderr", terminal := self.Terminal())
        with progress(1) as advance:
            step("fitting the model")
            step("writing the file")
            advance()
            shown = terminal.getvalue()
        assert "fitting the model" in shown
        # Removed: the cursor is at the beginning of an empty line, and nothing follows.
        assert shown.rpartition("\x1b[2K")[2] == ""
        assert terminal.getvalue() == shown
        step("nobody looks any more")
        assert terminal.getvalue() == shown

    @pytest.mark.parametrize("options", [("--json",), ("--quiet",)])
    def test_not_with_json_or_quiet(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
    ) -> None:
        seen: list[int] = []

        @contextmanager
        def noticed(total: int) -> Iterator[Callable[[], None]]:
            seen.append(total)
            yield lambda: None

        monkeypatch.setattr("gamutmeta.cli.outcomes.progress", noticed)
        assert run("reduce", "photos/a.tif", "-o", "a.jpg").exit_code == 0
        assert run("reduce", "photos/a.tif", "-o", "b.jpg", *options).exit_code == 0
        assert seen == [1, 0]
        assert folder

    def test_not_into_a_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stderr", file := io.StringIO())
        with progress(9) as advance:
            advance()
        assert file.getvalue() == ""


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_scripts(self, shell: str) -> None:
        result = run("completion", shell)
        assert result.exit_code == 0
        assert f"_GAMUTMETA_COMPLETE={shell}_complete" in result.stdout

    @pytest.mark.parametrize(
        ("words", "answers"),
        [
            ("re", ["reduce", "resize"]),
            ("--v", ["--version"]),
            ("reduce --dry", ["--dry-run"]),
            ("reduce --preset s", ["small"]),
            ("completion z", ["zsh"]),
        ],
    )
    def test_answers(self, monkeypatch: pytest.MonkeyPatch, words: str, answers: list[str]) -> None:
        monkeypatch.setenv("COMP_WORDS", f"gamutmeta {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
        monkeypatch.setenv("_GAMUTMETA_COMPLETE", "bash_complete")
        result = CliRunner().invoke(app, prog_name="gamutmeta")
        assert result.stdout.splitlines() == [f"plain,{answer}" for answer in answers]

    def test_hidden_commands_are_not_offered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COMP_WORDS", "gamutmeta co")
        monkeypatch.setenv("COMP_CWORD", "1")
        monkeypatch.setenv("_GAMUTMETA_COMPLETE", "bash_complete")
        assert CliRunner().invoke(app, prog_name="gamutmeta").stdout.strip() == "plain,completion"


COMMAND = """
import signal, sys
sys.path.insert(0, sys.argv.pop(1))
from carrots import quick_presets
from gamutmeta.cli import convert
from gamutmeta.__main__ import main

if __name__ == "__main__":
    convert.PRESETS = quick_presets()
    # A shell that starts the tests in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
class TestKilled:
    """The real command with two processes, killed when so many outputs are there, and started again."""

    def start(self) -> subprocess.Popen[str]:
        Path("command.py").write_text(COMMAND)
        arguments = ["reduce", "photos", "-o", "web", "--jobs", "2", "--json"]
        return subprocess.Popen(
            [sys.executable, "command.py", str(Path(__file__).parents[1]), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @pytest.mark.parametrize(
        ("how", "outputs"),
        [("the command", 1), ("all processes", 0), ("all processes", 3), ("Ctrl-C", 0), ("Ctrl-C", 2)],
    )
    @pytest.mark.usefixtures("folder")
    def test_a_second_run_completes_it(self, how: str, outputs: int) -> None:
        # So many that none of the interrupted runs ends before the signal arrives.
        for number in range(9):
            write_piece(Path(f"photos/more{number}.tif"))
        originals = snapshot("photos")
        first = self.start()
        end = time.monotonic() + 60
        while len(list(Path("web").rglob("*.jpg"))) < outputs or not Path("web").exists():
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < end
            time.sleep(0.002)
        if how == "the command":
            first.kill()
        else:
            os.killpg(first.pid, signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
        first.communicate(timeout=60)
        for path in Path("web").rglob("*.jpg"):
            assert path.read_bytes().endswith(b"\xff\xd9"), "whole, or not there"

        second = self.start()
        stdout, stderr = second.communicate(timeout=120)
        assert (second.returncode, stderr) == (0, "")
        assert len(stdout.splitlines()) == 12
        # Two may have been at their last step, and are made again.
        assert outputs - 2 <= stdout.count('"skipped": true') < 12
        assert snapshot("photos") == originals
        found = [path.name for path in Path("web").rglob("*") if path.is_file() and path.parent.name != ".gamutmeta"]
        assert sorted(found) == ["a.jpg", "b.jpg", "c.jpg", *(f"more{number}.jpg" for number in range(9))]
        assert not [path for path in Path("web/.gamutmeta").iterdir() if path.suffix != ".json"]
        assert run("expand", "web", "-o", "back").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_jpegs_by_their_other_names() -> None:
    Path("in").mkdir()
    for suffix in ("jpg", "jfif", "JPE", "mpo"):
        Image.new("RGB", (8, 8)).save(f"in/{suffix}.{suffix}", "JPEG")
    planned = lines(run("reduce", "in/", "-o", "out/", "--dry-run", "--json"))
    assert sorted(str(line["output"]) for line in planned) == [
        f"out/{name}.jpg" for name in ("JPE", "jfif", "jpg", "mpo")
    ]
    planned = lines(run("expand", "in/", "-o", "out/", "--dry-run", "--json"))
    assert len(planned) == 4
