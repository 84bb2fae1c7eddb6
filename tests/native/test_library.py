from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from gamutmeta.errors import GamutMetaWarning
from gamutmeta.native import build, library

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _anew() -> None:
    """Forget what was loaded, before and after."""
    library._loaded.cache_clear()
    library.built_library.cache_clear()


@pytest.fixture
def compiler() -> list[str]:
    command = build.compiler()
    if command is None:
        pytest.skip("there is no C compiler")
    return command


@pytest.mark.slow
def test_what_is_built_is_loaded_and_says_what_it_is(
    compiler: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build.build(compiler, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(built)
    before = [path.stat().st_mtime_ns for path in built]
    assert [path.stat().st_mtime_ns for path in build.build(compiler, tmp_path)] == before, "they were current"
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    monkeypatch.delenv(library.VARIABLE, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert library.library() is library.library() is not None
    assert library.variant() == ("avx2" if library.built_library(for_any=True).gamutmeta_has_avx2() else "any")
    monkeypatch.setenv(library.VARIABLE, "any")
    assert library.variant() == "any"


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(library.VARIABLE, "0")
    assert library.library() is None
    assert library.variant() == "numpy"


def test_a_missing_library_is_told_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    monkeypatch.delenv(library.VARIABLE, raising=False)
    with pytest.warns(GamutMetaWarning, match=r"numpy does its work.*is not there.*python -m gamutmeta\.native\.build"):
        assert library.library() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert library.library() is None
    with pytest.raises(OSError, match="is not there"):
        library.built_library()


def test_something_else_by_that_name_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / build.library_name("any")).write_bytes(b"no library")
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    monkeypatch.delenv(library.VARIABLE, raising=False)
    with pytest.warns(GamutMetaWarning, match="cannot be used"):
        assert library.library() is None


def test_a_library_of_other_sources_is_not_used(compiler: list[str], tmp_path: Path) -> None:
    source = tmp_path / "old.c"
    functions = "gamutmeta_interface", "gamutmeta_has_avx2"
    source.write_text("\n".join(f"long long {name}(void) {{ return -1; }}" for name in functions))
    target = tmp_path / build.library_name("any")
    subprocess.run([*compiler, "-shared", "-fPIC", str(source), "-o", str(target)], check=True)
    with pytest.raises(OSError, match="another version: build it again"):
        library._open(target)


def test_without_a_compiler_the_build_says_what_to_do(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CC"} | {"PATH": str(tmp_path)}
    code = (
        "import importlib.util, gamutmeta.native.build as build\n"
        "importlib.util.find_spec = lambda name: None\n"
        "raise SystemExit(build.main())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "install one, or `pip install ziglang`" in done.stderr


def test_a_compiler_that_fails_is_quoted(tmp_path: Path) -> None:
    environment = os.environ | {"CC": f"{sys.executable} -c 'raise SystemExit(\"broken\")'"}
    command = [sys.executable, "-m", "gamutmeta.native.build", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "broken" in done.stderr
