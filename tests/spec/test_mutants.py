"""The table of mutants is of the decoder as it is now, complete, and true: vectors catch what it says they catch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from spec.conformance import FOLDER
from spec.mutants import __main__ as program
from spec.mutants.judging import Judge, together
from spec.mutants.making import SOURCE, Mutant, all_mutants, applied
from spec.mutants.report import RESULTS, TABLE, Outcome, equivalents, ordered, table
from tests.spec.c_decoder import built

if TYPE_CHECKING:
    from pathlib import Path

TEXT = SOURCE.read_text(encoding="utf-8")
MUTANTS = all_mutants(TEXT)
OUTCOMES = [Outcome.from_json(said) for said in json.loads(RESULTS.read_text(encoding="utf-8"))]
VECTORS = json.loads((FOLDER / "index.json").read_bytes())["vectors"]


def test_every_mutant_of_the_decoder_is_in_the_results() -> None:
    """`make mutants` makes them anew."""
    assert [outcome.mutant for outcome in OUTCOMES] == MUTANTS
    assert len({mutant.key for mutant in MUTANTS}) == len(MUTANTS)
    assert len(MUTANTS) > 600


def test_each_is_caught_by_a_vector_or_equivalent_for_a_reason() -> None:
    names = {vector["id"] for vector in VECTORS}
    reasons = equivalents()
    for outcome in OUTCOMES:
        assert (outcome.killer is None) != (outcome.reason is None), outcome
        assert outcome.killer is None or outcome.killer in names, outcome
        assert outcome.reason == reasons.get(outcome.mutant.key), outcome
        assert outcome.reason is None or len(outcome.reason.split()) > 3, outcome
    assert sum(outcome.killer is not None for outcome in OUTCOMES) > 0.85 * len(OUTCOMES)


def test_the_table_is_of_these_results() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(OUTCOMES)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow, id="every"), pytest.param(31, id="some")])
def test_vectors_catch_what_the_table_says(every: int, tmp_path: Path) -> None:
    built("program")
    some = [one for one in OUTCOMES if one.killer and one.mutant.function and not one.sanitized][::every]
    needed = {outcome.killer for outcome in some}
    vectors = ordered([vector for vector in VECTORS if vector["id"] in needed])
    killers = Judge(tmp_path, vectors, TEXT).killers([outcome.mutant for outcome in some])
    assert [outcome for outcome, killer in zip(some, killers, strict=True) if killer is None] == []


@pytest.mark.slow
def test_equivalent_ones_pass_all_vectors(tmp_path: Path) -> None:
    built("program")
    some = [outcome for outcome in OUTCOMES if outcome.killer is None]
    killers = Judge(tmp_path, ordered(VECTORS), TEXT).killers([outcome.mutant for outcome in some])
    assert [(outcome, killer) for outcome, killer in zip(some, killers, strict=True) if killer is not None] == []


SMALL = """
static int first(int a, const uint8_t *b) {
    NEED(a >= 1 && b != NULL, GM_PAYLOAD);
    if (a > 7 || b[0] == 2) return 0;
    NEED(status == GM_OK, status);
    return a;
}

void second(const float (*m)[3]) { first(1, NULL); }
"""


def test_rules_change_every_part_of_a_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing = tmp_path / "none.toml"
    nothing.write_text("mutant = []")
    monkeypatch.setattr("spec.mutants.making._BY_HAND", nothing)
    found = all_mutants(SMALL + "#ifdef GM_MAIN")
    assert [mutant.becomes for mutant in found] == [
        "NEED(1 && b != NULL, GM_PAYLOAD);",
        "NEED(a >= 1 && 1, GM_PAYLOAD);",
        "NEED(a > 1 && b != NULL, GM_PAYLOAD);",
        "if (0 || b[0] == 2) return 0;",
        "if (a > 7 || 0) return 0;",
        "if (a >= 7 || b[0] == 2) return 0;",
    ]
    assert {mutant.function for mutant in found} == {"first"}


def test_a_change_is_made_in_its_function_and_place() -> None:
    text = "static int one(void) {\n    x; x;\n}\nstatic int two(void) {\n    x; x;\n}\n"
    assert applied(Mutant("two", "x", "y", place=1), text) == text[:-5] + "y;\n}\n"
    with pytest.raises(ValueError, match="substring"):
        applied(Mutant("one", "x", "y", place=2), text)
    with pytest.raises(ValueError, match="no function three"):
        applied(Mutant("three", "x", "y"), text)


def test_all_mutants_of_a_function_are_in_one_program() -> None:
    whole = together([Mutant("first", "a > 7", "a > 8"), Mutant("second", "first(1", "first(2")], SMALL)
    assert "static int first__1(int a, const uint8_t *b) {" in whole
    assert "case 1: return first__1(a, b);" in whole
    assert "static void second__2(const float (*m)[3]) { first(2, NULL); }" in whole
    assert "case 2: second__2(m); return;" in whole


def test_what_is_neither_caught_nor_explained_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = Mutant("one", "x", "y")
    good = [Outcome(mutant, "expand/x", None), Outcome(mutant, None, "nobody can tell them apart")]
    assert program._complain(good, set()) == 0
    assert program._complain([Outcome(mutant, None, None)], set()) == 1
    assert "survives: one: 'x' -> 'y'" in capsys.readouterr().out
    assert program._complain([Outcome(mutant, "expand/x", "nobody can tell them apart")], set()) == 1
    assert "is caught by expand/x" in capsys.readouterr().out
    assert program._complain(good, {("one", "x", "z", 0)}) == 1
    assert "is no mutant" in capsys.readouterr().out
