"""Finds what catches each mutant of the decoder in C: ``python -m spec.mutants``, from the root (``make mutants``).

It writes ``results.json`` and the table ``../mutants.md``. A mutant that passes all vectors has to stand in
``equivalent.toml`` with the reason why nobody can tell it from the decoder. Exit codes: 0 all mutants are caught or
equivalent, 1 some are neither, 2 the decoder cannot be compiled.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from spec.conformance import FOLDER
from spec.mutants.judging import Judge, builder
from spec.mutants.making import SOURCE, all_mutants
from spec.mutants.report import RESULTS, TABLE, Outcome, equivalents, ordered, table

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    """Ask all mutants all vectors; the exit code."""
    source = SOURCE.read_text(encoding="utf-8")
    mutants, reasons = all_mutants(source), equivalents()
    vectors = ordered(json.loads((FOLDER / "index.json").read_bytes())["vectors"])
    found: dict[tuple[str, str, str, int], tuple[str, bool]] = {}
    try:
        for sanitized in (False, True):  # what passes goes on to the slower second round
            left = [mutant for mutant in mutants if mutant.key not in found]
            sys.stderr.write(f"{len(left)} of {len(mutants)} mutants{' under sanitizers' if sanitized else ''}\n")
            with tempfile.TemporaryDirectory() as folder:
                killers = Judge(Path(folder), vectors, source, sanitized).killers(left)
                found |= {m.key: (killer, sanitized) for m, killer in zip(left, killers, strict=True) if killer}
    except (builder().BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    outcomes = []
    for mutant in mutants:
        killer, sanitized = found.get(mutant.key, (None, False))
        outcomes.append(Outcome(mutant, killer, reasons.get(mutant.key), sanitized))
    RESULTS.write_text(json.dumps([outcome.to_json() for outcome in outcomes], indent=0) + "\n", encoding="utf-8")
    TABLE.write_text(table(outcomes), encoding="utf-8")
    return _complain(outcomes, unused=reasons.keys() - {mutant.key for mutant in mutants})


def _complain(outcomes: Sequence[Outcome], unused: set[tuple[str, str, str, int]]) -> int:
    """Say what is neither caught nor equivalent, caught though it was said to be equivalent, or no mutant at all."""
    problems = [f"survives: {outcome}" for outcome in outcomes if outcome.killer is None and outcome.reason is None]
    problems += [f"is caught by {one.killer}: {one}" for one in outcomes if one.killer and one.reason]
    problems += [f"equivalent.toml has what is no mutant: {key}" for key in unused]
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    caught = sum(outcome.killer is not None for outcome in outcomes)
    sys.stdout.write(f"{caught:,} of {len(outcomes):,} mutants are caught, {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
