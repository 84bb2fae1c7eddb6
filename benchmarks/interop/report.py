"""The outcomes as a Markdown document."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, Final

from benchmarks.harness import Row, table
from benchmarks.interop.extended import extended_table
from benchmarks.interop.operations import KINDS, Kind
from benchmarks.interop.outcome import HOSTS
from benchmarks.interop.tools import TOOLS
from benchmarks.interop.written import written_table

_NAMES: Final = {"app11": "APP11", "com": "COM", "itxt": "iTXt", "tiff": "tag"}
_SOURCES: Final = {"apt": "Debian", "pip": "PyPI", "npm": "npm"}

_PAGE: Final = Path(__file__).with_name("page.md")
"""The page's words, with places for the tables."""


def document(results: Mapping[str, Any]) -> str:
    """The whole page.

    Args:
        results: ``versions`` (tool -> version), ``rows`` (of `Outcome`), ``orders`` (of `Order`), ``extended`` (of
            `Survival`), ``written`` (of `Written`), and ``extended_figures`` of the untouched file.
    """
    tables = {"software": _software(results["versions"]), "orders": _orders(results["orders"])}
    tables["extended"] = _extended(results["extended"])
    tables["written"] = _written(results["written"])
    tables |= {name: f"{value:.1f}" for name, value in results["extended_figures"].items()}
    for host, carriers in HOSTS.items():
        rows = [row for row in results["rows"] if row["carrier"] in carriers]
        tables[host] = f"{_reading(rows)}\n{_writing(carriers, rows)}"
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(tables)


def _software(versions: Mapping[str, str]) -> str:
    lines = [
        [name, version, f"{_SOURCES[TOOLS[name].installer]}: {TOOLS[name].package}"]
        for name, version in versions.items()
    ]
    return "## Software\n\n" + _table("software", "version", "package", lines=lines)


def _reading(rows: Iterable[Row]) -> str:
    """Who reads such files, and what they complain of."""
    silent: dict[str, set[str]] = {}
    complaints: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        said = [*row["messages"], *([row["fails"]] if row["fails"] else [])]
        if row["kind"] == "read":
            silent.setdefault(row["tool"], set()).update(said)
        for message in said:
            complaints.setdefault((row["tool"], message), set()).add(row["operation"])
    quiet = [name for name, said in silent.items() if not said]
    text = f"Read without a complaint by {', '.join(quiet)}.\n"
    if not complaints:
        return text
    lines = [[tool, _literal(message)] for tool, message in complaints]
    fails = [row for row in rows if row["fails"]]
    text += "\nComplaints that the same file without the payload does not get:\n\n"
    text += _table("software", "complaint", lines=lines)
    text += "".join(f"\n`{row['operation']}` then ends with an error, as it was asked to.\n" for row in fails)
    return text


def _writing(carriers: Sequence[str], rows: Sequence[Row]) -> str:
    written = [row for row in rows if row["kind"] != "read"]
    fates: dict[tuple[Kind, str, str], dict[str, str]] = {}
    for kind in KINDS:
        for row in written:
            if row["kind"] == kind:
                fates.setdefault((kind, row["tool"], row["operation"]), {})[row["carrier"]] = row["verdict"]
    lines = [
        [KINDS[kind], tool, _literal(operation), *(fate[c] for c in carriers)]
        for (kind, tool, operation), fate in fates.items()
    ]
    return _table("what", "software", "exactly", *(_NAMES[carrier] for carrier in carriers), lines=lines)


def _extended(rows: list[Row]) -> str:
    lines = [[*line[:2], _literal(line[2]), *line[3:]] for line in extended_table(rows)]
    return _table("what", "software", "exactly", "samples", "APP11", "COM", lines=lines)


def _written(rows: list[Row]) -> str:
    lines = []
    for writer, wrote, tool, operation, *cells in written_table(rows):
        done = f"{tool}: {_literal(operation)}" if tool else "a payload put in"
        lines.append([writer, _literal(wrote), done, *cells])
    heads = [f"version {form}, {_NAMES[carrier]}" for form in (1, 2) for carrier in HOSTS["jpeg"]]
    return _table("written by", "exactly", "then", *heads, lines=lines)


def _orders(orders: Sequence[Row]) -> str:
    lines = []
    for name in dict.fromkeys(row["order"] for row in orders):
        rows = {row["carrier"]: row for row in orders if row["order"] == name}
        cells = ["; ".join([row["state"].lower(), *row["failures"]]) for row in (rows[c] for c in _NAMES)]
        answers = {row["expand"] for row in rows.values()}
        payload = "valid" if answers == {"ok"} else ", ".join(f"`{answer}`" for answer in sorted(answers))
        lines.append(f"| {name} | {' | '.join(cells)} | {payload} |")
    return "\n".join(lines) + "\n"


def _table(*titles: str, lines: Iterable[Sequence[str]]) -> str:
    return table(titles, lines) + "\n"


def _literal(text: str) -> str:
    """Text as code; with more backticks around if it has some."""
    marks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{marks}{space}{text.replace('|', chr(92) + '|')}{space}{marks}"
