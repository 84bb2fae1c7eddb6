"""What came of the mutants, as JSON and as the table that ``../mutants.md`` is."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spec.mutants.making import Mutant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RESULTS", "TABLE", "Outcome", "equivalents", "ordered", "table"]

RESULTS = Path(__file__).with_name("results.json")
TABLE = Path(__file__).parents[1] / "mutants.md"

_EQUIVALENT = Path(__file__).with_name("equivalent.toml")

_HEAD = """\
# Mutants of the decoder in C

Made by `make mutants`; do not edit. A mutant is [decoders/gamutmeta.c](decoders/gamutmeta.c) with one change: a check
is gone, a limit is one off, two checks change places, a sum is rounded otherwise. Vectors are worth what they catch:
each mutant fails one that is named here, or no vector can tell it from the decoder, for a reason that is given.
[mutants/](mutants) holds the rules, the changes made by hand, and every mutant with the vector that catches it.

"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one mutant.

    Attributes:
        mutant: the change.
        killer: the first vector that it fails, if any.
        reason: why it is equivalent to the decoder, if somebody says so.
        sanitized: whether it fails that one with sanitizers alone, by what it reads or computes.
    """

    mutant: Mutant
    killer: str | None
    reason: str | None
    sanitized: bool = False

    def __str__(self) -> str:
        mutant = self.mutant
        return f"{mutant.function or 'outside of functions'}: {mutant.about or mutant.was!r} -> {mutant.becomes!r}"

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file of results."""
        said = {key: value for key, value in asdict(self.mutant).items() if value not in ("", 0) or key == "function"}
        said["becomes"] = self.mutant.becomes
        said |= {"killed_by": self.killer} if self.killer else {"equivalent": self.reason}
        return said | {"sanitized": True} if self.sanitized else said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Outcome:
        """From an entry of the file of results."""
        keys = {key: value for key, value in said.items() if key not in {"killed_by", "equivalent", "sanitized"}}
        return cls(Mutant(**keys), said.get("killed_by"), said.get("equivalent"), said.get("sanitized", False))


def equivalents() -> dict[tuple[str, str, str, int], str]:
    """The reasons of mutants that no vector can catch, by what they change."""
    entries = tomllib.loads(_EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {(e["function"], e["was"], e["becomes"], e.get("place", 0)): e["reason"] for e in entries}


def ordered(vectors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Vectors in the order in which mutants are asked: what is quick comes first."""
    return sorted(vectors, key=lambda v: (v["operation"] == "expand", v["result"] == "ok", "since" in v))


def table(outcomes: Sequence[Outcome]) -> str:
    """All of it for people: how many are caught in each function, by which vectors, and why others are not."""
    caught = [outcome for outcome in outcomes if outcome.killer is not None]
    killers = {outcome.killer for outcome in caught}
    shares = f"{len(caught):,} of {len(outcomes):,} mutants are caught, by {len(killers)} vectors"
    shares += f" ({sum(outcome.sanitized for outcome in caught)} of them under sanitizers, by what they read)"
    lines = [
        f"{shares}; the other {len(outcomes) - len(caught)} are equivalent.\n",
        "| function | mutants | caught | equivalent |",
        "|---|---:|---:|---:|",
    ]
    of, good = (Counter(outcome.mutant.function for outcome in some) for some in (outcomes, caught))
    for function, count in of.items():
        name = f"`{function}`" if function else "limits"
        lines.append(f"| {name} | {count} | {good[function]} | {count - good[function]} |")
    lines += ["", "## Made by hand", "", "| function | what it does instead | caught by |", "|---|---|---|"]
    for outcome in outcomes:
        if outcome.mutant.about and outcome.killer:
            lines.append(f"| `{outcome.mutant.function or '-'}` | {outcome.mutant.about} | `{outcome.killer}` |")
    lines += ["", "## Equivalent", "", "| function | change | why nobody can tell |", "|---|---|---|"]
    for outcome in outcomes:
        if outcome.killer is None:
            lines.append(f"| `{outcome.mutant.function or '-'}` | {_change(outcome.mutant)} | {outcome.reason} |")
    return _HEAD + "\n".join(lines) + "\n"


def _change(mutant: Mutant) -> str:
    """A change in a cell of a table: what it is, or the text from the first to the last character that differs."""
    if mutant.about:
        return mutant.about
    was, becomes, same = mutant.was, mutant.becomes, 0
    while same < min(len(was), len(becomes)) and was[same] == becomes[same]:
        same += 1
    end = 0
    while end < min(len(was), len(becomes)) - same and was[-1 - end] == becomes[-1 - end]:
        end += 1
    around = (
        slice(max(same - 24, 0), len(was) - max(end - 24, 0)),
        slice(max(same - 24, 0), len(becomes) - max(end - 24, 0)),
    )
    texts = (
        " ".join(text[part].split()).replace("|", "\\|") for text, part in zip((was, becomes), around, strict=True)
    )
    return " becomes ".join(f"`{text}`" for text in texts)
