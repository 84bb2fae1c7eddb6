"""The Python examples of the README and the manual are typed: they pass mypy in strict mode."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import manual
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("mypy")

NAMES = ("python", "errors", "extended", "scale", "shoulder", "show-wide")
TYPED = ("README.md", *(f"docs/{name}.md" for name in NAMES))


def examples(page: str) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```$", (manual.ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def checked(folder: Path, files: dict[str, str]) -> str:
    """What mypy says of files, with the settings of the project, which are stricter than --strict."""
    for name, code in files.items():
        (folder / name).write_text(code, encoding="utf-8")
    paths = [str(folder / name) for name in files]
    command = [sys.executable, "-m", "mypy", "--strict", "--scripts-are-modules", *paths]
    done = subprocess.run(command, cwd=manual.ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.mark.slow
def test_examples_are_typed(tmp_path: Path) -> None:
    found = {
        f"{page.rpartition('/')[2].removesuffix('.md').lower()}_{number}.py": code
        for page in TYPED
        for number, code in enumerate(examples(page))
    }
    assert len(found) > 10
    assert checked(tmp_path, found) == f"Success: no issues found in {len(found)} source files\n"


@pytest.mark.slow
def test_a_wrong_word_is_noticed(tmp_path: Path) -> None:
    code = 'import gamutmeta\n\ngamutmeta.expand("photo.jpg", space="display-p4")\n'
    assert 'Argument "space" to "expand" has incompatible type' in checked(tmp_path, {"wrong.py": code})
