"""docs/gpu.md keeps its word: its commands are understood, its programs run."""

from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image
from pipeline.test_conformance import CODES, container

from gamutmeta import carriers
from gamutmeta.cli import app
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.fit import config

PAGE = (Path(__file__).parents[2] / "docs" / "gpu.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^gamutmeta ([^#\n]*)", BLOCKS, re.MULTILINE)
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BENCHMARKS = re.findall(r"^python -m benchmarks\.gpu ([^#\n]*)", BLOCKS, re.MULTILINE)


def test_there_are_commands() -> None:
    assert (len(COMMANDS), len(BENCHMARKS)) == (3, 6)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str) -> None:
    name, *arguments = shlex.split(command)
    known = app.get_command(click.Context(app), name)
    assert known is not None
    known.make_context(name, arguments)


@pytest.mark.parametrize("command", BENCHMARKS)
def test_benchmarks_are_understood(command: str) -> None:
    benchmark = pytest.importorskip("benchmarks.gpu.__main__").BENCHMARK
    assert benchmark.options(shlex.split(command)).photograph == Path("photo.tif")


def test_the_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU; with the size of the picture at hand."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    file = io.BytesIO()
    Image.fromarray(CODES).save(file, "PNG")
    Path("photo.jpg").write_bytes(carriers.embed(file.getvalue(), container()))
    _, first, second = PROGRAMS
    names: dict[str, object] = {}
    exec(first.replace('"cuda"', '"auto"'), names)  # noqa: S102 - it is the page's
    restored = np.asarray(names["wide"])
    small = second.replace("(2000, 3000, 3)", str(CODES.shape)).replace('"cuda"', '"cpu"')
    exec(small, names)  # noqa: S102 - likewise
    assert np.asarray(names["wide"]).shape == restored.shape


def test_photographs_are_fitted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU, with few steps."""
    pytest.importorskip("torch")
    short = replace(config.PRESETS["balanced"], steps=3)
    monkeypatch.setattr(config, "PRESETS", {"balanced": short})
    wide = np.random.default_rng(0).integers(0, 65536, (12, 16, 3), np.uint16)
    names: dict[str, object] = {"photographs": [(reduce_to_codes(wide, short.adaptation)[0], wide)] * 2}
    exec(PROGRAMS[0].replace('"cuda"', '"cpu"'), names)  # noqa: S102 - it is the page's
    models = names["models"]
    assert isinstance(models, list)
    assert [model.steps for model in models] == [3, 3]
