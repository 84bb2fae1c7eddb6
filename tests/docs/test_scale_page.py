"""docs/scale.md keeps its word: its commands are understood, its program runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from carrots import write_piece

from gamutmeta.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)).replace("\\\n", "")
COMMANDS = re.findall(r"^(?:\w+=\w+ )?gamutmeta (.*?)(?: > .*)?$", BLOCKS, re.MULTILINE)


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 7


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str) -> None:
    command = command.replace("$SLURM_ARRAY_TASK_ID", "3").replace("$SLURM_CPUS_PER_TASK", "4")
    name, *arguments = shlex.split(command)
    known = app.get_command(click.Context(app), name)
    assert known is not None
    known.make_context(name, arguments)


def test_every_option_that_is_named_exists() -> None:
    known = app.get_command(click.Context(app), "reduce")
    assert known is not None
    options = {name for parameter in known.params for name in (*parameter.opts, *parameter.secondary_opts)}
    slurm = {"--array", "--job-name", "--cpus-per-task", "--mem", "--requeue"}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) - slurm <= options


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; pip install 'gamutmeta[ray]'")
def test_the_program_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "program.py").write_text(code)
    (tmp_path / "photos").mkdir()
    write_piece(tmp_path / "photos" / "a.tif")
    (tmp_path / "photos" / "bad.png").write_bytes(b"")
    subprocess.run([sys.executable, "program.py"], cwd=tmp_path, check=True, timeout=300)
    from pyarrow import parquet  # noqa: PLC0415 - comes with Ray

    rows = {Path(row["file"]).name: row for row in parquet.read_table(tmp_path / "reports").to_pylist()}
    assert rows["a.tif"]["payload_bytes"] <= 1500
    assert rows["bad.png"]["error_code"] == "photo"
