"""Draws the rooms of the package into ARCHITECTURE.md, from its imports: `python docs/draw_rooms.py`.

An arrow says "imports from". Where A leads to B and B to C, an arrow from A to C is left out of the picture; the table
below it has them all. The layers are those of the contract in pyproject.toml, which `make layers` checks.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
PACKAGE = "gamutmeta"
BEGIN, END = "<!-- drawn by docs/draw_rooms.py -->\n", "<!-- end of the drawing -->"

Arrows = dict[str, dict[str, int]]
"""Room -> rooms that it imports from -> how many of its modules' imports lead there."""


def layers() -> list[list[str]]:
    """The rooms, top layer first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    contract = next(contract for contract in contracts if contract["type"] == "layers" and contract.get("exhaustive"))
    return [[room.strip() for room in re.split("[|:]", layer)] for layer in contract["layers"]]


def arrows() -> Arrows:
    """Imports between rooms, without those for type checkers alone."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    found: Arrows = {room.rpartition(".")[2]: {} for room in graph.find_children(PACKAGE)}
    for module in sorted(graph.modules - {PACKAGE}):
        room = module.split(".")[1]
        for imported in graph.find_modules_directly_imported_by(module) - {PACKAGE}:
            other = imported.split(".")[1]
            if other != room:
                found[room][other] = found[room].get(other, 0) + 1
    return found


def below(found: Arrows, room: str) -> set[str]:
    """All rooms that a room leads to."""
    reached: set[str] = set()
    waiting = list(found[room])
    while waiting:
        other = waiting.pop()
        if other not in reached:
            reached.add(other)
            waiting += found[other]
    return reached


def drawing(found: Arrows, order: list[list[str]]) -> str:
    """The picture and the table."""
    lines = ["```mermaid", "flowchart TD"]
    for number, layer in enumerate(order):
        nodes = "; ".join(f"{_node(room)}[{room}]" for room in layer)
        lines.append(f'    subgraph layer{number}[" "]\n        direction LR\n        {nodes}\n    end')
    for room in (room for layer in order for room in layer):
        implied = set().union(*(below(found, other) for other in found[room]))
        lines += [f"    {_node(room)} --> {_node(other)}" for other in sorted(set(found[room]) - implied)]
    lines += ["```", "", "| room | imports from (number of imports) |", "|---|---|"]
    for room in (room for layer in order for room in layer):
        others = ", ".join(f"{other} {count}" for other, count in sorted(found[room].items()))
        lines.append(f"| `{room}` | {others or 'nothing'} |")
    count = sum(map(len, found.values()))
    upwards = sum(_depth(order, room) >= _depth(order, other) for room, others in found.items() for other in others)
    lines += ["", f"{len(found)} rooms, {count} arrows between them, {upwards} against the layers."]
    return "\n".join(lines) + "\n"


def _node(room: str) -> str:
    """Mermaid takes no underscores at both ends."""
    return f"room_{room.strip('_')}"


def _depth(order: list[list[str]], room: str) -> int:
    return next(number for number, layer in enumerate(order) if room in layer)


def drawn(page: str) -> str:
    """The page with the picture in it as it is now."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{drawing(arrows(), layers())}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
