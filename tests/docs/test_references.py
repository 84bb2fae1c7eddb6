"""Names of modules, functions and files in pages, docstrings and comments are those of things that exist."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING

import manual
import pytest

import gamutmeta

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROOT = manual.ROOT
FOLDERS = ("gamutmeta", "spec", "tests", "benchmarks", "docs")
SKIPPED = {"__pycache__", "node_modules", "build"}
FILES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file() and not SKIPPED & {*path.parts}
)
PAGES = [*sorted({*ROOT.glob("*.md")} - {ROOT / "CHANGELOG.md"}), *(path for path in FILES if path.suffix == ".md")]
MODULES = [path for path in FILES if path.suffix == ".py"]
NAMES = {path.name for path in [*FILES, *ROOT.iterdir()]}
MADE = {
    "build/docs/index.html",
    "build/benchmarks/gpu.json",
    "build/benchmarks/gpu-first-run.json",
    "gpu.json",
    "DATA/split.json",
    "measured.json",
}
"""Files that programs write."""
BASES = (ROOT, ROOT / "gamutmeta", ROOT / "benchmarks" / "results")
EXAMPLES = {
    "gamutmeta/enhance.js",
    "pdfjs-dist/image_decoders/pdf.image_decoders.min.mjs",
    "NAME.json",
    "NAME.md",
}
"""Files of readers, or placeholders."""

SUFFIXES = "py|md|js|mjs|json|toml|ksy|sh|svg|npz|lua|config|html|css"
DOTTED = re.compile(r"(?<![\w./@-])(?:gamutmeta|spec|tests|benchmarks)(?:\.[A-Za-z_]\w*)+")
PATHS = re.compile(rf"(?<![\w:/.~$<>-])(?:[\w-]+/)+[\w.-]+\.(?:{SUFFIXES})\b(?![\w/(])")
IMPORTS = re.compile(r"^(?:from|import) .*$", re.MULTILINE)
BARE = re.compile(rf"``?([\w-]+\.(?:{SUFFIXES}))``?")


def references(pattern: re.Pattern[str], files: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in files:
        text = path.read_text(encoding="utf-8")
        parts: Iterable[str] = [text]
        if path.suffix == ".py":  # To take a module apart takes long.
            parts = prose_of(text) if pattern.search(IMPORTS.sub("", text)) else []
        for part in parts:
            yield from ((path, match[match.re.groups]) for match in pattern.finditer(part))


def prose_of(source: str) -> Iterator[str]:
    """Comments and docstrings of a module, also those below a constant or a field."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


@cache
def names_in(path: Path) -> frozenset[str]:
    """Everything that a module defines or imports, also in its classes, and the attributes that these set."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name)
    return frozenset(found)


def exists(dotted: str) -> bool:
    """Whether a module is there, or something in it."""
    place, names = ROOT, dotted.split(".")
    while names and (place / names[0]).is_dir():
        place /= names.pop(0)
    if names and (place / f"{names[0]}.py").is_file():
        place /= f"{names.pop(0)}.py"
    if not names:
        return True
    if place == ROOT / "gamutmeta":
        return reaches(gamutmeta, names)  # which imports its names when they are asked for
    module = place if place.is_file() else place / "__init__.py"
    return module.is_file() and set(names) <= names_in(module)


def reaches(thing: object, names: list[str]) -> bool:
    try:
        attrgetter(".".join(names))(thing)
    except AttributeError:
        return False
    return True


def is_file_name(dotted: str) -> bool:
    """``gamutmeta.js`` and the like."""
    return dotted in NAMES


@pytest.mark.slow  # It imports every module of the project.
def test_modules_and_their_names_exist() -> None:
    found = set(references(DOTTED, PAGES + MODULES))
    assert len(found) > 100
    missing = {(path, name) for path, name in found if not exists(name) and not is_file_name(name)}
    assert [f"{path.relative_to(ROOT)}: {name}" for path, name in sorted(missing)] == []


def test_files_exist() -> None:
    """A path is relative to one of `BASES`, or to a folder that the page or module is in."""
    found = set(references(PATHS, PAGES + MODULES))
    assert len(found) > 100
    missing = {
        (path, name)
        for path, name in found
        if name not in MADE | EXAMPLES and not any((folder / name).exists() for folder in (*path.parents[:4], *BASES))
    }
    assert [f"{path.relative_to(ROOT)}: {name}" for path, name in sorted(missing)] == []


def test_files_without_a_folder_exist_somewhere() -> None:
    found = set(references(BARE, PAGES + MODULES))
    assert len(found) > 30
    missing = {(path, name) for path, name in found if name not in NAMES | MADE | EXAMPLES}
    assert [f"{path.relative_to(ROOT)}: {name}" for path, name in sorted(missing)] == []


@pytest.mark.parametrize("gone", ["gamutmeta.fit.nothing", "gamutmeta.fit.config.Nothing", "benchmarks.nothing"])
def test_what_is_gone_is_noticed(gone: str) -> None:
    assert not exists(gone)
    assert exists("gamutmeta.fit.config.FitConfig.within")
    assert [match[0] for match in DOTTED.finditer(f"see :func:`{gone}`.")] == [gone]
