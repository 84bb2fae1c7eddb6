"""The prepared first run on a GPU: within its time, in its order, and with a file whatever happens."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("triton")

from fit.test_engine import colourful

import gamutmeta
from benchmarks.gpu import __main__ as command
from benchmarks.gpu import first_run
from benchmarks.gpu.first_run import Part, main, parts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    gamutmeta.WideImage(colourful(40, 50).astype(np.uint16), "prophoto").save(tmp_path / "photo.tif")
    return tmp_path / "photo.tif"


def results(photograph: Path, *more: str) -> tuple[int, dict[str, Any]]:
    out = photograph.parent / "out" / "results.json"
    code = main([str(photograph), "--out", str(out), *more])
    return code, json.loads(out.read_text(encoding="utf-8"))


def test_it_takes_no_more_than_six_minutes(photograph: Path) -> None:
    planned = parts(photograph)
    assert sum(part.seconds for part in planned) <= first_run.SECONDS == 360
    assert [part.name for part in planned][:4] == [
        "tests that need a GPU",
        "tests of kernels and fits",
        "fit",
        "expand",
    ]


def test_its_commands_are_understood(photograph: Path) -> None:
    for part in parts(photograph):
        if part.measures:
            _, module, *arguments = part.arguments
            options = command.BENCHMARK.options(arguments)
            assert (module, options.only, options.megapixels) == ("benchmarks.gpu", [part.name], [24])


def test_there_is_a_file_whatever_happens(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that passes, one that fails, one with a child that never ends, one that cannot start, and one too many."""
    asleep = "import subprocess, sys; print('begun', flush=True)"
    asleep += "; subprocess.run([sys.executable, '-c', 'import time; time.sleep(99)'])"
    measuring = "import sys, pathlib; pathlib.Path(sys.argv[2], 'gpu.json').write_text('{\"rows\": [1]}')"
    planned = [
        Part("good", 60, ("-c", measuring), measures=True),
        Part("bad", 60, ("-c", "print('why'); raise SystemExit(3)")),
        Part("no tests", 60, ("-c", "raise SystemExit(5)")),
        Part("endless", 4, ("-c", asleep)),
        Part("unreadable", 60, ("-c", measuring.replace("[1]", "")), measures=True),
        Part("late", 0, ("-c", "")),
    ]
    monkeypatch.setattr(first_run, "parts", lambda *_, **__: planned)
    begun = time.monotonic()
    code, found = results(photograph)
    assert code == 1
    assert time.monotonic() - begun < 90
    said = {part["part"]: part["status"] for part in found["parts"]}
    assert said == {
        "good": "passed", "bad": "failed", "no tests": "passed", "endless": "out of time", "unreadable": "failed",
        "late": "left out",
    }  # fmt: skip
    good, bad, _, endless, *_ = found["parts"]
    assert good["result"] == {"rows": [1]}
    assert (bad["output"], bad["exit"]) == ("why\n", 3)
    assert endless["output"].startswith("begun")
    assert found["versions"]["numpy"] == np.__version__
    assert str(photograph.parent) not in json.dumps(found), "no folder of the user"


def test_a_photograph_that_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none.tif")])
    assert "is no file" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Triton is for Linux")
def test_the_rehearsal_passes(photograph: Path) -> None:
    """All parts, on the CPU and in Triton's interpreter; each measures something."""
    code, found = results(photograph, "--rehearse", "--seconds", "3000")
    assert {part["part"]: part["status"] for part in found["parts"]} == {
        part.name: "passed" for part in parts(photograph)
    }
    assert code == 0
    assert found["rehearsal"] is True
    for part in found["parts"][2:]:
        assert {row["part"] for row in part["result"]["rows"]} == {part["part"]}
