"""The list of attacks: every row names what shows its answer, and that exists and answers so."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from tests.fuzz.expect import CODES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "spec" / "attacks.md").read_text(encoding="utf-8")
INDEX = json.loads((ROOT / "spec" / "vectors" / "index.json").read_text(encoding="utf-8"))
VECTORS = {vector["id"]: vector for vector in INDEX["vectors"]}
HEAD = ["attack", "answer", "code", "shown by"]
REFERENCE = re.compile(r"`([^`]+)`")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _rows() -> list[list[str]]:
    rows = [_cells(line) for line in TEXT.splitlines() if line.startswith("|")]
    return [row for row in rows if row != HEAD and set("".join(row)) != {"-"}]


ROWS = _rows()
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: re.sub(r"[^a-z0-9]+", "-", row[0].lower())[:60])


@cache
def _tests_in(path: Path) -> frozenset[str]:
    """Names of the tests of a module, those in classes with the class before them."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(names)


def test_every_table_has_the_same_head_and_none_is_empty() -> None:
    tables = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    assert len(tables) >= 10
    for table in tables:
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert _cells(lines[0]) == HEAD
        assert len(lines) > 2
    assert len(ROWS) > 80


@each_row
def test_a_row_says_what_happens_and_what_shows_it(row: list[str]) -> None:
    attack, answer, code, shown = row
    assert attack
    assert answer
    codes = REFERENCE.findall(code)
    assert code in {"", *(f"`{name}`" for name in CODES)}
    references = REFERENCE.findall(shown)
    assert references
    assert ", ".join(f"`{reference}`" for reference in references) == shown
    for reference in references:
        if reference.startswith("tests/"):
            path, _, name = reference.partition("::")
            assert name in _tests_in(ROOT / path), reference
        else:
            assert [VECTORS[reference]["error"]] == codes if codes else VECTORS[reference]["result"] == "ok", reference


def test_every_code_of_a_reader_is_attacked() -> None:
    named = {code for row in ROWS for code in REFERENCE.findall(row[2])}
    assert {vector["error"] for vector in VECTORS.values() if vector["result"] == "error"} <= named
