"""The site is made without a warning, and has what it should."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import manual
import pytest

import gamutmeta

if TYPE_CHECKING:
    from pathlib import Path

MISSING = [name for name in ("sphinx", "myst_parser", "furo") if find_spec(name) is None]


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"the dependency group docs is not installed: {', '.join(MISSING)}")
def test_the_site(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", manual.DOCS, tmp_path / "site"]
    result = subprocess.run(
        [*map(str, command), "-d", str(tmp_path / "trees")], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    for page in manual.PAGES:
        assert (tmp_path / "site" / page).with_suffix(".html").exists()
    reference = (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    for name in set(gamutmeta.__all__) - {"PRESETS"}:
        assert f".{name}" in reference, name
    assert 'class="reference download' in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
