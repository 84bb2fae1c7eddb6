"""README.md and CHANGELOG.md keep their word: examples run, and whatever can be listed is listed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from carrots import CARROTS, quick_presets, with_quick_presets

import gamutmeta
from gamutmeta import carriers
from gamutmeta.fit.config import PRESETS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples find: photo.tif and a folder of exports."""
    shutil.copy(CARROTS, tmp_path / "photo.tif")
    (tmp_path / "exports").mkdir()
    shutil.copy(CARROTS, tmp_path / "exports" / "a.tif")
    return tmp_path


def run(command: list[str], folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run an example with quick presets, and one thread per process: others may be at work on this machine."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"}
    environment = with_quick_presets(tmp_path_factory.mktemp("presets"), environment)
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_there_are_examples() -> None:
    assert (len(examples("python")), len(examples("sh"))) == (3, 2)


@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning"
)  # a picture that a few lines open they need not close
@pytest.mark.parametrize("code", examples("python"))
def test_python_examples(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("gamutmeta.fit.config.PRESETS", quick_presets())
    try:
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is the point
    finally:
        gamutmeta.unregister()


@pytest.mark.slow
@pytest.mark.parametrize("code", examples("sh"))
def test_command_line_examples(code: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(["sh", "-e", "-c", code], folder, tmp_path_factory)
    assert (folder / "restored.tif").exists() or (folder / "restored" / "a.tif").exists()


def test_the_two_commands_come_first() -> None:
    assert examples("console")[0] == "$ make demo\n$ make test\n"
    assert README.index("```console") == README.index("```")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^(demo|test): ", makefile, re.MULTILINE) == ["demo", "test"]


def test_every_preset_carrier_and_extra_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in (*PRESETS, *carriers.CARRIERS):
        assert f"\n| `{name}`" in README, name
    extras = (ROOT / "docs" / "install.md").read_text(encoding="utf-8").split("## Sizes")[0]
    for name in project["optional-dependencies"]:
        assert f"\n| `{name}`" in extras, name


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## .*{re.escape(gamutmeta.__version__.split('.dev')[0])}", changelog, re.MULTILINE)


def test_constraints_pin_every_dependency() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    groups = (settings["project"]["dependencies"], *extras.values(), *settings["dependency-groups"].values())
    names = {re.split(r"[^\w-]", requirement)[0] for group in groups for requirement in group} - {"gamutmeta"}
    for name in names:
        assert re.search(rf"^{name}==\d", pins, re.MULTILINE), name
