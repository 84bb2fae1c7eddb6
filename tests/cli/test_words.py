"""The library's messages name keyword arguments, the command's name options; they go together."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import gamutmeta
from gamutmeta.cli import app
from gamutmeta.cli.options import as_options

PACKAGE = Path(gamutmeta.__file__).parent
SOURCES = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
LIBRARY = {name: text for name, text in SOURCES.items() if not name.startswith("cli/")}
KEYWORDS = {keyword for text in LIBRARY.values() for keyword in re.findall(r"\bpass (\w+)=\S+ to\b", text)}


def options_of(name: str) -> set[str]:
    command = app.get_command(click.Context(app), name)
    assert command is not None
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def test_some_messages_name_keyword_arguments() -> None:
    assert {"overwrite", "replace", "assume_space"} <= KEYWORDS


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_each_keyword_argument_has_its_option(keyword: str) -> None:
    said = as_options(f"x.jpg exists; pass {keyword}=True to do it anyway")
    value = {"samples": " extended"}.get(keyword, "")
    option = f"--{keyword.replace('_', '-')}"
    assert said == f"x.jpg exists; use {option}{value} to do it anyway"
    assert any(option in options_of(name) for name in ("reduce", "attach"))


def test_other_words_stay() -> None:
    message = "a.tif: pass threads=1 to f; overwrite=True and replace=True are words here"
    assert as_options(message) == message


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_the_library_names_no_options(name: str) -> None:
    code = re.sub(r"#.*", "", LIBRARY[name])
    assert re.findall(r"(?<![\w`<!-])--[a-z][a-z-]+", code) == []
