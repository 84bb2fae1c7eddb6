from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from carrots import CARROTS

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.agreement import CODINGS, PROGRAMS, compared, middle  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.photo.read import read_photo  # noqa: E402
from spec.program import Program  # noqa: E402

SHORT = replace(PRESETS["small"], steps=200)
PIXELS = {"JavaScript": 60_000, "Python": 1_500}


@pytest.fixture(params=PROGRAMS)
def decoder(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if shutil.which(PROGRAMS[name][0][0]) is None:
        pytest.skip(f"needs {PROGRAMS[name][0][0]}")
    return name


def test_passes_every_vector(decoder: str) -> None:
    command = [sys.executable, "-m", "spec.conformance", "--json", "--", *PROGRAMS[decoder][0]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    count = len(json.loads((ROOT / "spec" / "vectors" / "index.json").read_bytes())["vectors"])
    assert result["failures"] == []
    assert result["passed"] == count
    assert result["largest_difference"] <= 2


@pytest.mark.parametrize("coding", CODINGS)
def test_restores_a_photograph_as_the_package_does(decoder: str, coding: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    wide = np.ascontiguousarray(middle(read_photo(CARROTS).array, PIXELS[decoder]))
    program = Program(PROGRAMS[decoder][0], 120)
    row = compared(program, wide, CODINGS[coding] | {"preset": SHORT}, tmp_path)
    assert program.finish() is None
    assert row["pixels"] > 0.9 * PIXELS[decoder]
    assert row["largest"] <= 2
    assert row["beyond_one"] <= 0.001


def test_the_decoders_share_nothing_with_the_package() -> None:
    for path in (ROOT / "spec" / "decoders").glob("*.py"):
        assert "gamutmeta." not in "".join(
            line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))
        )
