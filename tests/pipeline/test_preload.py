from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gamutmeta.pipeline import preload as preload_module
from gamutmeta.pipeline.preload import preload

if TYPE_CHECKING:
    from pathlib import Path


def preloaded(path: Path, modules: tuple[str, ...]) -> None:
    """Preload and wait for it."""
    preload(path, modules)
    for thread in threading.enumerate():
        if thread.name == "gamutmeta-preload":
            thread.join()


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "x.tif"
    path.write_bytes(bytes(100))
    monkeypatch.setattr(preload_module, "_LARGE", 100)
    return path


def test_modules_are_imported_while_a_large_file_is_read(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    preloaded(large, ("colorsys",))
    assert "colorsys" in sys.modules


def test_not_for_a_small_file_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "small").write_bytes(b"x")
    preloaded(tmp_path / "small", ("colorsys",))
    preloaded(tmp_path / "missing", ("colorsys",))
    assert "colorsys" not in sys.modules


def test_what_is_not_installed_is_left_for_later(large: Path) -> None:
    preloaded(large, ("gamutmeta.nothing_of_this_name",))


def test_how_threads_take_turns_belongs_to_the_process(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[float] = []
    monkeypatch.setattr(sys, "setswitchinterval", changes.append)
    preloaded(large, ("colorsys",))
    assert changes == []
