"""Mutants of ``decoders/gamutmeta.c``: one change each. Some are made by rule, others are in ``by_hand.toml``.

By rule: every part of a check (``NEED``) and of a refusal (``if (...) return 0``) is taken away, and every comparison
by size takes or leaves its limit. Not mutated: hashes and inflating, which others have libraries for and which tests
compare with those; tables, loops, the program around the library, and what passes on an error or reports that memory is
short.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FUNCTION", "SOURCE", "Mutant", "all_mutants", "applied"]

SOURCE = Path(__file__).parents[1] / "decoders" / "gamutmeta.c"

_BY_HAND = Path(__file__).with_name("by_hand.toml")
FUNCTION = re.compile(
    r"^(?:static )?[a-z][\w ]*?[ *](\w+)\([^;{}]*\) \{(?:[^\n]+\}$|\n.*?^\})", re.MULTILINE | re.DOTALL
)
_HASHES = {"crc32_of", "turned", "sha256_block", "sha256_begin", "sha256_add", "sha256_end"}
_INFLATING = {"take", "make_huffman", "symbol", "put", "inflate_codes", "inflate_stored", "inflate_dynamic", "inflate"}
_LEFT_OUT = _HASHES | _INFLATING | {"big", "little", "gm_work", "gm_free"}
_PASSES_ON = re.compile(r"status [!=]= GM_OK|!= NULL, GM_MEMORY")
_COMPARISON = re.compile(r"(?<![-<>=])([<>]=?)(?![<>=])")
_OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change.

    Attributes:
        function: of the source, in which it is; empty if it is outside of functions.
        was: text of the source, one line or more.
        becomes: what stands in its place.
        about: what it is, for people; empty for those made by rule.
        place: which of the equal texts in that function, from 0 on.
    """

    function: str
    was: str
    becomes: str
    about: str = ""
    place: int = 0

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells it from others."""
        return self.function, self.was, self.becomes, self.place


def applied(mutant: Mutant, source: str) -> str:
    """The source with a change made.

    Raises:
        ValueError: what is to be changed is not there.
    """
    begin, end = _span(mutant.function, source)
    at = begin - 1
    for _ in range(mutant.place + 1):
        at = source.index(mutant.was, at + 1, end)
    return source[:at] + mutant.becomes + source[at + len(mutant.was) :]


def all_mutants(source: str) -> list[Mutant]:
    """Every mutant of a source, in its order; those that are made by hand first."""
    by_hand = [Mutant(**entry) for entry in tomllib.loads(_BY_HAND.read_text(encoding="utf-8"))["mutant"]]
    return [*by_hand, *_by_rule(source[: source.index("#ifdef GM_MAIN")])]


def _span(function: str, source: str) -> tuple[int, int]:
    if not function:
        return 0, len(source)
    for found in FUNCTION.finditer(source):
        if found[1] == function:
            return found.span()
    raise ValueError(f"there is no function {function}")


def _by_rule(source: str) -> Iterator[Mutant]:
    for found in FUNCTION.finditer(source):
        if found[1] in _LEFT_OUT:
            continue
        places: dict[tuple[str, str], int] = {}
        for statement in _statements(found[0]):
            for becomes in _changed(statement):
                key = statement, becomes
                yield Mutant(found[1], statement, becomes, place=places.get(key, 0))
                places[key] = places.get(key, 0) + 1


def _statements(text: str) -> Iterator[str]:
    """Lines of a function without their indent; a check is one also where it takes several lines."""
    for line in re.findall(r"^ +(NEED\(.*?\);$|[^\n]+)", text, re.MULTILINE | re.DOTALL):
        if not line.startswith(("/*", "static const")):
            yield line


def _changed(statement: str) -> Iterator[str]:
    if _PASSES_ON.search(statement):
        return
    for opening, joint, neutral in (("NEED(", "&&", "1"), ("if (", "||", "0")):
        at = statement.find(opening)
        if at < 0 or (joint == "||" and not re.search(r"\) (return|continue)", statement)):
            continue
        begin = at + len(opening)
        end = _end(statement, begin, "," if joint == "&&" else ")")
        for first, last in _parts(statement, begin, end, joint):
            yield statement[:first] + neutral + statement[last:]
    if not statement.startswith(("for ", "} while")):
        for found in _COMPARISON.finditer(statement):
            yield statement[: found.start()] + _OTHER[found[1]] + statement[found.end() :]


def _end(text: str, begin: int, what: str) -> int:
    """Where a character first stands outside of brackets."""
    depth = 0
    for at in range(begin, len(text)):
        if depth == 0 and text[at] == what:
            return at
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(text[at], 0)
    raise ValueError(f"unbalanced: {text}")


def _parts(text: str, begin: int, end: int, joint: str) -> Iterator[tuple[int, int]]:
    """What is joined by an operator outside of brackets; nothing if another one that binds less tightly is there."""
    depth, first = 0, begin
    found: list[tuple[int, int]] = []
    for at in range(begin, end):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(text[at], 0)
        if depth == 0 and (text[at] == "?" or (joint == "&&" and text.startswith("||", at))):
            found, first = [], begin
            break
        if depth == 0 and text.startswith(joint, at):
            found.append((first, at))
            first = at + 2
    for one, other in [*found, (first, end)]:
        part = text[one:other]
        yield one + len(part) - len(part.lstrip()), other - len(part) + len(part.rstrip())
