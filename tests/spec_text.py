"""The specification as data: the fenced examples and the tables in spec/gamutmeta-1.md and spec/gamutmeta-2.md."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

SPEC = Path(__file__).parents[1] / "spec"

_FENCE = re.compile(r"^```(\w+) example=([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^<!-- table=([\w-]+) -->\n((?:^\|.*\n)+)", re.MULTILINE)
_HEX_PAIR = re.compile(r"[0-9A-F]{2}")


@cache
def text(version: int = 1) -> str:
    """The whole document; that of version 2 says only what is new."""
    return (SPEC / f"gamutmeta-{version}.md").read_text(encoding="utf-8")


@cache
def examples() -> dict[tuple[str, str], str]:
    """Fenced examples of both documents by language and name; each must be unique."""
    found = {}
    for language, name, body in _FENCE.findall(text()) + _FENCE.findall(text(2)):
        assert (language, name) not in found, (language, name)
        found[language, name] = body
    return found


def hex_example(name: str) -> bytes:
    """The bytes of a hex example: the pairs at the beginning of each line; what follows is explanation."""
    return b"".join(map(hex_of_line, examples()["hex", name].splitlines()))


def descriptor_example(number: int) -> bytes:
    """The descriptor of an example; the first is explained where its container is."""
    if number > 1:
        return hex_example(f"descriptor-{number}")
    container = hex_example("container-1")
    return container[28 : 28 + int.from_bytes(container[16:20], "big")]


def hex_of_line(line: str) -> bytes:
    """The bytes at the beginning of a line."""
    return bytes(int(word, 16) for word in takewhile(_HEX_PAIR.fullmatch, line.split()))


def json_example(name: str) -> Any:
    """The value of a JSON example."""
    return json.loads(examples()["json", name])


def functions(*names: str, **known: Any) -> dict[str, Any]:
    """What the Python examples of these names define, given the names in `known`."""
    namespace = dict(known)
    for name in names:
        exec(examples()["python", name], namespace)  # noqa: S102 - our own text
    return namespace


@cache
def table(name: str) -> list[list[str]]:
    """The rows of a table, without its head, cells stripped."""
    bodies = [body for found, body in _TABLE.findall(text()) + _TABLE.findall(text(2)) if found == name]
    assert len(bodies) == 1, name
    return table_rows(bodies[0])


def table_after(heading: str, nth: int = 0) -> list[list[str]]:
    """The rows of the nth unmarked table behind a heading."""
    behind = text().split(f"\n{heading}\n", 1)[1]
    bodies = re.findall(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    return table_rows(bodies[nth])


def table_rows(body: str) -> list[list[str]]:
    """Cells of the rows behind the head and its ruler."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in body.splitlines()]
    assert all(len(row) == len(rows[0]) for row in rows), body
    return rows[2:]


def code(cell: str) -> str:
    """A cell without its back-ticks."""
    return cell.replace("`", "")


def json_form(entries: dict[str, Any]) -> dict[str, Any]:
    """A decoded descriptor map as JSON has it: digests in base16."""
    return {key: value.hex().upper() if isinstance(value, bytes) else value for key, value in entries.items()}
