"""What importing loads, and what it must not: torch takes a second and hundreds of megabytes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from carrots import QUICK, write_piece

import gamutmeta
from gamutmeta.pipeline.reduce import reduce_file

HEAVY = (
    "torch", "numpy", "PIL", "tifffile", "imagecodecs", "msgpack", "zstandard", "click", "rawpy",
    "pillow_heif", "multiprocessing", "concurrent.futures.process", "asyncio",
)  # fmt: skip
"""Libraries, and parts of Python's own, that take from ten milliseconds to seconds."""


def loaded_by(code: str, *arguments: Path) -> set[str]:
    """Which of the heavy libraries are loaded in a new process after `code`."""
    script = f"import sys\n{code}\nimport json\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(json.loads(output.splitlines()[-1]))


@pytest.fixture(scope="module")
def srgb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import")
    reduce_file(write_piece(folder / "photo.tif"), folder / "photo.jpg", preset=QUICK)
    return folder / "photo.jpg"


def test_importing_loads_nothing() -> None:
    assert loaded_by("import gamutmeta; dir(gamutmeta); gamutmeta.__version__") == set()


def test_the_presets_load_no_torch() -> None:
    assert loaded_by("import gamutmeta; gamutmeta.PRESETS; gamutmeta.FitConfig") == {"numpy"}


def test_expanding_loads_no_torch(srgb_file: Path, tmp_path: Path) -> None:
    code = "import gamutmeta; gamutmeta.expand_file(sys.argv[1], sys.argv[2])"
    loaded = loaded_by(code, srgb_file, tmp_path / "x.tif")
    assert "torch" not in loaded
    assert "numpy" in loaded


@pytest.mark.parametrize("preset", ["small", "balanced", "best"])
def test_reducing_loads_no_torch(tmp_path: Path, preset: str) -> None:
    code = f"""
from dataclasses import replace
import gamutmeta
gamutmeta.reduce_file(sys.argv[1], sys.argv[2], preset=replace(gamutmeta.PRESETS["{preset}"], steps=5))
"""
    loaded = loaded_by(code, write_piece(tmp_path / "photo.tif"), tmp_path / "photo.jpg")
    assert "torch" not in loaded
    assert "numpy" in loaded


def test_the_pillow_plugin_loads_no_torch(srgb_file: Path) -> None:
    code = "import gamutmeta, PIL.Image as I; gamutmeta.register(); I.open(sys.argv[1]).gamut_expand()"
    assert "torch" not in loaded_by(code, srgb_file)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["info", "missing.jpg"]])
def test_the_command_line_loads_what_the_command_needs(arguments: list[str]) -> None:
    code = f"""
sys.argv = ["gamutmeta", *{arguments}]
from gamutmeta.__main__ import main
try:
    main()
except SystemExit:
    print()
"""
    needed = {"click", "numpy", "msgpack", "zstandard"} if "info" in arguments else {"click"}
    assert loaded_by(code) == needed


def test_the_streets_load_no_more_than_numpy_and_pillow_at_first() -> None:
    for name in ("expand_file", "reduce_file", "verify_file", "register"):
        assert loaded_by(f"import gamutmeta; gamutmeta.{name}") <= {"numpy", "PIL", "msgpack", "zstandard"}, name


def test_every_public_name_is_there() -> None:
    for name in gamutmeta.__all__:
        assert getattr(gamutmeta, name) is getattr(gamutmeta, name)
        assert name in dir(gamutmeta)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gamutmeta.nothing  # type: ignore[attr-defined]


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(gamutmeta.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(imported) == sorted(gamutmeta.__all__)
    homes = {name: f"gamutmeta.{home}" for name, home in gamutmeta._HOME.items()}
    assert imported == homes | dict.fromkeys(gamutmeta._MODULES, "gamutmeta")
