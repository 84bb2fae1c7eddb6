"""Steps and files are told to a logger that prints nothing by itself."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

from carrots import QUICK, write_piece

import gamutmeta
from gamutmeta.runtime.steps import LOGGER, observe_steps, step

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photo = write_piece(tmp_path / "photo.tif")
    with caplog.at_level(logging.DEBUG, logger="gamutmeta"):
        gamutmeta.reduce_file(photo, tmp_path / "a.jpg", preset=QUICK, device="cpu")
        gamutmeta.expand_file(tmp_path / "a.jpg", tmp_path / "b.tif")
    steps = [record.message for record in caplog.records if record.levelno == logging.DEBUG]
    assert steps == [
        "reading the photograph", "clipping and coding the picture", "fitting the model", "measuring the result",
        "writing the file", "reading the file", "restoring the colours", "writing the photograph",
    ]  # fmt: skip
    written = [record.message for record in caplog.records if record.levelno == logging.INFO]
    assert [line.partition(" in ")[0] for line in written] == [
        f"{tmp_path / 'a.jpg'} was written from {photo}",
        f"{tmp_path / 'b.tif'} was written from {tmp_path / 'a.jpg'}",
    ]


def test_nothing_is_printed_unless_asked_for() -> None:
    code = "from gamutmeta.runtime.steps import LOGGER; LOGGER.warning('x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert LOGGER.name == "gamutmeta"


def test_observers_see_their_own_steps_alone() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with observe_steps(outer.append):
        step("one")
        with observe_steps(inner.append):
            step("two")
        step("three")
    step("four")
    assert (outer, inner) == (["one", "three"], ["two"])
