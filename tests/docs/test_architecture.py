"""ARCHITECTURE.md keeps its word: its picture is that of the imports, its rooms and files are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("grimp")

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    found = importlib.util.spec_from_file_location("draw_rooms", ROOT / "docs" / "draw_rooms.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_picture_is_that_of_the_imports(rooms: ModuleType) -> None:
    assert rooms.drawn(PAGE) == PAGE, "python docs/draw_rooms.py draws it anew"


def test_no_arrow_leads_up(rooms: ModuleType) -> None:
    depth = {room: number for number, layer in enumerate(rooms.layers()) for room in layer}
    assert [
        (room, other) for room, others in rooms.arrows().items() for other in others if depth[other] <= depth[room]
    ] == []


def test_what_is_implied_is_left_out_of_the_picture(rooms: ModuleType) -> None:
    found = {"a": {"b": 1, "c": 2}, "b": {"c": 1}, "c": {}}
    text = rooms.drawing(found, [["a"], ["b"], ["c"]])
    assert re.findall(r"room_\w --> room_\w", text) == ["room_a --> room_b", "room_b --> room_c"]
    assert "| `a` | b 1, c 2 |" in text
    assert "3 rooms, 3 arrows between them, 0 against the layers." in text
    assert "1 against the layers" in rooms.drawing({"a": {}, "b": {"a": 1}}, [["a"], ["b"]])


def test_every_room_has_its_line(rooms: ModuleType) -> None:
    table = PAGE.partition("What each room is for")[2].partition("\n\n|")[2].partition("\n\n")[0]
    described = set(re.findall(r"^\|? ?`(\w+)(?:/|\.py)` \|", table, re.MULTILINE))
    assert described == set(rooms.arrows())


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"`((?:gamutmeta|tests|docs|spec|benchmarks)/[\w./]+)`", PAGE))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_functions_that_are_named_are_there() -> None:
    named = re.findall(r"`(\w+)` \(`(gamutmeta/[\w/]+\.py)`\)", PAGE)
    assert named
    for name, file in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^ *(?:def|class) {name}\b", text, re.MULTILINE), (name, file)
